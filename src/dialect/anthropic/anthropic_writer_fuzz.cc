#include <cstdint>

#include "dialect/anthropic/test_support.h"

// Events of another dialect in any order, hops and ends among them: what is written is a stream
// that is accepted, or a message.
namespace {

using namespace sallyport;
using namespace sallyport::dialect;
using namespace sallyport::dialect::anthropic::testing;

void require(bool holds) {
  if (!holds) __builtin_trap();
}

class Bytes {
 public:
  Bytes(const std::uint8_t* data, std::size_t size) : data_(data), size_(size) {}
  bool empty() const { return size_ == 0; }
  unsigned next() {
    if (size_ == 0) return 0;
    --size_;
    return *data_++;
  }
  std::string text() {
    std::string out;
    for (unsigned left = next() % 8; left > 0; --left) out.push_back(static_cast<char>(next()));
    return out;
  }

 private:
  const std::uint8_t* data_;
  std::size_t size_;
};

Event random_event(Bytes& bytes) {
  Event event;
  // Errors end a stream early; the rest of the kinds come as they like.
  constexpr EventKind kKinds[] = {EventKind::message_start, EventKind::block_start,
                                  EventKind::block_delta,   EventKind::block_delta,
                                  EventKind::block_stop,    EventKind::message_delta,
                                  EventKind::ping,          EventKind::opaque};
  event.kind = kKinds[bytes.next() % 8];
  event.index = static_cast<int>(bytes.next() % 4);
  event.block = static_cast<BlockType>(bytes.next() % 9);
  event.delta = static_cast<DeltaType>(bytes.next() % 7);
  event.tool_id = bytes.text();
  event.tool_name = bytes.text();
  event.text = bytes.text();
  if (bytes.next() % 8 == 0) event.stop_reason = "refusal";
  if (bytes.next() % 4 == 0) event.usage.emplace().output_tokens = 5;
  return event;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Bytes bytes(data, size);
  const bool stream = bytes.next() % 2 == 0;
  WriterOptions options;
  options.stream = stream;
  options.show_fallback = bytes.next() % 2 == 0;
  options.show_credit = bytes.next() % 2 == 0;
  options.message_id = "msg_01";
  const auto writer = make_writer(options);
  writer->serving("served", Api::openai_chat);
  std::string out;
  while (!bytes.empty()) {
    const unsigned action = bytes.next() % 16;
    if (action == 0) {
      writer->hop({"a", bytes.text(), "refusal", bytes.text()}, out);
    } else if (action == 1) {
      writer->ping(out);
    } else {
      const Event event = random_event(bytes);
      writer->relay(event, out);
      if (stream && event.kind == EventKind::message_delta) break;
    }
  }
  Event stop;
  stop.kind = EventKind::message_stop;
  if (bytes.next() % 2 == 0) writer->relay(stop, out);
  writer->finish(nullptr, {}, out);
  const auto decoder = make_decoder(Api::anthropic, stream);
  require(feed_all(*decoder, out, nullptr, [](const Event&) {}).has_value());
  require(stream == (writer->open_block() == std::nullopt) || !stream);
  return 0;
}
