#include <cstdint>

#include "dialect/anthropic/test_support.h"
#include "dialect/upstream_request.h"

// Any body: decoded or refused; and what goes on to an upstream is one JSON object for the model
// asked, without any field of the gateway's, whatever the edits.
namespace {

using namespace sallyport;
using namespace sallyport::dialect;

void require(bool holds) {
  if (!holds) __builtin_trap();
}

void check_body(const std::string& body, const UpstreamAsk& ask) {
  const auto document = json::Document::parse(body);
  require(document.has_value());
  const json::Value root = document->root();
  require(root["model"].equals(ask.model) && root["messages"].is_array() && !root["fallbacks"]);
  require(root["fallback_credit_token"].exists() == ask.credit_token_json.has_value());
  if (ask.keep_history) return;
  for (const json::Value turn : root["messages"].items()) {
    for (const json::Value block : turn["content"].items()) {
      require(!block["type"].equals("fallback"));
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const unsigned flags = data[0];
  const std::string body(reinterpret_cast<const char*>(data) + 1, size - 1);
  std::string betas = "other";
  if (flags & 1u) betas += ",server-side-fallback-2026-06-01";
  if (flags & 2u) betas += ",server-side-fallback-2026-07-01";
  if (flags & 4u) betas += ",fallback-credit-2026-07-01";
  const Operation operation = flags & 8u ? Operation::count_tokens : Operation::create;
  const auto decoded =
      decode_request(Api::anthropic, operation, body, anthropic::testing::headers(betas));
  if (!decoded) {
    require(decoded.error().source == Source::client && !decoded.error().detail.empty());
    return 0;
  }
  const ClientRequest& request = **decoded;
  require(request.fallbacks.list.size() <= 3);
  UpstreamAsk ask;
  ask.model = flags & 16u ? request.model : "another \"model\"";
  ask.keep_history = (flags & 32u) != 0;
  ask.continuation = static_cast<Continuation>((flags >> 6) % 3);
  ask.released_text = {"One.", " \n", "Two. "};
  if (!request.fallbacks.list.empty()) ask.entry = &request.fallbacks.list.back();
  if (request.credit && (flags & 16u)) ask.credit_token_json = "\"theirs\"";
  const auto upstream = encode_for_upstream(request, ask);
  require(upstream.has_value());
  check_body(upstream->body, ask);
  return 0;
}
