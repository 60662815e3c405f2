#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/files.h"
#include "base/result.h"
#include "ledger/checkpoint.h"
#include "ledger/proof.h"
#include "ledger/tile_reader.h"

// What anyone does with a log: verify it whole, prove an entry, copy it.
namespace sallyport::ledger {

struct VerifyReport {
  SignedCheckpoint checkpoint;
  std::uint64_t entries = 0;
  std::uint64_t tiles = 0;        // hash tiles compared byte for byte
  std::vector<VerifierKey> keys;  // the first key, and those that rotations in the log lead to
};

// Re-derives every hash tile and the root from the entry bundles alone. `first_key` may be any
// former key of the log: later ones are learnt from its rotations, each of which must be signed by
// the key before. `witnesses` are further trusted keys. `each` sees every entry in order. Memory
// does not grow with the log.
Result<VerifyReport> verify_log(
    TileSource& source, const VerifierKey& first_key, std::span<const VerifierKey> witnesses = {},
    const std::function<void(std::uint64_t, std::string_view)>& each = {});

// A receipt for one entry under the log's present checkpoint, or under another one that lies in the
// source (witness.h's kWitnessedCheckpoint: then the receipt carries the cosignatures).
Result<TlogProof> prove_inclusion(TileSource& source, std::uint64_t index,
                                  std::span<const VerifierKey> keys,
                                  const std::string& checkpoint = "checkpoint");

// Copies what the present checkpoint needs into `folder`, the checkpoint last: a log of its own, to
// be verified elsewhere.
Result<Checkpoint> export_log(TileSource& source, std::span<const VerifierKey> keys, Files& files,
                              const std::string& folder);

}  // namespace sallyport::ledger
