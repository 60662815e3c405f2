#include "exchange/routes.h"

namespace sallyport::exchange {
namespace {

using dialect::Api;

constexpr std::string_view kModels = "/v1/models";

// Both APIs have /v1/models; what only a client of the Messages API sends tells them apart.
Api api_of_headers(const http::Headers& headers) {
  const bool anthropic = headers.find("anthropic-version") || headers.find("x-api-key");
  return anthropic || !headers.find("authorization") ? Api::anthropic : Api::openai_chat;
}

Destination only(std::string_view method, std::string_view allowed, Destination wanted) {
  if (method == allowed) return wanted;
  return {Endpoint::wrong_method, wanted.api, {}, allowed};
}

}  // namespace

Destination find_destination(const http::RequestHead& head) {
  const std::string_view path = head.path;
  const std::string_view method = head.method;
  if (path == "/v1/messages")
    return only(method, "POST", {Endpoint::create, Api::anthropic, {}, {}});
  if (path == "/v1/messages/count_tokens") {
    return only(method, "POST", {Endpoint::count_tokens, Api::anthropic, {}, {}});
  }
  if (path == "/v1/chat/completions") {
    return only(method, "POST", {Endpoint::create, Api::openai_chat, {}, {}});
  }
  if (path == "/v1/responses") {
    return only(method, "POST", {Endpoint::create, Api::openai_responses, {}, {}});
  }
  const Api api = api_of_headers(head.headers);
  if (path == kModels) return only(method, "GET", {Endpoint::models, api, {}, {}});
  if (path.starts_with(kModels) && path.size() > kModels.size() + 1 &&
      path[kModels.size()] == '/') {
    return only(method, "GET", {Endpoint::model, api, path.substr(kModels.size() + 1), {}});
  }
  if (path == "/" && method == "HEAD") return {Endpoint::probe, api, {}, {}};
  return {Endpoint::unknown, api, {}, {}};
}

}  // namespace sallyport::exchange
