#include <cstdint>

#include "dialect/anthropic/test_support.h"

// Any bytes as an upstream's body: refused, or written as a message in every way it may end.
namespace {

using namespace sallyport;
using namespace sallyport::dialect;
using namespace sallyport::dialect::anthropic::testing;

void require(bool holds) {
  if (!holds) __builtin_trap();
}

bool is_message(std::string_view body) {
  json::Limits limits;
  limits.max_depth = 80;
  const auto document = json::Document::parse(body, limits);
  return document && document->root()["type"].equals("message") &&
         document->root()["content"].is_array();
}

std::unique_ptr<ResponseWriter> writer(bool stream) {
  WriterOptions options;
  options.stream = stream;
  options.show_fallback = true;
  options.message_id = "msg_01";
  auto made = make_writer(options);
  made->serving("served", Api::anthropic);
  return made;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  std::string outs[4];
  const auto relaying = writer(false);
  const auto finishing = writer(false);
  const auto composing = writer(false);
  const auto streaming = writer(true);
  finishing->hop({"a", "b", "refusal", "bio"}, outs[1]);
  Finish finish;
  finish.stop_reason = "refusal";
  finish.usage.output_tokens = 3;
  finish.iterations = {{false, "a", {}}, {true, "b", {}}};
  const auto decoder = make_decoder(Api::anthropic, false);
  const auto end = feed_all(*decoder, body, nullptr, [&](const Event& event) {
    relaying->relay(event, outs[0]);
    streaming->relay(event, outs[3]);
    if (event.kind == EventKind::message_stop) {
      finishing->finish(&event, finish, outs[1]);
      composing->finish(nullptr, finish, outs[2]);
    } else {
      finishing->relay(event, outs[1]);
      composing->relay(event, outs[2]);
    }
  });
  if (!end) {
    require(end.error().source == Source::upstream);
    return 0;
  }
  for (int i = 0; i < 3; ++i) require(is_message(outs[i]));
  const auto streamed = make_decoder(Api::anthropic, true);
  require(feed_all(*streamed, outs[3], nullptr, [](const Event&) {}).has_value());
  return 0;
}
