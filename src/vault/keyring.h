#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/files.h"
#include "base/random.h"
#include "base/result.h"
#include "crypto/aead.h"
#include "crypto/secret.h"
#include "vault/day.h"
#include "vault/evidence.h"
#include "vault/root_key.h"

// The keys of days and cases, wrapped, in one small file that is replaced as a whole: twice, so
// that a damaged copy loses nothing. A key that is not in it is gone.
namespace sallyport::vault {

struct DayKey {
  std::string id;
  crypto::SecretBytes key;
};

struct Case {
  std::string authority;
  std::string scope;
  std::vector<std::string> approvers;
  Day review;
  std::uint32_t records = 0;  // lines of its key file that count
  std::string id;             // of its key
  crypto::SecretBytes key;
};

// A day whose keys are destroyed.
struct ShreddedDay {
  std::uint64_t stored = 0;
  std::uint64_t held = 0;
};

class Keyring {
 public:
  static constexpr std::size_t kMaxShreddedDays = 400;

  // Fresh where there is none. corrupt where neither copy can be used.
  static Result<Keyring> open(Files& files, std::string folder, RootKey& root, Random& random);

  std::map<Day, DayKey> days;
  std::map<std::string, Case> cases;
  std::map<Day, ShreddedDay> shredded;
  std::vector<Certificate> pending;  // destroyed, not yet recorded
  WallTime saved_at;

  DayKey make_key();
  // Makes what is in memory durable.
  Result<void> save(WallTime now);
  // The same under a new wrapping key and a new version of the root key; the old ones are
  // destroyed. What was wrapped before and is not in memory now can never be unwrapped again.
  Result<void> save_with_new_keys(WallTime now);

 private:
  Keyring(Files& files, std::string folder, RootKey& root, Random& random)
      : files_(&files), folder_(std::move(folder)), root_(&root), random_(&random) {}
  Result<void> parse(const std::string& text);
  Result<std::string> serialise() const;
  Result<void> write() const;
  Result<std::string> wrap(const crypto::SecretBytes& key, std::string_view purpose) const;
  Result<crypto::SecretBytes> unwrap(std::string_view hex, std::string_view purpose) const;
  crypto::SecretBytes copy_of(const crypto::SecretBytes& key) const {
    return crypto::SecretBytes(key.view());
  }

  Files* files_;
  std::string folder_;
  RootKey* root_;
  Random* random_;
  std::uint64_t sequence_ = 0;
  std::string root_id_;
  std::string wrapped_wrapping_;  // by the root key
  crypto::SecretBytes wrapping_;
};

}  // namespace sallyport::vault
