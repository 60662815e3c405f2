#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/random.h"
#include "base/result.h"
#include "crypto/secret.h"

// Authenticated encryption. A sealed text is
//   1 byte algorithm | 12 bytes nonce | ciphertext | 16 bytes tag
// with algorithm 1 = AES-256-GCM (NIST SP 800-38D). The algorithm byte is authenticated too. Nonces
// are random: one key may seal at most 2^32 texts (SP 800-38D, 8.3), so long-lived keys are rotated
// well before.
namespace sallyport::crypto {

inline constexpr std::size_t kAeadKeyBytes = 32;
inline constexpr std::size_t kAeadNonceBytes = 12;
inline constexpr std::size_t kAeadTagBytes = 16;
inline constexpr std::size_t kAeadOverheadBytes = 1 + kAeadNonceBytes + kAeadTagBytes;
// Bound of one text; GCM itself ends at 64 GiB.
inline constexpr std::size_t kAeadMaxTextBytes = std::size_t{1} << 30;

// Const use from any thread.
class Aead {
 public:
  // Code::invalid unless the key has 32 bytes.
  static Result<Aead> from_key(SecretBytes key);

  // `associated` is not in the result; open() must be given the same. Code::too_large above the
  // bound.
  Result<std::string> seal(std::string_view plaintext, std::string_view associated,
                           Random& random) const;
  // Code::corrupt for anything that this key did not seal with this `associated`: altered, cut,
  // other key, other algorithm. The error does not say which.
  Result<std::string> open(std::string_view sealed, std::string_view associated) const;

 private:
  explicit Aead(SecretBytes key) : key_(std::move(key)) {}

  SecretBytes key_;
};

}  // namespace sallyport::crypto
