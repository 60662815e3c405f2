#include <cstdint>

#include "dialect/upstream_request.h"

// Requests of every dialect for upstreams of every other: what comes out is acceptable JSON that
// its own decoder takes.
namespace {

using namespace sallyport;
using namespace sallyport::dialect;

void require(bool holds) {
  if (!holds) __builtin_trap();
}

void cross(Api client, Api upstream, const std::string& body, const http::Headers& headers) {
  const auto request = decode_request(client, Operation::create, body, headers);
  if (!request) return;
  UpstreamAsk ask;
  ask.api = upstream;
  ask.model = "up-1";
  for (const Continuation continuation : {Continuation::none, Continuation::restate}) {
    ask.continuation = continuation;
    ask.released_text = {"Once upon"};
    const auto made = encode_for_upstream(**request, ask);
    if (!made) continue;
    json::Limits limits;
    limits.max_bytes = made->body.size();
    require(json::Document::parse(made->body, limits).has_value());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string body(reinterpret_cast<const char*>(data), size);
  http::Headers headers;
  headers.add("anthropic-version", "2023-06-01");
  headers.add("anthropic-beta", "server-side-fallback-2026-07-01");
  cross(Api::anthropic, Api::openai_chat, body, headers);
  cross(Api::anthropic, Api::anthropic, body, headers);
  for (const Api client : {Api::openai_chat, Api::openai_responses}) {
    cross(client, Api::anthropic, body, headers);
    cross(client, Api::openai_chat, body, headers);
  }
  return 0;
}
