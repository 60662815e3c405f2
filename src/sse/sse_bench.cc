#include <benchmark/benchmark.h>

#include "sse/parser.h"
#include "sse/writer.h"

namespace sallyport::sse {
namespace {

// Events of about 210 bytes, handed over in chunks of `range` bytes.
void BM_events_of_210_bytes(benchmark::State& state) {
  std::string stream;
  constexpr int kEvents = 64;
  for (int i = 0; i < kEvents; ++i)
    append_event(stream, "content_block_delta", std::string(170, 'x'));
  Parser parser;
  std::size_t seen = 0;
  const auto sink = [&seen](const Event& event) { seen += event.data.size(); };
  const auto chunk_bytes = static_cast<std::size_t>(state.range(0));
  for (auto _ : state) {
    for (std::size_t at = 0; at < stream.size(); at += chunk_bytes) {
      if (!parser.feed(std::string_view(stream).substr(at, chunk_bytes), sink)) {
        state.SkipWithError("refused");
        break;
      }
    }
  }
  benchmark::DoNotOptimize(seen);
  state.SetItemsProcessed(kEvents * state.iterations());
}
BENCHMARK(BM_events_of_210_bytes)->Arg(1 << 16)->Arg(1400)->Arg(100);

}  // namespace
}  // namespace sallyport::sse
