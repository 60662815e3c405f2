#include "crypto/aead.h"

#include <array>

#include "base/check.h"
#include "crypto/algorithms.h"

namespace sallyport::crypto {
namespace {

constexpr char kAes256Gcm = 1;

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

unsigned char* bytes_of(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

int length_of(std::string_view text) { return static_cast<int>(text.size()); }

Failure does_not_open() {
  detail::clear_errors();
  return fail(Code::corrupt, "sealed text does not open: altered, cut, or sealed with another key");
}

}  // namespace

Result<Aead> Aead::from_key(SecretBytes key) {
  if (key.size() != kAeadKeyBytes) return fail(Code::invalid, "an encryption key needs 32 bytes");
  return Aead(std::move(key));
}

Result<std::string> Aead::seal(std::string_view plaintext, std::string_view associated,
                               Random& random) const {
  if (plaintext.size() > kAeadMaxTextBytes || associated.size() > kAeadMaxTextBytes) {
    return fail(Code::too_large, "text to seal is over 1 GiB");
  }
  std::string sealed(plaintext.size() + kAeadOverheadBytes, '\0');
  sealed[0] = kAes256Gcm;
  unsigned char* const nonce = bytes_of(sealed) + 1;
  unsigned char* const body = nonce + kAeadNonceBytes;
  random.fill({nonce, kAeadNonceBytes});

  EVP_CIPHER_CTX* const context = detail::thread_cipher_context();
  int written = 0;
  int tail = 0;
  const bool done =
      EVP_EncryptInit_ex2(context, detail::thread_aes_256_gcm(), bytes_of(key_.view()), nonce,
                          nullptr) == 1 &&
      EVP_EncryptUpdate(context, nullptr, &written, bytes_of(sealed), 1) == 1 &&
      (associated.empty() || EVP_EncryptUpdate(context, nullptr, &written, bytes_of(associated),
                                               length_of(associated)) == 1) &&
      (plaintext.empty() || EVP_EncryptUpdate(context, body, &written, bytes_of(plaintext),
                                              length_of(plaintext)) == 1) &&
      EVP_EncryptFinal_ex(context, body + plaintext.size(), &tail) == 1 &&
      EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, static_cast<int>(kAeadTagBytes),
                          body + plaintext.size()) == 1;
  EVP_CIPHER_CTX_reset(context);  // wipes the key schedule
  if (!done) {
    detail::clear_errors();
    return fail(Code::internal, "encryption failed in OpenSSL");
  }
  return sealed;
}

Result<std::string> Aead::open(std::string_view sealed, std::string_view associated) const {
  if (sealed.size() < kAeadOverheadBytes || sealed[0] != kAes256Gcm) return does_not_open();
  if (sealed.size() - kAeadOverheadBytes > kAeadMaxTextBytes ||
      associated.size() > kAeadMaxTextBytes) {
    return fail(Code::too_large, "text to open is over 1 GiB");
  }
  const std::string_view nonce = sealed.substr(1, kAeadNonceBytes);
  const std::string_view body =
      sealed.substr(1 + kAeadNonceBytes, sealed.size() - kAeadOverheadBytes);
  std::array<unsigned char, kAeadTagBytes> tag;
  sealed.substr(sealed.size() - kAeadTagBytes)
      .copy(reinterpret_cast<char*>(tag.data()), kAeadTagBytes);

  std::string plaintext(body.size(), '\0');
  EVP_CIPHER_CTX* const context = detail::thread_cipher_context();
  int written = 0;
  int tail = 0;
  unsigned char none = 0;
  const bool done =
      EVP_DecryptInit_ex2(context, detail::thread_aes_256_gcm(), bytes_of(key_.view()),
                          bytes_of(nonce), nullptr) == 1 &&
      EVP_DecryptUpdate(context, nullptr, &written, bytes_of(sealed), 1) == 1 &&
      (associated.empty() || EVP_DecryptUpdate(context, nullptr, &written, bytes_of(associated),
                                               length_of(associated)) == 1) &&
      (body.empty() || EVP_DecryptUpdate(context, bytes_of(plaintext), &written, bytes_of(body),
                                         length_of(body)) == 1) &&
      EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, static_cast<int>(kAeadTagBytes),
                          tag.data()) == 1 &&
      EVP_DecryptFinal_ex(context, &none, &tail) == 1;
  EVP_CIPHER_CTX_reset(context);
  if (!done) {
    wipe(plaintext);  // decrypted but not authenticated
    return does_not_open();
  }
  return plaintext;
}

}  // namespace sallyport::crypto
