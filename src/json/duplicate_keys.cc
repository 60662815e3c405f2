#include "json/duplicate_keys.h"

#include <array>
#include <bit>
#include <cstring>

#include "base/random.h"
#include "json/escapes.h"

namespace sallyport::json {
namespace {

// Up to here the pairs are compared, which is faster than any table.
constexpr std::uint32_t kSmallObjectKeys = 16;

struct HashKey {
  std::uint64_t k0 = 0;
  std::uint64_t k1 = 0;
};

const HashKey& hash_key() {
  static const HashKey key = [] {
    SystemRandom random;
    return HashKey{random.next_u64(), random.next_u64()};
  }();
  return key;
}

// SipHash-1-3: without the key nobody can choose strings that collide.
class SipHash {
 public:
  explicit SipHash(const HashKey& key)
      : v0_(key.k0 ^ 0x736f6d6570736575u),
        v1_(key.k1 ^ 0x646f72616e646f6du),
        v2_(key.k0 ^ 0x6c7967656e657261u),
        v3_(key.k1 ^ 0x7465646279746573u) {}

  std::uint64_t of(std::string_view text) {
    const std::uint64_t length = text.size();
    while (text.size() >= 8) {
      std::uint64_t word = 0;
      std::memcpy(&word, text.data(), 8);
      absorb(word);
      text.remove_prefix(8);
    }
    std::uint64_t last = length << 56;
    for (std::size_t i = 0; i < text.size(); ++i) {
      last |= static_cast<std::uint64_t>(static_cast<unsigned char>(text[i])) << (8 * i);
    }
    absorb(last);
    v2_ ^= 0xff;
    for (int i = 0; i < 3; ++i) round();
    return v0_ ^ v1_ ^ v2_ ^ v3_;
  }

 private:
  void absorb(std::uint64_t word) {
    v3_ ^= word;
    round();
    v0_ ^= word;
  }
  void round() {
    v0_ += v1_;
    v2_ += v3_;
    v1_ = std::rotl(v1_, 13) ^ v0_;
    v3_ = std::rotl(v3_, 16) ^ v2_;
    v0_ = std::rotl(v0_, 32);
    v2_ += v1_;
    v0_ += v3_;
    v1_ = std::rotl(v1_, 17) ^ v2_;
    v3_ = std::rotl(v3_, 21) ^ v0_;
    v2_ = std::rotl(v2_, 32);
  }

  std::uint64_t v0_, v1_, v2_, v3_;
};

}  // namespace

std::uint32_t KeyCheck::find_duplicate(std::uint32_t node) {
  const Document::Node& object = document_.nodes_[node];
  if (object.count < 2) return 0;
  if (object.count > kSmallObjectKeys) return compare_by_hash(node);
  std::uint32_t key = node + 1;
  for (std::uint32_t i = 0; i < object.count; ++i) {
    if (document_.nodes_[key].escaped) return compare_by_hash(node);
    key = document_.nodes_[key + 1].next;
  }
  return compare_pairs(node);
}

std::uint32_t KeyCheck::compare_pairs(std::uint32_t node) const {
  std::array<std::string_view, kSmallObjectKeys> keys;
  const std::uint32_t count = document_.nodes_[node].count;
  std::uint64_t seen = 0;  // one bit for each fingerprint: mostly no pair needs a look
  std::uint32_t key = node + 1;
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::string_view text = keys[i] = inner(key);
    const auto first = static_cast<unsigned char>(text.empty() ? '\0' : text.front());
    const auto last = static_cast<unsigned char>(text.empty() ? '\0' : text.back());
    const std::uint64_t bit = std::uint64_t{1} << ((text.size() * 11 + first * 5u + last) & 63);
    if ((seen & bit) != 0) {
      for (std::uint32_t j = 0; j < i; ++j) {
        if (keys[j] == text) return key;
      }
    }
    seen |= bit;
    key = document_.nodes_[key + 1].next;
  }
  return 0;
}

std::uint32_t KeyCheck::compare_by_hash(std::uint32_t node) {
  const std::uint32_t count = document_.nodes_[node].count;
  const std::size_t slots = std::bit_ceil(std::size_t{count} * 2);
  std::vector<std::uint64_t>& table = document_.key_slots_;
  table.assign(slots, 0);
  std::string unescaped;
  std::uint32_t key = node + 1;
  for (std::uint32_t i = 0; i < count; ++i) {
    std::string_view text = inner(key);
    if (document_.nodes_[key].escaped) {
      unescaped.clear();
      append_unescaped(unescaped, text);
      text = unescaped;
    }
    const std::uint64_t hash = SipHash(hash_key()).of(text);
    const std::uint64_t entry = (hash & 0xffffffff00000000u) | key;  // no key is node 0
    std::size_t slot = hash & (slots - 1);
    for (; table[slot] != 0; slot = (slot + 1) & (slots - 1)) {
      if ((table[slot] ^ entry) >> 32 != 0) continue;
      if (equal_keys(static_cast<std::uint32_t>(table[slot]), key)) return key;
    }
    table[slot] = entry;
    key = document_.nodes_[key + 1].next;
  }
  return 0;
}

std::string_view KeyCheck::inner(std::uint32_t key) const {
  const Document::Node& node = document_.nodes_[key];
  return document_.source_.substr(node.begin + 1, node.end - node.begin - 2);
}

bool KeyCheck::equal_keys(std::uint32_t a, std::uint32_t b) const {
  if (!document_.nodes_[a].escaped && !document_.nodes_[b].escaped) return inner(a) == inner(b);
  std::string first, second;
  append_unescaped(first, inner(a));
  append_unescaped(second, inner(b));
  return first == second;
}

}  // namespace sallyport::json
