#include "crypto/hmac.h"

#include "base/check.h"
#include "crypto/algorithms.h"

namespace sallyport::crypto {

Sha256Digest hmac_sha256(std::string_view key, std::string_view message) {
  EVP_MAC_CTX* const context = detail::thread_hmac_sha256_context();
  // A null key means "the key from before" to OpenSSL: an empty key still needs an address.
  const auto* key_bytes = reinterpret_cast<const unsigned char*>(key.empty() ? "" : key.data());
  SALLYPORT_CHECK(EVP_MAC_init(context, key_bytes, key.size(), nullptr) == 1, "HMAC did not start");
  SALLYPORT_CHECK(EVP_MAC_update(context, reinterpret_cast<const unsigned char*>(message.data()),
                                 message.size()) == 1,
                  "HMAC did not take bytes");
  Sha256Digest digest;
  std::size_t size = 0;
  SALLYPORT_CHECK(
      EVP_MAC_final(context, digest.data(), &size, digest.size()) == 1 && size == digest.size(),
      "HMAC did not end");
  return digest;
}

}  // namespace sallyport::crypto
