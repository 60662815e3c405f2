#include <benchmark/benchmark.h>

#include <filesystem>

#include "base/random.h"
#include "metering/usage_store.h"

namespace sallyport::metering {
namespace {

ExchangeRecord record(std::int64_t number) {
  ExchangeRecord made;
  made.request_id = "req_" + std::to_string(number);
  made.started_at = wall_from_unix_seconds(1'795'262'400);
  made.organisation = "acme";
  made.workspace = "default";
  made.key_id = "key_0123456789";
  made.requested_model = "a-model-of-some-name";
  made.served_model = made.requested_model;
  made.attempts.resize(1);
  return made;
}

// What a shard pays for handing over a record.
void BM_Accept(benchmark::State& state) {
  SystemRandom random;
  const auto folder = std::filesystem::temp_directory_path() / make_id("bench-", random);
  std::filesystem::create_directory(folder);
  {
    const auto database = store::open_sqlite((folder / "usage.db").string()).value();
    auto usage = UsageStore::start(*database).value();
    std::int64_t number = 0;
    for (auto _ : state) {
      const bool accepted = usage->accept(record(++number));
      if (!accepted) {
        state.PauseTiming();
        [[maybe_unused]] const auto flushed = usage->flush(std::chrono::minutes(1));
        state.ResumeTiming();
      }
    }
    [[maybe_unused]] const auto flushed = usage->flush(std::chrono::minutes(1));
  }
  std::filesystem::remove_all(folder);
}
BENCHMARK(BM_Accept)->Iterations(50'000);

// Records a second from the queue to the disk, with the writer's own processor time.
void BM_Write(benchmark::State& state) {
  SystemRandom random;
  const auto folder = std::filesystem::temp_directory_path() / make_id("bench-", random);
  std::filesystem::create_directory(folder);
  {
    const auto database = store::open_sqlite((folder / "usage.db").string()).value();
    auto usage = UsageStore::start(*database).value();
    std::int64_t number = 0;
    constexpr int kRecords = 20'000;
    for (auto _ : state) {
      for (int i = 0; i < kRecords; ++i) benchmark::DoNotOptimize(usage->accept(record(++number)));
      [[maybe_unused]] const auto flushed = usage->flush(std::chrono::minutes(1));
    }
    state.SetItemsProcessed(state.iterations() * kRecords);
  }
  std::filesystem::remove_all(folder);
}
BENCHMARK(BM_Write)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime()
    ->MeasureProcessCPUTime()
    ->Iterations(3);

}  // namespace
}  // namespace sallyport::metering
