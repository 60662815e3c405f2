#include <optional>

#include "dialect/parts.h"

// What the gate needs of a Chat Completions or Responses request.
// Source: openai (npm) 7.55.0, ChatCompletionCreateParamsBase and ResponseCreateParamsBase.
namespace sallyport::dialect {
namespace {

constexpr std::size_t kMaxModelBytes = 256;
constexpr std::size_t kMaxEndUserBytes = 1024;

tl::unexpected<RequestError> wrong(std::string_view param, std::string_view what) {
  RequestError error{
      Error{Code::invalid, Source::client, false, std::string(param) + ": " + std::string(what)}};
  error.param = param;
  return tl::unexpected(std::move(error));
}

bool given(json::Value value) { return value.exists() && !value.is_null(); }

Decoded<void> read_model(ClientRequest& request, json::Value root) {
  const json::Value model = root["model"];
  if (!model.exists()) return wrong("model", "you must provide a model");
  if (!model.is_string()) return wrong("model", "must be a string");
  request.model = model.text();
  request.model_value = model;
  if (request.model.empty()) return wrong("model", "must not be empty");
  if (request.model.size() > kMaxModelBytes) return wrong("model", "is too long");
  return {};
}

Decoded<std::optional<bool>> read_flag(json::Value object, std::string_view key,
                                       std::string_view param) {
  const json::Value value = object[key];
  if (!given(value)) return std::optional<bool>();
  const std::optional<bool> flag = value.boolean();
  if (!flag) return wrong(param, "must be a boolean");
  return flag;
}

// Sets `tokens` where the member is given.
Decoded<void> read_tokens(json::Value root, std::string_view key, std::int64_t& tokens) {
  const json::Value value = root[key];
  if (!given(value)) return {};
  const std::optional<std::int64_t> count = value.integer();
  if (!count || *count < 1) return wrong(key, "must be an integer of at least 1");
  tokens = *count;
  return {};
}

Decoded<void> read_end_user(ClientRequest& request, json::Value root) {
  for (const std::string_view key : {"user", "safety_identifier"}) {
    const json::Value value = root[key];
    if (!given(value)) continue;
    if (!value.is_string()) return wrong(key, "must be a string");
    std::string text = value.text();
    if (text.size() > kMaxEndUserBytes) return wrong(key, "is too long");
    if (!text.empty()) request.end_user = std::move(text);
  }
  return {};
}

Decoded<void> read_common(ClientRequest& request, json::Value root) {
  if (request.operation != Operation::create) {
    return fail(Code::not_found, "this api has no such operation", Source::client);
  }
  if (root["fallbacks"].exists()) {
    return wrong("fallbacks",
                 "is not a member of this API; fallbacks are requested through the Messages API, "
                 "or set by the operator");
  }
  if (auto model = read_model(request, root); !model) return model;
  auto stream = read_flag(root, "stream", "stream");
  if (!stream) return tl::unexpected(std::move(stream).error());
  request.stream = stream->value_or(false);
  return read_end_user(request, root);
}

Decoded<void> read_stream_options(ClientRequest& request, json::Value root) {
  const json::Value options = root["stream_options"];
  if (!given(options)) return {};
  if (!options.is_object()) return wrong("stream_options", "must be an object");
  auto usage = read_flag(options, "include_usage", "stream_options.include_usage");
  if (!usage) return tl::unexpected(std::move(usage).error());
  request.include_usage = usage->value_or(false);
  return {};
}

}  // namespace

Decoded<void> decode_chat(ClientRequest& request, const http::Headers&) {
  const json::Value root = request.document.root();
  if (auto common = read_common(request, root); !common) return common;
  if (auto options = read_stream_options(request, root); !options) return options;
  const json::Value messages = root["messages"];
  if (!messages.exists()) return wrong("messages", "you must provide messages");
  if (!messages.is_array()) return wrong("messages", "must be an array");
  if (messages.size() == 0) return wrong("messages", "must have at least one item");
  for (const json::Value message : messages.items()) {
    if (!message.is_object()) return wrong("messages", "each item must be an object");
  }
  // The newer name holds where both are sent.
  if (auto tokens = read_tokens(root, "max_tokens", request.max_tokens); !tokens) return tokens;
  return read_tokens(root, "max_completion_tokens", request.max_tokens);
}

Decoded<void> decode_responses(ClientRequest& request, const http::Headers&) {
  const json::Value root = request.document.root();
  if (auto common = read_common(request, root); !common) return common;
  const json::Value input = root["input"];
  if (given(input) && !input.is_string() && !input.is_array()) {
    return wrong("input", "must be a string or an array");
  }
  for (const json::Value item : input.items()) {
    if (!item.is_object()) return wrong("input", "each item must be an object");
  }
  const json::Value instructions = root["instructions"];
  if (given(instructions) && !instructions.is_string()) {
    return wrong("instructions", "must be a string");
  }
  return read_tokens(root, "max_output_tokens", request.max_tokens);
}

}  // namespace sallyport::dialect
