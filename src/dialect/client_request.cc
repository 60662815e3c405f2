#include "dialect/client_request.h"

#include "dialect/parts.h"

namespace sallyport::dialect {
namespace {

Decoded<void> decode_fields(ClientRequest& request, const http::Headers& headers) {
  switch (request.api) {
    case Api::anthropic:
      return decode_anthropic(request, headers);
    case Api::openai_chat:
      return decode_chat(request, headers);
    case Api::openai_responses:
      return decode_responses(request, headers);
  }
  return fail(Code::internal, "a dialect without a decoder");
}

}  // namespace

Decoded<std::unique_ptr<ClientRequest>> decode_request(Api api, Operation operation,
                                                       std::string body,
                                                       const http::Headers& headers,
                                                       const json::Limits& limits) {
  auto request = std::make_unique<ClientRequest>();
  request->api = api;
  request->operation = operation;
  request->body = std::move(body);
  request->betas = Betas::parse(headers);
  request->api_version = headers.get("anthropic-version");

  if (auto admitted = request->document.reparse(request->body, limits); !admitted) {
    Error error = std::move(admitted).error();
    error.source = Source::client;
    error.detail = "the request body is not acceptable JSON: " + error.detail;
    return tl::unexpected(RequestError(std::move(error)));
  }
  if (!request->document.root().is_object()) {
    return fail(Code::invalid, "the request body must be a JSON object", Source::client);
  }
  if (auto decoded = decode_fields(*request, headers); !decoded) {
    return tl::unexpected(std::move(decoded).error());
  }
  return request;
}

}  // namespace sallyport::dialect
