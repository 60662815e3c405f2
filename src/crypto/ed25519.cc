#include "crypto/ed25519.h"

#include "base/check.h"
#include "crypto/algorithms.h"

namespace sallyport::crypto {
namespace {

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

}  // namespace

struct Ed25519Signer::Key {
  detail::KeyPtr pkey;
};

Ed25519Signer::Ed25519Signer() : key_(std::make_unique<Key>()) {}
Ed25519Signer::~Ed25519Signer() = default;
Ed25519Signer::Ed25519Signer(Ed25519Signer&&) noexcept = default;
Ed25519Signer& Ed25519Signer::operator=(Ed25519Signer&&) noexcept = default;

Ed25519Signer Ed25519Signer::generate(Random& random) {
  auto signer = from_seed(SecretBytes::random(kEd25519KeyBytes, random));
  SALLYPORT_CHECK(signer.has_value(), "OpenSSL refuses an Ed25519 key");
  return *std::move(signer);
}

Result<Ed25519Signer> Ed25519Signer::from_seed(SecretBytes seed) {
  if (seed.size() != kEd25519KeyBytes) return fail(Code::invalid, "a signing key needs 32 bytes");
  Ed25519Signer signer;
  signer.seed_ = std::move(seed);
  signer.key_->pkey.reset(EVP_PKEY_new_raw_private_key_ex(
      nullptr, "ED25519", nullptr, bytes_of(signer.seed_.view()), signer.seed_.size()));
  std::size_t size = signer.public_key_.size();
  if (!signer.key_->pkey ||
      EVP_PKEY_get_raw_public_key(signer.key_->pkey.get(), signer.public_key_.data(), &size) != 1) {
    detail::clear_errors();
    return fail(Code::internal, "OpenSSL refuses an Ed25519 key");
  }
  return signer;
}

Ed25519Signature Ed25519Signer::sign(std::string_view message) const {
  Ed25519Signature signature;
  std::size_t size = signature.size();
  EVP_MD_CTX* const context = detail::thread_digest_context();
  EVP_MD_CTX_reset(context);
  const bool done =
      EVP_DigestSignInit_ex(context, nullptr, nullptr, nullptr, nullptr, key_->pkey.get(),
                            nullptr) == 1 &&
      EVP_DigestSign(context, signature.data(), &size, bytes_of(message), message.size()) == 1 &&
      size == signature.size();
  EVP_MD_CTX_reset(context);
  SALLYPORT_CHECK(done, "Ed25519 did not sign");
  return signature;
}

bool ed25519_verify(const Ed25519PublicKey& key, std::string_view message,
                    const Ed25519Signature& signature) {
  const detail::KeyPtr pkey(
      EVP_PKEY_new_raw_public_key_ex(nullptr, "ED25519", nullptr, key.data(), key.size()));
  EVP_MD_CTX* const context = detail::thread_digest_context();
  EVP_MD_CTX_reset(context);
  const bool good = pkey &&
                    EVP_DigestVerifyInit_ex(context, nullptr, nullptr, nullptr, nullptr, pkey.get(),
                                            nullptr) == 1 &&
                    EVP_DigestVerify(context, signature.data(), signature.size(), bytes_of(message),
                                     message.size()) == 1;
  EVP_MD_CTX_reset(context);
  if (!good) detail::clear_errors();
  return good;
}

}  // namespace sallyport::crypto
