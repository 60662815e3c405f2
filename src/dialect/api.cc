#include "dialect/api.h"

namespace sallyport::dialect {

std::string_view to_string(Api api) {
  switch (api) {
    case Api::anthropic:
      return "anthropic";
    case Api::openai_chat:
      return "openai_chat";
    case Api::openai_responses:
      return "openai_responses";
  }
  return "unknown";
}

std::string_view to_string(Operation operation) {
  switch (operation) {
    case Operation::create:
      return "create";
    case Operation::count_tokens:
      return "count_tokens";
  }
  return "unknown";
}

std::string_view path_of(Api api, Operation operation) {
  const bool counts = operation == Operation::count_tokens;
  switch (api) {
    case Api::anthropic:
      return counts ? "/v1/messages/count_tokens" : "/v1/messages";
    case Api::openai_chat:
      return counts ? "" : "/v1/chat/completions";
    case Api::openai_responses:
      return counts ? "" : "/v1/responses";
  }
  return "";
}

}  // namespace sallyport::dialect
