#include "crypto/sha256.h"

#include "base/check.h"
#include "crypto/algorithms.h"

namespace sallyport::crypto {
namespace {

void begin(EVP_MD_CTX* context) {
  SALLYPORT_CHECK(EVP_DigestInit_ex2(context, detail::thread_sha256(), nullptr) == 1,
                  "SHA-256 did not start");
}

void feed(EVP_MD_CTX* context, std::string_view bytes) {
  SALLYPORT_CHECK(EVP_DigestUpdate(context, bytes.data(), bytes.size()) == 1,
                  "SHA-256 did not take bytes");
}

Sha256Digest end(EVP_MD_CTX* context) {
  Sha256Digest digest;
  unsigned int size = 0;
  SALLYPORT_CHECK(EVP_DigestFinal_ex(context, digest.data(), &size) == 1 && size == digest.size(),
                  "SHA-256 did not end");
  return digest;
}

}  // namespace

struct Sha256::State {
  detail::MdContextPtr context{EVP_MD_CTX_new()};
};

Sha256Digest sha256(std::string_view bytes) {
  EVP_MD_CTX* const context = detail::thread_digest_context();
  begin(context);
  feed(context, bytes);
  return end(context);
}

Sha256::Sha256() : state_(std::make_unique<State>()) {
  SALLYPORT_CHECK(state_->context, "no memory for a digest context");
  begin(state_->context.get());
}

Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

void Sha256::update(std::string_view bytes) { feed(state_->context.get(), bytes); }

Sha256Digest Sha256::finish() {
  const Sha256Digest digest = end(state_->context.get());
  begin(state_->context.get());
  return digest;
}

}  // namespace sallyport::crypto
