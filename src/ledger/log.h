#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/files.h"
#include "base/random.h"
#include "base/result.h"
#include "ledger/checkpoint.h"
#include "ledger/journal.h"
#include "ledger/key_ring.h"
#include "ledger/tile_writer.h"

// The log on disk, one batch at a time. One thread; writer.h puts a queue before it.
//
// In `folder`: public/ (checkpoint and tiles, to be served as they are), journal-<size>, lock. The
// order of a commit: journal with the new, signed checkpoint, synced (durable) -> entry bundles and
// tiles -> checkpoint (published). After a crash at any point, open() replays the journal and
// writes the same files again.
namespace sallyport::ledger {

struct LogOptions {
  std::string folder;
  std::string key_path;  // outside of `folder`
  std::uint64_t roll_bytes =
      8u << 20;  // of journal, after which tiles are synced and it begins anew
};

class Log {
  struct Private {};

 public:
  Log(Private, Files& files, LogOptions options, KeyRing keys)
      : files_(files), options_(std::move(options)), keys_(std::move(keys)) {}

  struct Outcome {
    Result<void> durable;
    Result<void> published;   // fails also where durable failed
    std::uint64_t first = 0;  // index of the batch's first entry
  };

  // corrupt where what was acknowledged is not there or not as it was signed: such a log must not
  // go on, for it would contradict itself. conflict where it is in use.
  static Result<std::unique_ptr<Log>> open(Files& files, LogOptions options);

  // Entries are encoded (entry.h) and within the format's limit. `on_durable` runs before tiles are
  // written.
  Outcome commit(std::span<const std::string> entries,
                 const std::function<void()>& on_durable = {});
  // Writes tiles and checkpoint that could not be written before; nothing where there are none.
  Result<void> publish();
  // Makes a new key and writes the entry that says so, signed by both; from then on the new key
  // signs.
  Result<void> rotate_key(Random& random, WallTime at);
  // Syncs all and marks the log as closed in order.
  Result<void> close();

  const Checkpoint& head() const { return head_; }
  const std::string& head_note() const { return head_note_; }
  std::string public_folder() const { return options_.folder + "/public"; }
  const KeyRing& keys() const { return keys_; }
  // The log was not closed in order the last time: what was queued then may be missing.
  bool was_unclean() const { return was_unclean_; }
  // No commit can succeed until a restart.
  bool broken() const { return journal_ && journal_->broken(); }

 private:
  Result<void> recover();
  Result<void> begin_fresh();
  Result<void> replay(const std::string& path);
  Result<void> check_published() const;
  Result<void> settle_rotation();
  Result<void> roll();
  Result<void> sync_tiles();
  bool is_needed(const std::string& path) const;
  void stage();
  std::string sign(const Checkpoint& checkpoint, bool with_next) const;
  std::string journal_path(std::uint64_t size) const;
  Outcome commit_signed(std::span<const std::string> entries,
                        const std::function<void()>& on_durable, bool with_next);

  Files& files_;
  LogOptions options_;
  KeyRing keys_;
  std::unique_ptr<FolderLock> lock_;
  std::optional<Journal> journal_;
  std::uint64_t journal_start_ = 0;
  TileWriter tree_;
  Checkpoint head_;
  std::string head_note_;
  bool was_unclean_ = false;

  std::vector<TileWriter::File> pending_;  // to be written, in order
  std::vector<std::string> obsolete_;      // folders to be removed when the journal begins anew
  bool checkpoint_pending_ = false;
  std::set<std::string> unsynced_;   // files written since the journal began
  std::uint64_t written_bytes_ = 0;  // of those
};

}  // namespace sallyport::ledger
