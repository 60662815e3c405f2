#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "crypto/secret.h"
#include "crypto/sha256.h"

namespace sallyport::access {

using KeyHash = crypto::Sha256Digest;

// The server's own key for hashing API keys: whoever reads the database alone cannot test guesses
// against it. Kept in a file of mode 0600 beside the database and part of every backup: without it
// no key is recognised any more. Const use from any thread.
class Pepper {
 public:
  // Reads 32 bytes from `path`, or makes the file with fresh ones. Code::config where the file has
  // another size or can be read by group or others; Code::io where it cannot be read or made.
  static Result<Pepper> load_or_create(const std::string& path);
  explicit Pepper(crypto::SecretBytes key) : key_(std::move(key)) {}

  // HMAC-SHA256 of the key's whole text.
  KeyHash hash(std::string_view key_text) const;

 private:
  crypto::SecretBytes key_;
};

}  // namespace sallyport::access
