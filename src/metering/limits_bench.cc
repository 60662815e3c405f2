#include <benchmark/benchmark.h>

#include "metering/limits.h"

namespace sallyport::metering {
namespace {

// Admission and release of one exchange, all limits set, on threads that share a key.
void BM_AdmitAndRelease(benchmark::State& state) {
  static Limiter limiter;
  const UsageLimits limits{1'000'000'000'000, 1'000'000'000'000, 1'000'000'000'000, 1'000'000,
                           1'000'000'000'000'000};
  const LimitSubject subject{"acme", "key_0123456789", &limits, &limits};
  const Moment at{{std::chrono::seconds(100)}, {std::chrono::seconds(1'790'000'000)}};
  for (auto _ : state) {
    auto lease = limiter.admit(subject, {1000, 0, 100}, at);
    if (lease) lease->release({1000, 100, 100}, at);
    benchmark::DoNotOptimize(lease);
  }
}
BENCHMARK(BM_AdmitAndRelease)->Threads(1)->Threads(2);

}  // namespace
}  // namespace sallyport::metering
