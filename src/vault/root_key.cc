#include "vault/root_key.h"

#include <algorithm>

#include "base/encoding.h"
#include "crypto/aead.h"
#include "crypto/hmac.h"

namespace sallyport::vault {
namespace {

constexpr std::string_view kPrefix = "root-";
constexpr std::string_view kPurpose = "sallyport vault wrapping key";

Result<std::string> seal_with(crypto::SecretBytes root, const crypto::SecretBytes& key,
                              Random& random) {
  const Result<crypto::Aead> aead = crypto::Aead::from_key(std::move(root));
  if (!aead) return Failure(aead.error());
  return aead->seal(key.view(), kPurpose, random);
}

Result<crypto::SecretBytes> open_with(crypto::SecretBytes root, std::string_view wrapped) {
  const Result<crypto::Aead> aead = crypto::Aead::from_key(std::move(root));
  if (!aead) return Failure(aead.error());
  Result<std::string> key = aead->open(wrapped, kPurpose);
  if (!key) return Failure(key.error());
  crypto::SecretBytes secret{std::string_view(*key)};
  crypto::wipe(*key);
  return secret;
}

}  // namespace

std::string_view to_string(Custody custody) {
  switch (custody) {
    case Custody::file:
      return "file";
    case Custody::credential:
      return "credential";
    case Custody::kms:
      return "kms";
  }
  return "file";
}

Result<std::string> FileRootKey::next() {
  std::uint8_t id_bytes[8];
  random_.fill(id_bytes);
  const std::string id = hex_encode({reinterpret_cast<const char*>(id_bytes), sizeof id_bytes});
  const crypto::SecretBytes key = crypto::SecretBytes::random(crypto::kAeadKeyBytes, random_);
  const Result<void> saved =
      replace_file(files_, folder_ + "/" + std::string(kPrefix) + id, key.view());
  if (!saved) return Failure(saved.error());
  return id;
}

Result<crypto::SecretBytes> FileRootKey::load(const std::string& id) {
  Result<std::string> bytes = files_.read(folder_ + "/" + std::string(kPrefix) + id, 4096);
  if (!bytes) return Failure(bytes.error());
  crypto::SecretBytes key{std::string_view(*bytes)};
  crypto::wipe(*bytes);
  if (key.size() != crypto::kAeadKeyBytes)
    return fail(Code::corrupt, "the vault's root key has another length");
  return key;
}

Result<std::string> FileRootKey::wrap(const std::string& id, const crypto::SecretBytes& key) {
  Result<crypto::SecretBytes> root = load(id);
  if (!root) return Failure(root.error());
  return seal_with(std::move(*root), key, random_);
}

Result<crypto::SecretBytes> FileRootKey::unwrap(const std::string& id, std::string_view wrapped) {
  Result<crypto::SecretBytes> root = load(id);
  if (!root) return Failure(root.error());
  return open_with(std::move(*root), wrapped);
}

Result<void> FileRootKey::keep_only(const std::string& id) {
  const Result<std::vector<std::string>> names = files_.list(folder_);
  if (!names) return Failure(names.error());
  bool removed = false;
  for (const std::string& name : *names) {
    if (!name.starts_with(kPrefix) || name == std::string(kPrefix) + id) continue;
    const std::string path = folder_ + "/" + name;
    // Overwritten first: on a disk that writes in place nothing remains. Others keep what they
    // like, and the certificate claims no more than this.
    if (Result<void> r = files_.write(path, std::string(crypto::kAeadKeyBytes, '\0')); !r) return r;
    if (Result<void> r = files_.sync(path); !r) return r;
    if (Result<void> r = files_.remove(path); !r) return r;
    removed = true;
  }
  return removed ? files_.sync_folder(folder_) : Result<void>();
}

Result<crypto::SecretBytes> CredentialRootKey::load() {
  Result<std::string> bytes = files_.read(path_, 4096);
  if (!bytes) return Failure(bytes.error());
  if (bytes->size() < crypto::kAeadKeyBytes) {
    crypto::wipe(*bytes);
    return fail(Code::config, path_ + ": a root credential has at least 32 bytes");
  }
  crypto::Sha256Digest digest = crypto::hmac_sha256(*bytes, "sallyport vault root");
  crypto::wipe(*bytes);
  crypto::SecretBytes key(crypto::as_bytes(digest));
  crypto::wipe({reinterpret_cast<char*>(digest.data()), digest.size()});
  return key;
}

Result<std::string> CredentialRootKey::wrap(const std::string&, const crypto::SecretBytes& key) {
  Result<crypto::SecretBytes> root = load();
  if (!root) return Failure(root.error());
  return seal_with(std::move(*root), key, random_);
}

Result<crypto::SecretBytes> CredentialRootKey::unwrap(const std::string&,
                                                      std::string_view wrapped) {
  Result<crypto::SecretBytes> root = load();
  if (!root) return Failure(root.error());
  return open_with(std::move(*root), wrapped);
}

}  // namespace sallyport::vault
