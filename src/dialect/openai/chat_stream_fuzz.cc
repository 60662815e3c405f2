#include <cstdint>

#include "dialect/cross/answer_checker.h"

// Bytes of a chat upstream: any chunking gives the same events, the bytes that are accepted are all
// relayed, and what is made of them for a Messages client is valid.
namespace {

using namespace sallyport;
using namespace sallyport::dialect;
using namespace sallyport::dialect::openai::testing;

void require(bool holds) {
  if (!holds) __builtin_trap();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  SeededRandom random(size);
  const Heard once = hear(Api::openai_chat, true, bytes);
  const Heard pieces = hear(Api::openai_chat, true, bytes, &random);
  require(once.outcome.has_value() == pieces.outcome.has_value());
  require(once.events.size() == pieces.events.size());
  for (std::size_t i = 0; i < once.events.size(); ++i) {
    require(once.events[i].wire == pieces.events[i].wire);
    require(once.events[i].event.text == pieces.events[i].event.text);
  }
  for (const Api client : {Api::openai_chat, Api::anthropic, Api::openai_responses}) {
    const auto writer = make_writer(options(client, true));
    writer->serving("catalog-1", Api::openai_chat);
    const std::string out = relay(once, *writer);
    if (!once.outcome || client == Api::openai_chat) continue;
    require(cross::testing::check(client, true, out, false).fault.starts_with("arguments") ||
            cross::testing::check(client, true, out, false).fault.starts_with("a call without") ||
            cross::testing::check(client, true, out, false).fault.empty());
  }
  (void)hear(Api::openai_chat, false, bytes);
  return 0;
}
