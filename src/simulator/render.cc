#include "simulator/render.h"

#include "json/writer.h"

namespace sallyport::simulator {

std::unique_ptr<Renderer> make_renderer(const Ask& ask, const Answer& answer) {
  switch (ask.api) {
    case dialect::Api::anthropic:
      return make_messages_renderer(ask, answer);
    case dialect::Api::openai_chat:
      return make_chat_renderer(ask, answer);
    case dialect::Api::openai_responses:
      return make_responses_renderer(ask, answer);
  }
  return nullptr;
}

std::string_view error_type(dialect::Api api, int status) {
  const bool anthropic = api == dialect::Api::anthropic;
  switch (status) {
    case 401:
      return "authentication_error";
    case 403:
      return "permission_error";
    case 404:
      return anthropic ? "not_found_error" : "invalid_request_error";
    case 413:
      return anthropic ? "request_too_large" : "invalid_request_error";
    case 429:
      return "rate_limit_error";
    case 504:
      return anthropic ? "timeout_error" : "server_error";
    case 529:
      return anthropic ? "overloaded_error" : "server_error";
    default:
      break;
  }
  if (status < 500) return "invalid_request_error";
  return anthropic ? "api_error" : "server_error";
}

std::string render_error(dialect::Api api, int status, const std::string& message,
                         const std::string& request_id) {
  std::string out;
  json::Writer w(out);
  const std::string_view type = error_type(api, status);
  w.begin_object();
  if (api == dialect::Api::anthropic) {
    w.key("type").string("error").key("error").begin_object().key("type").string(type);
    w.key("message").string(message).end_object().key("request_id").string(request_id);
  } else {
    w.key("error").begin_object().key("message").string(message).key("type").string(type);
    w.key("param").null().key("code").null().end_object();
  }
  w.end_object();
  return out;
}

std::string render_models(dialect::Api api) {
  static constexpr std::string_view kModels[] = {"claude-fable-5-1", "claude-opus-5",
                                                 "claude-opus-4-8", "sim-gpt"};
  std::string out;
  json::Writer w(out);
  w.begin_object();
  if (api != dialect::Api::anthropic) w.key("object").string("list");
  w.key("data").begin_array();
  for (const std::string_view id : kModels) {
    w.begin_object().key("id").string(id);
    if (api == dialect::Api::anthropic) {
      w.key("type").string("model").key("display_name").string("Simulated " + std::string(id));
      w.key("created_at").string("2026-06-09T00:00:00Z");
    } else {
      w.key("object")
          .string("model")
          .key("created")
          .integer(1'780'963'200)
          .key("owned_by")
          .string("sallyport-simulator");
    }
    w.end_object();
  }
  w.end_array();
  if (api == dialect::Api::anthropic) {
    w.key("has_more")
        .boolean(false)
        .key("first_id")
        .string(kModels[0])
        .key("last_id")
        .string("sim-gpt");
  }
  w.end_object();
  return out;
}

}  // namespace sallyport::simulator
