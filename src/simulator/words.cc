#include "simulator/words.h"

#include <array>

#include "base/random.h"

namespace sallyport::simulator {
namespace {

constexpr std::size_t kMaxTokenBytes = 8;

constexpr std::array<std::string_view, 32> kWords = {
    "harbour", "lantern", "meadow", "copper", "window", "river",  "paper",  "garden",
    "signal",  "marble",  "winter", "bridge", "candle", "forest", "mirror", "orchid",
    "pebble",  "quiet",   "ribbon", "silver", "timber", "velvet", "willow", "amber",
    "basket",  "cedar",   "dawn",   "ember",  "falcon", "grain",  "hollow", "island"};

bool is_space(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }
bool continues_sequence(char c) { return (static_cast<unsigned char>(c) & 0xC0u) == 0x80u; }

}  // namespace

std::size_t token_size(std::string_view text) {
  std::size_t end = 0;
  while (end < text.size() && is_space(text[end]) && end < kMaxTokenBytes) ++end;
  std::size_t letters = 0;
  while (end < text.size() && !is_space(text[end])) {
    if (letters >= kMaxTokenBytes && !continues_sequence(text[end])) break;
    ++end;
    ++letters;
  }
  return end;
}

std::uint32_t count_tokens(std::string_view text) {
  std::uint32_t count = 0;
  while (!text.empty()) {
    text.remove_prefix(token_size(text));
    ++count;
  }
  return count;
}

std::string_view first_tokens(std::string_view text, std::uint32_t tokens) {
  std::size_t end = 0;
  for (; tokens > 0 && end < text.size(); --tokens) end += token_size(text.substr(end));
  return text.substr(0, end);
}

std::string invent_words(std::uint64_t seed, std::uint32_t count) {
  SeededRandom random(seed);
  std::string text;
  text.reserve(count * 8);
  for (std::uint32_t i = 0; i < count; ++i) {
    if (i > 0) text.push_back(' ');
    text += kWords[random.below(kWords.size())];
  }
  return text;
}

std::uint64_t seed_of(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325u;  // FNV-1a
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  return hash;
}

}  // namespace sallyport::simulator
