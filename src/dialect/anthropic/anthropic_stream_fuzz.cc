#include <cstdint>

#include "dialect/anthropic/test_support.h"

// Any bytes as an upstream's stream: the same events in any chunks; and what is relayed of a stream
// that is accepted, with or without a hop, is itself a stream that is accepted.
namespace {

using namespace sallyport;
using namespace sallyport::dialect;
using namespace sallyport::dialect::anthropic::testing;

void require(bool holds) {
  if (!holds) __builtin_trap();
}

std::unique_ptr<ResponseWriter> writer() {
  WriterOptions options;
  options.stream = true;
  options.show_fallback = options.show_credit = true;
  options.message_id = "msg_01";
  auto made = make_writer(options);
  made->serving("served", Api::anthropic);
  return made;
}

bool accepted(std::string_view stream) {
  const auto decoder = make_decoder(Api::anthropic, true);
  return feed_all(*decoder, stream, nullptr, [](const Event&) {}).has_value();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view stream(reinterpret_cast<const char*>(data) + 1, size - 1);
  SeededRandom random(data[0]);
  std::vector<std::string> whole;
  std::vector<std::string> parts;
  const auto first = make_decoder(Api::anthropic, true);
  const auto second = make_decoder(Api::anthropic, true);
  const bool one = feed_all(*first, stream, nullptr, [&whole](const Event& event) {
                     whole.push_back(describe(event));
                   }).has_value();
  const bool two = feed_all(*second, stream, &random, [&parts](const Event& event) {
                     parts.push_back(describe(event));
                   }).has_value();
  require(one == two && whole == parts);

  std::string plain;
  std::string hopped;
  const auto relaying = writer();
  const auto hopping = writer();
  int left = data[0] % 16;
  const auto third = make_decoder(Api::anthropic, true);
  const auto end = feed_all(*third, stream, nullptr, [&](const Event& event) {
    relaying->relay(event, plain);
    hopping->relay(event, hopped);
    if (left-- == 0) hopping->hop({"a", "b", "refusal", std::nullopt}, hopped);
  });
  // Where the last byte is a CR, what comes behind decides whether it ends the stream's last event.
  if (end && !plain.ends_with('\r')) require(accepted(plain));
  Finish finish;
  finish.stop_reason = "end_turn";
  finish.iterations = {{true, "b", {}}};
  hopping->finish(nullptr, finish, hopped);
  if (!hopped.ends_with('\r')) require(accepted(hopped));
  return 0;
}
