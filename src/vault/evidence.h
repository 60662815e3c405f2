#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "crypto/sha256.h"
#include "vault/day.h"

// What the vault has recorded elsewhere (in the ledger, by whoever wires them up). Each call
// returns once its record is durable; only then does the vault go on.
namespace sallyport::vault {

// What was destroyed, and what was not. Recorded after the keys are gone; a crash may record one
// twice, with the same id.
struct Certificate {
  std::string id;     // "2026-05-21" or "case-<name>-<key id>"
  std::string cause;  // "expired", "hold_lifted"
  std::string day;    // "2026-05-21", "-" for a case
  std::uint64_t stored = 0;
  crypto::Sha256Digest root{};  // Merkle root over the records' ids and commitments, in their order
  std::uint64_t shredded = 0;
  std::uint64_t held = 0;             // stored = shredded + held
  std::vector<std::string> cases;     // that hold them
  std::vector<std::string> keys;      // ids of the keys destroyed
  std::string custody;                // of the root key: see root_key.h
  std::vector<std::string> replicas;  // that confirmed
  std::uint64_t damaged =
      0;  // stored records whose line could not be read when the day was counted
};

struct HoldEvent {
  std::string name;
  std::string action;  // "place", "lift"
  std::string authority;
  std::string scope;
  std::vector<std::string> approvers;
  std::uint64_t records = 0;
  Day review;
};

struct AccessEvent {
  std::string name;  // the case
  std::string reason;
  std::vector<std::string> reviewers;
  std::vector<std::string> records;  // ids
  WallTime until;
};

class Evidence {
 public:
  virtual ~Evidence() = default;
  virtual Result<void> deletion(const Certificate& certificate) = 0;
  virtual Result<void> hold(const HoldEvent& event) = 0;
  virtual Result<void> access(const AccessEvent& event) = 0;
};

}  // namespace sallyport::vault
