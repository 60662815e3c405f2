#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace sallyport {

// Where random bytes come from. Keys and tokens use SystemRandom; the simulator and tests a seeded
// one.
class Random {
 public:
  virtual ~Random() = default;
  virtual void fill(std::span<std::uint8_t> out) = 0;

  std::uint64_t next_u64();
  // Uniform in [0, bound), bound > 0.
  std::uint64_t below(std::uint64_t bound);
};

// The kernel's generator, read in blocks. One object per thread.
class SystemRandom final : public Random {
 public:
  ~SystemRandom() override;
  void fill(std::span<std::uint8_t> out) override;

 private:
  std::uint8_t block_[512];
  std::size_t left_ = 0;
};

// xoshiro256**: reproducible, never for secrets.
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed);
  void fill(std::span<std::uint8_t> out) override;

 private:
  std::uint64_t step();
  std::uint64_t state_[4];
};

// "msg_" + 24 characters of base62: 142 bits.
std::string make_id(std::string_view prefix, Random& random);

// "req_" + 8 characters of the time in milliseconds + 16 random ones (95 bits): ids that sort by
// time, so that tables keyed by them grow at their end instead of everywhere.
std::string make_ordered_id(std::string_view prefix, WallTime now, Random& random);

}  // namespace sallyport
