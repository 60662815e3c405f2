#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "crypto/merkle.h"
#include "ledger/note.h"

// A signed statement of a tree's size and root. Source: c2sp.org/tlog-checkpoint.
namespace sallyport::ledger {

struct Checkpoint {
  std::string origin;
  std::uint64_t size = 0;
  crypto::MerkleHash root{};

  std::string text() const;  // the note's text
  // Extension lines are accepted and ignored, as the format demands.
  static Result<Checkpoint> parse(std::string_view text);
};

// A whole checkpoint file: the note, what it says and who vouched.
struct SignedCheckpoint {
  Checkpoint checkpoint;
  std::vector<Verified> signers;
};

// unauthenticated unless a key of the log itself (type ed25519, name = origin) among `keys` signed;
// cosignatures of witnesses among `keys` are verified and listed beside it.
Result<SignedCheckpoint> open_checkpoint(std::string_view note, std::span<const VerifierKey> keys);

// Decimal without leading zeros, all of `text`.
Result<std::uint64_t> parse_size(std::string_view text);
// Base64 of 32 bytes.
Result<crypto::MerkleHash> parse_hash(std::string_view text);
std::string format_hash(const crypto::MerkleHash& hash);

}  // namespace sallyport::ledger
