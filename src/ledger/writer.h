#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/files.h"
#include "base/result.h"
#include "ledger/entry.h"
#include "ledger/log.h"

// The log's front door: a bounded queue and one thread that commits what is queued, all at once.
namespace sallyport::ledger {

// What an entry's writer waits for.
enum class Wait : std::uint8_t {
  none,       // committed within the interval; lost with the machine until then
  durable,    // committed now; done once it survives a power cut
  published,  // committed now; done once the checkpoint in the folder covers it
};

struct WriterOptions {
  LogOptions log;
  Duration interval = std::chrono::milliseconds(100);
  std::size_t max_queue_entries = 1u << 16;
  std::size_t max_queue_bytes = 32u << 20;
  std::size_t max_batch_entries = 8192;
};

enum class WriterState : std::uint8_t {
  open,      // all is written
  degraded,  // the last commit failed; it is tried again each interval
  broken,    // only a restart helps
};

struct WriterStatus {
  WriterState state = WriterState::open;
  std::string error;       // of the last failure
  std::uint64_t size = 0;  // of the log
  std::size_t queued = 0;
  std::uint64_t refused = 0;  // entries that found the queue full, since start
};

// Thread safe. Callbacks run on the writer's thread: they must be quick and may append.
class Writer {
  struct Private {};

 public:
  // Called once: with the entry's index, or with why it did not get what it waited for. An entry
  // that failed may still turn up in the log (a record of an act that did not take place); one that
  // succeeded always does.
  using Done = std::function<void(Result<std::uint64_t>)>;

  // Opens the log; after an unclean stop the first entry is a gap.
  static Result<std::unique_ptr<Writer>> start(Files& files, WriterOptions options,
                                               const Clock& clock);
  Writer(Private, std::unique_ptr<Log> log, WriterOptions options, const Clock& clock);
  ~Writer();  // stop()

  // Never blocks on the disk. overloaded where the queue is full: then nothing was queued, `done`
  // is not called, and a gap entry will count it. invalid for an entry that its schema refuses.
  // unavailable once broken or stopped.
  Result<void> append(const Entry& entry, Wait wait = Wait::none, Done done = {});
  // Commits what is queued now and waits until it is published, or says why it is not.
  Result<void> flush();
  // As Log::rotate_key; waits.
  Result<void> rotate_key();
  WriterStatus status() const;
  // The newest checkpoint that is published.
  std::string checkpoint_note() const;
  std::vector<VerifierKey> verifiers() const;
  // Writes what is queued, closes the log in order and ends the thread. Idempotent.
  void stop();

 private:
  struct Item {
    std::string entry;
    Wait wait = Wait::none;
    Done done;
  };

  void run();
  std::vector<Item> take_batch(std::unique_lock<std::mutex>& lock);
  void commit(std::vector<Item> batch);
  void settle(std::vector<Item> batch, const Log::Outcome& outcome);
  Result<std::string> gap(std::string_view reason, std::uint64_t lost) const;
  void note_outcome(const Result<void>& outcome);

  std::unique_ptr<Log> log_;  // the writer's thread only, but for construction
  const WriterOptions options_;
  const Clock& clock_;

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Item> queue_;
  std::size_t queue_bytes_ = 0;
  bool urgent_ = false;
  bool stopping_ = false;
  std::uint64_t lost_ = 0;  // refused since the last gap entry
  Done rotation_;
  WriterStatus status_;
  std::string note_;
  std::vector<VerifierKey> verifiers_;
  std::thread thread_;
};

}  // namespace sallyport::ledger
