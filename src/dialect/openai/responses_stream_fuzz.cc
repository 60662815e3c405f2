#include <cstdint>

#include "dialect/openai/test_support.h"

// Bytes of a Responses upstream: any chunking gives the same events, and every text of the relayed
// bytes was handed over; writers of every dialect stand whatever comes.
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
  const Heard once = hear(Api::openai_responses, true, bytes);
  const Heard pieces = hear(Api::openai_responses, true, bytes, &random);
  require(once.outcome.has_value() == pieces.outcome.has_value());
  require(once.events.size() == pieces.events.size());
  for (const Api client : {Api::openai_responses, Api::openai_chat, Api::anthropic}) {
    const auto writer = make_writer(options(client, true));
    writer->serving("catalog-1", Api::openai_responses);
    std::string out = relay(once, *writer);
    Finish finish;
    finish.stop_reason = "refusal";
    writer->hop({"a", "b", "refusal", "cyber", true}, out);
    out += relay(once, *writer);
    writer->finish(nullptr, finish, out);
  }
  (void)hear(Api::openai_responses, false, bytes);
  return 0;
}
