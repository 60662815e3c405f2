#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/random.h"
#include "base/result.h"

// The text of an API key: sp-<environment>-<32 characters of base62>-<checksum>. The fixed prefix
// lets secret scanners find leaked keys; the checksum (6 characters: CRC-32 of all before it, in
// base62) tells a typo from an unknown key without a look at any table. The middle carries 190
// bits.
//
// For scanners: \bsp-[a-z0-9]{1,16}-[0-9A-Za-z]{32,64}-[0-9A-Za-z]{6}\b
namespace sallyport::access {

inline constexpr std::size_t kMaxEnvironmentChars = 16;
inline constexpr std::size_t kSecretChars = 32;
inline constexpr std::size_t kMaxSecretChars = 64;
inline constexpr std::size_t kChecksumChars = 6;
inline constexpr std::size_t kMaxKeyTextChars =
    3 + kMaxEnvironmentChars + 1 + kMaxSecretChars + 1 + kChecksumChars;

// Views into the text that was parsed.
struct KeyText {
  std::string_view environment;
  std::string_view secret;
  // What lists and logs may show: "sp-live-Ab12", enough to recognise a key, useless as one.
  std::string hint() const;
};

// `environment`: 1 to 16 of a-z and 0-9, else Code::invalid.
Result<std::string> make_key_text(std::string_view environment, Random& random);

// Strict. Code::unauthenticated with source client: "not a Sallyport key" (other shape) or
// "mistyped" (checksum). The error never quotes the text.
Result<KeyText> parse_key_text(std::string_view text);

}  // namespace sallyport::access
