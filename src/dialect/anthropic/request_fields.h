#pragma once

#include <string>
#include <string_view>

#include "dialect/client_request.h"

// Reading members of a request, with the wording of the Messages API where they are wrong.
namespace sallyport::dialect::anthropic {

constexpr std::size_t kMaxModelBytes = 256;

// An error for the client.
[[nodiscard]] inline Failure refuse(std::string detail) {
  return fail(Code::invalid, std::move(detail), Source::client);
}

inline std::string where(std::string_view path, std::string_view member) {
  return path.empty() ? std::string(member) : std::string(path) + "." + std::string(member);
}

// Text of the client's that an error repeats: cut short, so that no error carries content.
inline std::string shortened(std::string text) {
  constexpr std::size_t kMaxShownBytes = 64;
  if (text.size() <= kMaxShownBytes) return text;
  std::size_t end = kMaxShownBytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0u) == 0x80u) --end;
  text.resize(end);
  return text + "…";
}

// A member that null stands for as well as absence.
inline bool given(json::Value value) { return value.exists() && !value.is_null(); }

// `model` and `max_tokens`, of the request and of an entry of `fallbacks`.
Decoded<std::string> read_model(json::Value object, std::string_view path);
Decoded<std::int64_t> read_max_tokens(json::Value value, std::string_view path);

// fallback_request.cc: `fallbacks`, its beta headers and what may not stand beside it.
Decoded<void> read_fallbacks(ClientRequest& request);
// credit_request.cc: `fallback_credit_token`.
Decoded<void> read_credit(ClientRequest& request);
// messages_check.cc: shape of `system` and `messages`; finds echoed fallback blocks.
Decoded<void> check_messages(ClientRequest& request);

}  // namespace sallyport::dialect::anthropic
