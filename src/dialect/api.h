#pragma once

#include <cstdint>
#include <string_view>

namespace sallyport::dialect {

// The three shapes on the wire. An upstream speaks one of them; so does a client.
enum class Api : std::uint8_t { anthropic, openai_chat, openai_responses };

enum class Operation : std::uint8_t { create, count_tokens };

std::string_view to_string(Api api);
std::string_view to_string(Operation operation);

// The path an upstream of this dialect answers at, below its base URL: "/v1/messages", …
std::string_view path_of(Api api, Operation operation);

}  // namespace sallyport::dialect
