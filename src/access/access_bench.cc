#include <benchmark/benchmark.h>

#include <vector>

#include "access/key_text.h"
#include "access/keyring.h"
#include "base/random.h"

namespace sallyport::access {
namespace {

// What identifying one request costs, by number of keys.
void BM_Authenticate(benchmark::State& state) {
  SystemRandom random;
  auto pepper = std::make_shared<const Pepper>(crypto::SecretBytes::random(32, random));
  std::vector<std::string> texts;
  std::vector<KeyringEntry> entries(static_cast<std::size_t>(state.range(0)));
  for (KeyringEntry& entry : entries) {
    texts.push_back(*make_key_text("live", random));
    entry.hash = pepper->hash(texts.back());
  }
  const Keyring keyring(pepper, std::move(entries));
  std::size_t next = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(keyring.authenticate(texts[next], WallTime{}));
    next = (next + 1) % texts.size();
  }
}
BENCHMARK(BM_Authenticate)->Arg(10)->Arg(100'000);

}  // namespace
}  // namespace sallyport::access
