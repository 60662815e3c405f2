#pragma once

#include <string>
#include <string_view>

#include "dialect/response_writer.h"

// `x_gateway`: what neither OpenAI API has a place for. One object at the top level of a body, of a
// stream's finish_reason chunk, or of the response object: why it was refused, which models
// answered, and what each cost.
namespace sallyport::dialect::openai {

inline constexpr std::string_view kExtensionKey = "x_gateway";

// There is something to say: a refusal or a hop.
bool needs_extension(const Finish& finish);
std::string extension_json(const Finish& finish, std::string_view requested_model);

}  // namespace sallyport::dialect::openai
