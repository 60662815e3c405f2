#include "dialect/openai/words.h"

namespace sallyport::dialect::openai {

std::string stop_reason_of(std::string_view finish_reason, bool called_tools) {
  if (finish_reason == "content_filter") return "refusal";
  if (finish_reason == "length" || finish_reason == "model_length") return "max_tokens";
  if (finish_reason == "tool_calls" || finish_reason == "function_call") return "tool_use";
  return called_tools ? "tool_use" : "end_turn";
}

std::string_view finish_reason_of(std::string_view stop_reason) {
  if (stop_reason == "max_tokens" || stop_reason == "model_context_window_exceeded") {
    return "length";
  }
  if (stop_reason == "tool_use") return "tool_calls";
  if (stop_reason == "refusal") return "content_filter";
  return "stop";
}

std::string stop_reason_of_status(std::string_view status, std::string_view incomplete_reason,
                                  bool called_tools) {
  if (status == "incomplete") {
    return incomplete_reason == "content_filter" ? "refusal" : "max_tokens";
  }
  return called_tools ? "tool_use" : "end_turn";
}

std::string_view incomplete_reason_of(std::string_view stop_reason) {
  if (stop_reason == "max_tokens" || stop_reason == "model_context_window_exceeded") {
    return "max_output_tokens";
  }
  return stop_reason == "refusal" ? "content_filter" : "";
}

std::string messages_error_type(std::string_view type, std::string_view code) {
  const auto says = [&](std::string_view word) {
    return type.find(word) != std::string_view::npos || code.find(word) != std::string_view::npos;
  };
  if (says("rate_limit") || code == "429") return "rate_limit_error";
  if (says("overloaded") || code == "503" || code == "529") return "overloaded_error";
  if (says("insufficient_quota") || says("billing")) return "billing_error";
  if (says("timeout") || code == "504") return "timeout_error";
  if (says("authentication") || code == "401") return "authentication_error";
  if (says("permission") || code == "403") return "permission_error";
  if (says("not_found") || code == "404") return "not_found_error";
  if (says("invalid_") || says("BadRequest") || code == "400") return "invalid_request_error";
  return "api_error";
}

std::string refusal_sentence(const std::optional<StopDetails>& details) {
  if (details && details->explanation && !details->explanation->empty()) {
    return *details->explanation;
  }
  return std::string(kRefusalSentence);
}

bool is_refusal_code(std::string_view code) {
  return code == "bio_policy" || code == "misalignment_policy_violation" ||
         code == "content_filter" || code == "content_policy_violation";
}

std::string_view category_of_code(std::string_view code) {
  return code == "bio_policy" ? "bio" : "";
}

}  // namespace sallyport::dialect::openai
