#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/files.h"
#include "base/result.h"
#include "http/fetcher.h"
#include "ledger/checkpoint.h"
#include "ledger/tile_reader.h"

// Asks witnesses to cosign checkpoints. Source: c2sp.org/tlog-witness (add-checkpoint),
// c2sp.org/tlog-cosignature.
namespace sallyport::ledger {

struct WitnessConfig {
  std::string url;  // submission prefix, without a trailing slash
  VerifierKey key;  // type cosignature_v1
};

// The body of add-checkpoint, and what its answers mean: no I/O.
std::string add_checkpoint_body(std::uint64_t old_size, const crypto::MerkleProof& proof,
                                std::string_view checkpoint);
// The witness's cosignature among the lines of a 200; unauthenticated where there is no valid one.
Result<NoteSignature> parse_cosignatures(std::string_view body, std::string_view checkpoint_text,
                                         const VerifierKey& key, WallTime now);
// The size that a 409 names.
Result<std::uint64_t> parse_witness_size(std::string_view body);

// One witness. Thread safe; at most one request under way.
class WitnessClient : public std::enable_shared_from_this<WitnessClient> {
 public:
  // The line to add to the checkpoint's note.
  using Done = std::function<void(Result<NoteSignature>)>;

  // `source` serves the log's tiles; it is used under this client's lock.
  WitnessClient(WitnessConfig config, http::Fetcher& fetcher, std::shared_ptr<TileSource> source,
                const Clock& clock);

  // Submits this checkpoint (a published one of the log). Where the witness knows another size,
  // asks once more from that one. conflict while a request is under way, and where the witness has
  // seen a tree that is not ours: that one is not to be retried but looked into.
  void submit(std::string checkpoint_note, Done done);
  // When it last cosigned; epoch where it never did. Actions that loosen may ask for a recent one.
  WallTime last_cosigned() const;
  std::uint64_t cosigned_size() const;

 private:
  void send(std::string note, bool may_retry, Done done);
  void on_response(const std::string& note, bool may_retry, Result<http::FetchResponse> response,
                   const Done& done);
  void finish(const Done& done, Result<NoteSignature> result);

  const WitnessConfig config_;
  http::Fetcher& fetcher_;
  const std::shared_ptr<TileSource> source_;
  const Clock& clock_;
  mutable std::mutex mutex_;
  bool busy_ = false;
  std::uint64_t known_size_ = 0;
  std::uint64_t cosigned_size_ = 0;
  WallTime last_cosigned_;
};

// The note with further signature lines; those already there are not doubled.
Result<std::string> add_signatures(std::string_view note,
                                   const std::vector<NoteSignature>& signatures);

// The newest checkpoint with its witnesses' lines lies beside the newest one, which is a few
// hundred milliseconds ahead.
inline constexpr std::string_view kWitnessedCheckpoint = "checkpoint.witnessed";
Result<void> publish_witnessed(Files& files, const std::string& public_folder,
                               std::string_view note, const std::vector<NoteSignature>& signatures);

}  // namespace sallyport::ledger
