#include <benchmark/benchmark.h>

#include "dialect/anthropic/test_support.h"

// Decoding a stream and writing it for a Messages client, in pieces as a socket gives them.
namespace {

using namespace sallyport;
using namespace sallyport::dialect;
using namespace sallyport::dialect::anthropic::testing;

constexpr int kDeltas = 1000;

std::string long_stream() {
  std::string stream = start_event("flagship-1") + text_start(0);
  for (int i = 0; i < kDeltas; ++i) stream += text_delta(0, "a few words of an answer ", 12);
  return stream + block_stop(0) + end_turn() + stop_event();
}

void relay_stream(benchmark::State& state) {
  const std::string stream = long_stream();
  const bool after_hop = state.range(0) != 0;
  std::string out;
  for (auto _ : state) {
    WriterOptions options;
    options.stream = true;
    options.show_fallback = true;
    const auto writer = make_writer(options);
    writer->serving("flagship-1", Api::anthropic);
    if (after_hop) writer->hop({"a", "b", "refusal", std::nullopt}, out);
    const auto decoder = make_decoder(Api::anthropic, true);
    const EventSink sink = [&](const Event& event) { writer->relay(event, out); };
    for (std::size_t at = 0; at < stream.size(); at += 4096) {
      out.clear();
      benchmark::DoNotOptimize(decoder->feed(std::string_view(stream).substr(at, 4096), sink));
    }
  }
  state.SetItemsProcessed(state.iterations() * kDeltas);
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(stream.size()));
}
BENCHMARK(relay_stream)->ArgName("after_hop")->Arg(0)->Arg(1);

}  // namespace
