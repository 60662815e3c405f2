#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "base/clock.h"
#include "base/result.h"
#include "vault/vault.h"

// The vault's front door for exchanges: a bounded buffer and one thread that stores what is in it
// and, each minute, does the vault's upkeep. An exchange never waits for the disk; what a full or
// failing vault means for it (closed or open) is its profile's to say, from what append() and
// state() tell.
namespace sallyport::vault {

enum class State : std::uint8_t { open, full, failing };

struct WriterOptions {
  std::size_t max_records = 8192;
  std::size_t max_bytes = 256u << 20;
  std::size_t max_batch_bytes = 16u << 20;
  Duration upkeep = std::chrono::minutes(1);
};

struct Status {
  State state = State::open;
  std::string error;  // of the last failure
  std::size_t queued = 0;
  std::uint64_t stored = 0;   // since start
  std::uint64_t refused = 0;  // found the buffer full, or could not be stored
  std::string upkeep_error;   // of the last upkeep; empty where it went well
};

// Thread safe. Callbacks run on the writer's thread.
class Writer {
 public:
  // Once: where the record is and its commitment (for the ledger), or why it is not stored.
  using Done = std::function<void(Result<OpenDay::Appended>)>;

  Writer(Vault& vault, WriterOptions options);
  ~Writer();  // stop()

  // overloaded where the buffer is full, unavailable once stopped: then `done` is not called.
  Result<void> append(NewRecord record, Done done = {});
  Status status() const;
  // Stores what is buffered and ends the thread. Idempotent.
  void stop();

 private:
  struct Item {
    NewRecord record;
    Done done;
  };

  void run();
  void store(std::vector<Item> batch);
  void keep_up();

  Vault& vault_;
  const WriterOptions options_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Item> queue_;
  std::size_t queue_bytes_ = 0;
  bool stopping_ = false;
  Status status_;
  std::thread thread_;
};

}  // namespace sallyport::vault
