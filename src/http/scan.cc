#include "http/scan.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include <array>
#include <bit>

namespace sallyport::http {
namespace {

constexpr std::array<bool, 256> kTokenCharacters = [] {
  std::array<bool, 256> table{};
  for (int c = '0'; c <= '9'; ++c) table[static_cast<std::size_t>(c)] = true;
  for (int c = 'a'; c <= 'z'; ++c) table[static_cast<std::size_t>(c)] = true;
  for (int c = 'A'; c <= 'Z'; ++c) table[static_cast<std::size_t>(c)] = true;
  for (const char c : std::string_view("!#$%&'*+-.^_`|~"))
    table[static_cast<unsigned char>(c)] = true;
  return table;
}();

}  // namespace

std::size_t skip_token(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size() && kTokenCharacters[static_cast<unsigned char>(text[at])]) ++at;
  return at;
}

std::size_t skip_text(std::string_view text) {
  std::size_t at = 0;
#if defined(__SSE2__)
  const __m128i last_control = _mm_set1_epi8(0x1f);
  const __m128i del = _mm_set1_epi8(0x7f);
  for (; text.size() - at >= 16; at += 16) {
    const __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text.data() + at));
    // min(x, 0x1f) == x, unsigned: the byte is a control character.
    const __m128i control = _mm_cmpeq_epi8(_mm_min_epu8(block, last_control), block);
    const int mask = _mm_movemask_epi8(_mm_or_si128(control, _mm_cmpeq_epi8(block, del)));
    if (mask != 0)
      return at + static_cast<std::size_t>(std::countr_zero(static_cast<unsigned>(mask)));
  }
#endif
  while (at < text.size() && static_cast<unsigned char>(text[at]) >= 0x20 && text[at] != 0x7f) ++at;
  return at;
}

}  // namespace sallyport::http
