#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "dialect/event.h"

// The two vocabularies side by side: why an answer ended, and what went wrong.
namespace sallyport::dialect::openai {

// finish_reason -> stop_reason. `called_tools`: the answer holds a tool call (some servers then
// still say "stop").
std::string stop_reason_of(std::string_view finish_reason, bool called_tools);
// stop_reason -> finish_reason.
std::string_view finish_reason_of(std::string_view stop_reason);

// A Responses object's status and incomplete_details.reason -> stop_reason.
std::string stop_reason_of_status(std::string_view status, std::string_view incomplete_reason,
                                  bool called_tools);
// stop_reason -> incomplete_details.reason; empty where the response is complete.
std::string_view incomplete_reason_of(std::string_view stop_reason);

// An OpenAI error's `type` and `code` -> error.type of the Messages API.
std::string messages_error_type(std::string_view type, std::string_view code);

// What a refusal says where it comes with no explanation.
inline constexpr std::string_view kRefusalSentence = "This request was declined.";
std::string refusal_sentence(const std::optional<StopDetails>& details);

// The error codes of the Responses API that are a safeguard's refusal; category as the Messages API
// would say, or empty.
bool is_refusal_code(std::string_view code);
std::string_view category_of_code(std::string_view code);

}  // namespace sallyport::dialect::openai
