#include "access/keyring.h"

#include <cstring>

#include "access/key_text.h"
#include "crypto/constant_time.h"

namespace sallyport::access {

std::size_t Keyring::HashBytes::operator()(const KeyHash& hash) const {
  std::size_t value;
  std::memcpy(&value, hash.data(), sizeof value);
  return value;
}

Keyring::Keyring(std::shared_ptr<const Pepper> pepper, std::vector<KeyringEntry> entries)
    : pepper_(std::move(pepper)), entries_(std::move(entries)) {
  index_.reserve(entries_.size());
  for (std::size_t i = 0; i < entries_.size(); ++i) index_.emplace(entries_[i].hash, i);
}

std::shared_ptr<const Keyring> Keyring::unreadable() {
  auto keyring = std::make_shared<Keyring>(nullptr, std::vector<KeyringEntry>());
  keyring->readable_ = false;
  return keyring;
}

Result<const Principal*> Keyring::authenticate(std::string_view presented, WallTime now) const {
  if (!readable_) {
    return fail(Code::unavailable, "keys cannot be read from the store", Source::internal, true);
  }
  if (auto text = parse_key_text(presented); !text) return tl::unexpected(std::move(text.error()));
  const KeyHash hash = pepper_->hash(presented);
  const auto found = index_.find(hash);
  if (found == index_.end()) return fail(Code::unauthenticated, "unknown key", Source::client);
  const KeyringEntry& entry = entries_[found->second];
  if (!crypto::constant_time_equal(crypto::as_bytes(entry.hash), crypto::as_bytes(hash))) {
    return fail(Code::unauthenticated, "unknown key", Source::client);
  }
  // A revocation holds whatever its time says: a clock that is set back must not bring a key back.
  if (entry.revoked) return fail(Code::unauthenticated, "the key is revoked", Source::client);
  if (entry.expires && now >= *entry.expires) {
    return fail(Code::unauthenticated, "the key is expired", Source::client);
  }
  return &entry.principal;
}

}  // namespace sallyport::access
