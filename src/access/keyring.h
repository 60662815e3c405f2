#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "access/pepper.h"
#include "access/principal.h"
#include "base/clock.h"
#include "base/result.h"

namespace sallyport::access {

// One credential that may be presented: the keyed hash of a key's text and whom it stands for. A
// rotated key has two until its grace period ends.
struct KeyringEntry {
  KeyHash hash{};
  Principal principal;
  std::optional<WallTime> expires;
  std::optional<WallTime> revoked;
};

// An immutable snapshot of every key. Shared between threads by shared_ptr<const Keyring>; a change
// makes a new one.
class Keyring {
 public:
  Keyring(std::shared_ptr<const Pepper> pepper, std::vector<KeyringEntry> entries);

  // The principal behind the presented text, valid as long as this keyring. One hash and one
  // look-up, whatever the number of keys. Code::unauthenticated with source client, and a detail
  // for the log and the client alike: not a key, mistyped, unknown, revoked or expired.
  Result<const Principal*> authenticate(std::string_view presented, WallTime now) const;

  std::size_t size() const { return entries_.size(); }

  // What stands in for a keyring when the store has been unreadable for too long to know who was
  // revoked: everyone gets Code::unavailable.
  static std::shared_ptr<const Keyring> unreadable();

 private:
  // The hash is keyed and unpredictable to clients, so its first bytes are as good as any table
  // hash.
  struct HashBytes {
    std::size_t operator()(const KeyHash& hash) const;
  };

  std::shared_ptr<const Pepper> pepper_;
  std::vector<KeyringEntry> entries_;
  std::unordered_map<KeyHash, std::size_t, HashBytes> index_;
  bool readable_ = true;
};

}  // namespace sallyport::access
