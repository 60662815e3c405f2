#pragma once

#include <openssl/evp.h>

#include <memory>

// Inside this room only. EVP_*_fetch walks OpenSSL's provider tables under a lock, so each thread
// does it once.
namespace sallyport::crypto::detail {

template <auto Free>
struct Deleter {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};

using MdPtr = std::unique_ptr<EVP_MD, Deleter<EVP_MD_free>>;
using MdContextPtr = std::unique_ptr<EVP_MD_CTX, Deleter<EVP_MD_CTX_free>>;
using MacPtr = std::unique_ptr<EVP_MAC, Deleter<EVP_MAC_free>>;
using MacContextPtr = std::unique_ptr<EVP_MAC_CTX, Deleter<EVP_MAC_CTX_free>>;
using CipherPtr = std::unique_ptr<EVP_CIPHER, Deleter<EVP_CIPHER_free>>;
using CipherContextPtr = std::unique_ptr<EVP_CIPHER_CTX, Deleter<EVP_CIPHER_CTX_free>>;
using KeyPtr = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY_free>>;

// All of the calling thread; each stops the program if OpenSSL lacks the algorithm.
const EVP_MD* thread_sha256();
EVP_MD_CTX* thread_digest_context();
EVP_MAC_CTX* thread_hmac_sha256_context();
const EVP_CIPHER* thread_aes_256_gcm();
EVP_CIPHER_CTX* thread_cipher_context();

// Empties OpenSSL's per-thread error queue, so that a failure handled here does not show up in TLS
// code later.
void clear_errors();

}  // namespace sallyport::crypto::detail
