#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/files.h"
#include "base/random.h"
#include "base/result.h"
#include "crypto/secret.h"

// The key above all others. It wraps one key, the vault's wrapping key, which each shred replaces.
namespace sallyport::vault {

// Who keeps the root key, and so what a deletion certificate may claim.
enum class Custody : std::uint8_t {
  file,        // a file of ours: replaced and overwritten at each shred; what the disk keeps is the
               // disk's
  credential,  // handed in at start and not ours to destroy: deletion rests on the wrapping key
               // alone
  kms,         // a key service, by command: it destroys its versions and says so
};
std::string_view to_string(Custody custody);

// One thread at a time. Ids are names of [a-z0-9-].
class RootKey {
 public:
  virtual ~RootKey() = default;
  virtual Custody custody() const = 0;
  // A new version to wrap with from now on; where there can be none, the present one.
  virtual Result<std::string> next() = 0;
  virtual Result<std::string> wrap(const std::string& id, const crypto::SecretBytes& key) = 0;
  virtual Result<crypto::SecretBytes> unwrap(const std::string& id, std::string_view wrapped) = 0;
  // Destroys every version but `id`, as far as the custody allows. Idempotent.
  virtual Result<void> keep_only(const std::string& id) = 0;
};

// Versions are files root-<id> in a folder that backups leave out.
class FileRootKey final : public RootKey {
 public:
  FileRootKey(Files& files, std::string folder, Random& random)
      : files_(files), folder_(std::move(folder)), random_(random) {}
  Custody custody() const override { return Custody::file; }
  Result<std::string> next() override;
  Result<std::string> wrap(const std::string& id, const crypto::SecretBytes& key) override;
  Result<crypto::SecretBytes> unwrap(const std::string& id, std::string_view wrapped) override;
  Result<void> keep_only(const std::string& id) override;

 private:
  Result<crypto::SecretBytes> load(const std::string& id);
  Files& files_;
  std::string folder_;
  Random& random_;
};

// A file of at least 32 bytes that the service manager hands in (systemd's LoadCredential), read
// only.
class CredentialRootKey final : public RootKey {
 public:
  CredentialRootKey(Files& files, std::string path, Random& random)
      : files_(files), path_(std::move(path)), random_(random) {}
  Custody custody() const override { return Custody::credential; }
  Result<std::string> next() override { return std::string("credential"); }
  Result<std::string> wrap(const std::string& id, const crypto::SecretBytes& key) override;
  Result<crypto::SecretBytes> unwrap(const std::string& id, std::string_view wrapped) override;
  Result<void> keep_only(const std::string&) override { return {}; }

 private:
  Result<crypto::SecretBytes> load();
  Files& files_;
  std::string path_;
  Random& random_;
};

// A program that speaks for a key service. It is called as
//   COMMAND next              -> prints an id
//   COMMAND wrap ID           key on standard input -> wrapped key on standard output
//   COMMAND unwrap ID         the other way
//   COMMAND keep-only ID
// and exits with 0, or with anything else and nothing changed. No shell is involved. Each call may
// take kTimeout.
class CommandRootKey final : public RootKey {
 public:
  static constexpr int kTimeoutMillis = 30'000;
  explicit CommandRootKey(std::vector<std::string> command) : command_(std::move(command)) {}
  Custody custody() const override { return Custody::kms; }
  Result<std::string> next() override;
  Result<std::string> wrap(const std::string& id, const crypto::SecretBytes& key) override;
  Result<crypto::SecretBytes> unwrap(const std::string& id, std::string_view wrapped) override;
  Result<void> keep_only(const std::string& id) override;

 private:
  Result<std::string> call(std::vector<std::string> arguments, std::string_view input);
  std::vector<std::string> command_;
};

}  // namespace sallyport::vault
