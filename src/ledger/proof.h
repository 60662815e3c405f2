#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "crypto/merkle.h"
#include "ledger/checkpoint.h"

// A receipt that anyone can check offline: this entry is in that log. Source: c2sp.org/tlog-proof.
namespace sallyport::ledger {

inline constexpr std::size_t kMaxProofBytes = 512u << 10;

struct TlogProof {
  std::string extra;  // opaque and not authenticated; empty = none
  std::uint64_t index = 0;
  crypto::MerkleProof hashes;
  std::string checkpoint;  // the signed note, verbatim

  std::string text() const;
  static Result<TlogProof> parse(std::string_view text);
};

// The checkpoint that includes `entry`, if the proof holds and a log key among `keys` (and at least
// `witnesses` distinct witness keys among them) signed it.
Result<SignedCheckpoint> verify_proof(const TlogProof& proof, std::string_view entry,
                                      std::span<const VerifierKey> keys, std::size_t witnesses = 0);

}  // namespace sallyport::ledger
