#include <benchmark/benchmark.h>

#include <filesystem>

#include "vault/vault.h"

namespace sallyport::vault {
namespace {

class NoEvidence final : public Evidence {
 public:
  Result<void> deletion(const Certificate&) override { return {}; }
  Result<void> hold(const HoldEvent&) override { return {}; }
  Result<void> access(const AccessEvent&) override { return {}; }
};

struct Bench {
  RealFiles files;
  ManualClock clock;
  SystemRandom random;
  NoEvidence evidence;
  std::string folder =
      std::filesystem::temp_directory_path().string() + "/" + make_id("vault_bench_", random);
  FileRootKey root{files, folder + "/keys/root", random};
  std::unique_ptr<Vault> vault;

  Bench() {
    Result<std::unique_ptr<Vault>> opened =
        Vault::open(files, root, evidence, {{folder + "/data", folder + "/keys"}, 64u << 20, {}},
                    clock, random);
    if (opened) vault = std::move(*opened);
  }
  ~Bench() { std::filesystem::remove_all(folder); }

  bool fill(std::int64_t count, const std::string& content) {
    const NewRecord record{"acme", "mythos-5", "provider_30d", content};
    const std::vector<const NewRecord*> batch(1000, &record);
    for (std::int64_t done = 0; done < count; done += 1000) {
      if (!vault->append(batch)) return false;
    }
    return true;
  }
};

std::string some_content() {
  std::string content;
  for (int i = 0; content.size() < 2000; ++i)
    content += "message " + std::to_string(i * 7919) + " of a transcript; ";
  return content;
}

void append(benchmark::State& state) {
  Bench bench;
  const std::string content = some_content();
  for (auto _ : state) {
    if (!bench.fill(1000, content)) state.SkipWithError("append failed");
  }
  state.SetItemsProcessed(1000 * static_cast<std::int64_t>(state.iterations()));
}
BENCHMARK(append)->Iterations(20)->UseRealTime()->Unit(benchmark::kMillisecond);

// The end of a day, by its number of records: flat, but for the removal of its files.
void expire(benchmark::State& state) {
  for (auto _ : state) {
    state.PauseTiming();
    Bench bench;
    const Day day = day_of(bench.clock.wall());
    if (!bench.fill(state.range(0), some_content().substr(0, 500)))
      state.SkipWithError("append failed");
    bench.clock.advance(std::chrono::hours(24));
    bench.vault->clock_suspect();
    for (int hour = 0; hour < 2; ++hour) {
      bench.clock.advance(std::chrono::hours(1));
      bench.vault->clock_suspect();
    }
    if (!bench.vault->maintain()) state.SkipWithError("upkeep failed");
    while (bench.clock.wall() < start_of(shred_day(day))) {
      bench.clock.advance(std::chrono::hours(1));
      bench.vault->clock_suspect();
    }
    state.ResumeTiming();
    if (!bench.vault->shred(day)) state.SkipWithError("shred failed");
    state.PauseTiming();
    state.ResumeTiming();
  }
}
BENCHMARK(expire)->Arg(1000)->Arg(100'000)->Arg(1'000'000)->Iterations(1)->UseRealTime()->Unit(
    benchmark::kMillisecond);

}  // namespace
}  // namespace sallyport::vault
