#include "base/random.h"

#include <sys/random.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace sallyport {

std::uint64_t Random::next_u64() {
  std::uint8_t bytes[8];
  fill(bytes);
  std::uint64_t value;
  std::memcpy(&value, bytes, sizeof value);
  return value;
}

std::uint64_t Random::below(std::uint64_t bound) {
  // Reject the incomplete last block, so that no value is likelier than another.
  const std::uint64_t limit = UINT64_MAX - UINT64_MAX % bound;
  std::uint64_t value = next_u64();
  while (value >= limit) value = next_u64();
  return value % bound;
}

SystemRandom::~SystemRandom() { explicit_bzero(block_, sizeof block_); }

void SystemRandom::fill(std::span<std::uint8_t> out) {
  while (!out.empty()) {
    if (left_ == 0) {
      const ssize_t got = getrandom(block_, sizeof block_, 0);
      if (got < 0) {
        if (errno == EINTR) continue;
        std::abort();  // without randomness no secret is safe: there is nothing to go on with
      }
      left_ = static_cast<std::size_t>(got);
    }
    const std::size_t n = out.size() < left_ ? out.size() : left_;
    std::uint8_t* from = block_ + (left_ - n);
    std::memcpy(out.data(), from, n);
    explicit_bzero(from, n);
    left_ -= n;
    out = out.subspan(n);
  }
}

SeededRandom::SeededRandom(std::uint64_t seed) {
  // splitmix64 spreads the seed over the state, as the authors of xoshiro advise.
  for (std::uint64_t& word : state_) {
    seed += 0x9e3779b97f4a7c15u;
    std::uint64_t z = seed;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    word = z ^ (z >> 31);
  }
}

std::uint64_t SeededRandom::step() {
  const auto rotl = [](std::uint64_t x, int k) { return (x << k) | (x >> (64 - k)); };
  const std::uint64_t result = rotl(state_[1] * 5, 7) * 9;
  const std::uint64_t t = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= t;
  state_[3] = rotl(state_[3], 45);
  return result;
}

void SeededRandom::fill(std::span<std::uint8_t> out) {
  while (!out.empty()) {
    const std::uint64_t word = step();
    const std::size_t n = out.size() < sizeof word ? out.size() : sizeof word;
    std::memcpy(out.data(), &word, n);
    out = out.subspan(n);
  }
}

namespace {

// In the order of their bytes.
constexpr char kDigits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

void append_random(std::string& id, std::size_t count, Random& random) {
  const std::size_t wanted = id.size() + count;
  while (id.size() < wanted) {
    std::uint8_t bytes[32];
    random.fill(bytes);
    for (const std::uint8_t byte : bytes) {
      // 248 = 4 * 62: above it a digit would be likelier than another.
      if (byte < 248 && id.size() < wanted) id.push_back(kDigits[byte % 62]);
    }
  }
}

}  // namespace

std::string make_id(std::string_view prefix, Random& random) {
  std::string id;
  id.reserve(prefix.size() + 24);
  id += prefix;
  append_random(id, 24, random);
  return id;
}

std::string make_ordered_id(std::string_view prefix, WallTime now, Random& random) {
  std::string id;
  id.reserve(prefix.size() + 24);
  id += prefix;
  char time[8];
  std::int64_t left = std::max<std::int64_t>(unix_millis(now), 0);
  for (int i = 7; i >= 0; --i) {
    time[i] = kDigits[left % 62];
    left /= 62;
  }
  id.append(time, sizeof time);
  append_random(id, 16, random);
  return id;
}

}  // namespace sallyport
