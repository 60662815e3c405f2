#include "crypto/algorithms.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/params.h>

#include "base/check.h"

namespace sallyport::crypto::detail {
namespace {

MacContextPtr make_hmac_context() {
  const MacPtr mac(EVP_MAC_fetch(nullptr, "HMAC", nullptr));
  SALLYPORT_CHECK(mac, "OpenSSL offers no HMAC");
  MacContextPtr context(EVP_MAC_CTX_new(mac.get()));
  SALLYPORT_CHECK(context, "no memory for an HMAC context");
  char digest[] = "SHA256";
  const OSSL_PARAM params[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, sizeof digest - 1),
      OSSL_PARAM_construct_end()};
  SALLYPORT_CHECK(EVP_MAC_CTX_set_params(context.get(), params) == 1, "HMAC refuses SHA-256");
  return context;
}

}  // namespace

const EVP_MD* thread_sha256() {
  thread_local const MdPtr algorithm(EVP_MD_fetch(nullptr, "SHA256", nullptr));
  SALLYPORT_CHECK(algorithm, "OpenSSL offers no SHA-256");
  return algorithm.get();
}

EVP_MD_CTX* thread_digest_context() {
  thread_local const MdContextPtr context(EVP_MD_CTX_new());
  SALLYPORT_CHECK(context, "no memory for a digest context");
  return context.get();
}

EVP_MAC_CTX* thread_hmac_sha256_context() {
  thread_local const MacContextPtr context = make_hmac_context();
  return context.get();
}

const EVP_CIPHER* thread_aes_256_gcm() {
  thread_local const CipherPtr algorithm(EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr));
  SALLYPORT_CHECK(algorithm, "OpenSSL offers no AES-256-GCM");
  return algorithm.get();
}

EVP_CIPHER_CTX* thread_cipher_context() {
  thread_local const CipherContextPtr context(EVP_CIPHER_CTX_new());
  SALLYPORT_CHECK(context, "no memory for a cipher context");
  return context.get();
}

void clear_errors() { ERR_clear_error(); }

}  // namespace sallyport::crypto::detail
