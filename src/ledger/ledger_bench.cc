#include <benchmark/benchmark.h>

#include <filesystem>
#include <future>

#include "base/files.h"
#include "ledger/writer.h"

namespace sallyport::ledger {
namespace {

// A log in a folder of its own on the disk that holds temporary files.
struct Bench {
  RealFiles files;
  SystemClock clock;
  SystemRandom random;
  std::string folder;
  std::unique_ptr<Writer> writer;

  Bench() {
    folder =
        std::filesystem::temp_directory_path().string() + "/" + make_id("ledger_bench_", random);
    WriterOptions options;
    options.log = {folder + "/log", folder + "/keys/ledger"};
    if (!KeyRing::create(files, options.log.key_path, "log.example/bench", random)) return;
    Result<std::unique_ptr<Writer>> started = Writer::start(files, options, clock);
    if (started) writer = std::move(*started);
  }
  ~Bench() {
    writer.reset();
    std::filesystem::remove_all(folder);
  }

  Entry entry(std::int64_t n) const {
    crypto::Sha256Digest digest{};
    return Entry(Kind::decision, clock.wall())
        .set("request", "req_" + std::to_string(n))
        .set("principal", digest)
        .set("model", "fable-5")
        .set("outcome", "serve")
        .set("policy", digest)
        .set("rules", std::vector<std::string>{"r1", "r2"});
  }

  void append_and_wait(std::int64_t n, Wait wait) {
    std::promise<void> promise;
    if (writer->append(entry(n), wait, [&](Result<std::uint64_t>) { promise.set_value(); }))
      promise.get_future().wait();
  }
};

// Entries a second, as many as the writer takes, checkpoints each 100 ms; what is refused is
// offered again.
void batched(benchmark::State& state) {
  Bench bench;
  std::int64_t n = 0;
  for (auto _ : state) {
    while (!bench.writer->append(bench.entry(n))) {
      if (!bench.writer->flush()) state.SkipWithError("the log cannot write");
    }
    ++n;
  }
  if (!bench.writer->flush()) state.SkipWithError("the log cannot write");
  state.SetItemsProcessed(n);
}
BENCHMARK(batched)->Iterations(300'000)->UseRealTime()->Unit(benchmark::kMicrosecond);

// One waiter: the whole cost of an entry that must be durable before an act.
void durable(benchmark::State& state) {
  Bench bench;
  std::int64_t n = 0;
  for (auto _ : state) bench.append_and_wait(n++, Wait::durable);
  state.SetItemsProcessed(n);
}
BENCHMARK(durable)->Iterations(1000)->UseRealTime()->Unit(benchmark::kMicrosecond);

void published(benchmark::State& state) {
  Bench bench;
  std::int64_t n = 0;
  for (auto _ : state) bench.append_and_wait(n++, Wait::published);
  state.SetItemsProcessed(n);
}
BENCHMARK(published)->Iterations(1000)->UseRealTime()->Unit(benchmark::kMicrosecond);

// 64 waiters at a time share a commit.
void durable_together(benchmark::State& state) {
  Bench bench;
  std::int64_t n = 0;
  for (auto _ : state) {
    std::vector<std::promise<void>> promises(64);
    for (std::promise<void>& promise : promises) {
      const Result<void> queued = bench.writer->append(
          bench.entry(n++), Wait::durable, [&](Result<std::uint64_t>) { promise.set_value(); });
      if (!queued) state.SkipWithError("refused");
    }
    for (std::promise<void>& promise : promises) promise.get_future().wait();
  }
  state.SetItemsProcessed(n);
}
BENCHMARK(durable_together)->Iterations(300)->UseRealTime()->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace sallyport::ledger
