#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "base/random.h"
#include "base/result.h"
#include "crypto/secret.h"

// Ed25519 signatures (RFC 8032, pure). Keys are the raw 32 bytes of the RFC.
namespace sallyport::crypto {

inline constexpr std::size_t kEd25519KeyBytes = 32;
inline constexpr std::size_t kEd25519SignatureBytes = 64;
using Ed25519PublicKey = std::array<std::uint8_t, kEd25519KeyBytes>;
using Ed25519Signature = std::array<std::uint8_t, kEd25519SignatureBytes>;

// A private key ready to sign. Movable; const use from any thread.
class Ed25519Signer {
 public:
  static Ed25519Signer generate(Random& random);
  // Code::invalid unless the seed (the RFC's private key) has 32 bytes.
  static Result<Ed25519Signer> from_seed(SecretBytes seed);
  ~Ed25519Signer();
  Ed25519Signer(Ed25519Signer&&) noexcept;
  Ed25519Signer& operator=(Ed25519Signer&&) noexcept;

  const Ed25519PublicKey& public_key() const { return public_key_; }
  // For writing the key to its file, and nothing else.
  const SecretBytes& seed() const { return seed_; }
  Ed25519Signature sign(std::string_view message) const;

 private:
  struct Key;
  Ed25519Signer();

  SecretBytes seed_;
  Ed25519PublicKey public_key_{};
  std::unique_ptr<Key> key_;
};

// False for a wrong signature and for a public key that is no point of the curve alike.
bool ed25519_verify(const Ed25519PublicKey& key, std::string_view message,
                    const Ed25519Signature& signature);

}  // namespace sallyport::crypto
