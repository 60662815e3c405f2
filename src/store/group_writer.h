#pragma once

#include <atomic>
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
#include "store/store.h"

namespace sallyport::store {

// One piece of work: statements, no BEGIN or COMMIT. It may run again after its transaction was
// rolled back or its commit was left in doubt, so it has no effect outside the database and its
// inserts say ON CONFLICT DO NOTHING. A failure that is the job's own (a broken constraint, a value
// the schema refuses, an error of its own making) rejects the job: counted and logged, and the jobs
// around it are stored.
using WriteJob = std::function<Result<>(Connection&)>;

struct GroupWriterOptions {
  std::string name = "store";  // in logs
  // While the database is healthy, a job is committed at most this long, plus the commits then
  // under way, after its push.
  Duration flush_interval = std::chrono::milliseconds(100);
  std::size_t batch_jobs = 512;     // a full batch does not wait
  std::size_t queue_jobs = 65'536;  // try_push() refuses above it
  // has_room() turns false here, which leaves the rest of the queue to work that has already begun.
  std::size_t high_water_jobs = 57'344;
  Duration min_backoff = std::chrono::milliseconds(50);
  Duration max_backoff = std::chrono::seconds(5);
  // How long the destructor goes on trying before it gives up what is queued, and logs how much.
  Duration stop_patience = std::chrono::seconds(10);
};

struct GroupWriterState {
  bool healthy = true;
  Trouble trouble = Trouble::none;  // while not healthy
  std::string reason;
  WallTime failing_since;
  std::size_t queue_depth = 0;  // pushed and not yet durable
  std::uint64_t committed_jobs = 0;
  std::uint64_t rejected_jobs = 0;  // failed by their own fault; nothing of them is stored
};

// Writes behind the hot path: many jobs in one transaction, on a thread and a connection of its
// own. While the disk is full, read-only or failing, or the server is away, jobs stay queued in
// order and are tried again; nothing accepted is lost but by the end of the process, and then at
// most what was pushed within the last flush interval.
class GroupWriter {
 public:
  // Connects before it returns, so that a bad path is told at start.
  static Result<std::unique_ptr<GroupWriter>> start(const Store& store,
                                                    GroupWriterOptions options = {});
  // For start() alone.
  struct Started {
    std::unique_ptr<Connection> connection;
  };
  GroupWriter(const Store& store, GroupWriterOptions options, Started started);
  // Commits what is queued, then stops.
  ~GroupWriter();
  GroupWriter(const GroupWriter&) = delete;
  GroupWriter& operator=(const GroupWriter&) = delete;

  // From any thread; does not block, and locks only to wake the writer, once a batch. False when
  // the queue is full, with `job` untouched.
  [[nodiscard]] bool try_push(WriteJob&& job);
  bool has_room() const {
    return depth_.load(std::memory_order_relaxed) < options_.high_water_jobs;
  }

  // Waits until everything pushed before the call is durable; Code::timeout, with the trouble,
  // where it is not by then.
  Result<> flush(Duration patience);

  GroupWriterState state() const;

 private:
  struct Node;

  void run();
  void wake(bool hurry);
  // False when it is time to end.
  bool wait_for_work();
  void take_pushed();
  Result<> write_batch();
  Result<> write_together(std::size_t jobs);
  Result<> write_first_alone();
  void finish(std::size_t jobs, const Error* rejection);
  void note_healthy();
  void note_failing(const Error& error);
  bool back_off();

  const Store& store_;  // outlives the writer
  const GroupWriterOptions options_;
  SystemClock clock_;
  std::atomic<Node*> pushed_{nullptr};  // newest first
  std::atomic<std::size_t> depth_{0};
  std::atomic<std::uint64_t> accepted_{0};

  mutable std::mutex mutex_;  // guards what follows
  std::condition_variable work_;
  std::condition_variable done_;
  bool woken_ = false;
  bool hurry_ = false;
  bool stopping_ = false;
  Instant give_up_at_;
  std::uint64_t finished_ = 0;  // committed or rejected
  GroupWriterState state_;

  // Of the writer's thread.
  std::unique_ptr<Connection> connection_;
  std::deque<WriteJob> queue_;
  std::size_t apart_ =
      0;  // jobs at the front that share a batch with a faulty one and are written one by one
  Trouble trouble_ = Trouble::none;
  Duration backoff_;
  std::thread thread_;
};

}  // namespace sallyport::store
