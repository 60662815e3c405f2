#include "store/group_writer.h"

#include <algorithm>

#include "base/log.h"

namespace sallyport::store {

struct GroupWriter::Node {
  WriteJob job;
  Node* next = nullptr;
};

namespace {

// Whose fault a failure is. What the schema or a value forbids will be forbidden again; everything
// else (even a missing table: somebody may have moved the file) is the database's state, and the
// job waits for it to mend.
bool is_fault_of_job(const Error& error, Trouble trouble) {
  return trouble == Trouble::none || trouble == Trouble::constraint || error.code == Code::invalid;
}

}  // namespace

Result<std::unique_ptr<GroupWriter>> GroupWriter::start(const Store& store,
                                                        GroupWriterOptions options) {
  auto connection = store.connect();
  if (!connection) return tl::unexpected(std::move(connection.error()));
  auto writer =
      std::make_unique<GroupWriter>(store, std::move(options), Started{*std::move(connection)});
  writer->thread_ = std::thread([self = writer.get()] { self->run(); });
  return writer;
}

GroupWriter::GroupWriter(const Store& store, GroupWriterOptions options, Started started)
    : store_(store),
      options_(std::move(options)),
      connection_(std::move(started.connection)),
      backoff_(options_.min_backoff) {}

GroupWriter::~GroupWriter() {
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
    give_up_at_ = clock_.now() + options_.stop_patience;
  }
  work_.notify_all();
  if (thread_.joinable()) thread_.join();
  take_pushed();
  if (!queue_.empty()) {
    log::error("store_gave_up", {{"writer", options_.name}, {"jobs_lost", queue_.size()}});
  }
}

bool GroupWriter::try_push(WriteJob&& job) {
  const std::size_t before = depth_.fetch_add(1, std::memory_order_relaxed);
  if (before >= options_.queue_jobs) {
    depth_.fetch_sub(1, std::memory_order_relaxed);
    return false;
  }
  // Counted before it is linked: flush() then never counts a later job in place of this one.
  accepted_.fetch_add(1, std::memory_order_relaxed);
  auto node = std::make_unique<Node>(Node{std::move(job), pushed_.load(std::memory_order_relaxed)});
  while (!pushed_.compare_exchange_weak(node->next, node.get(), std::memory_order_release,
                                        std::memory_order_relaxed)) {
  }
  [[maybe_unused]] Node* const linked = node.release();
  if (before == 0) wake(false);
  if (before + 1 == options_.batch_jobs) wake(true);
  return true;
}

void GroupWriter::wake(bool hurry) {
  {
    const std::scoped_lock lock(mutex_);
    woken_ = true;
    hurry_ = hurry_ || hurry;
  }
  work_.notify_one();
}

// The whole list at once, turned around: no node is ever popped while others look at it, so there
// is no ABA.
void GroupWriter::take_pushed() {
  std::unique_ptr<Node> list(pushed_.exchange(nullptr, std::memory_order_acquire));
  const auto end = static_cast<std::ptrdiff_t>(queue_.size());
  std::deque<WriteJob> newest_first;
  while (list) {
    newest_first.push_back(std::move(list->job));
    list.reset(list->next);
  }
  queue_.insert(queue_.begin() + end, std::make_move_iterator(newest_first.rbegin()),
                std::make_move_iterator(newest_first.rend()));
}

bool GroupWriter::wait_for_work() {
  std::unique_lock lock(mutex_);
  if (depth_.load(std::memory_order_relaxed) == 0) {
    work_.wait(lock, [this] { return woken_ || stopping_; });
  }
  if (depth_.load(std::memory_order_relaxed) < options_.batch_jobs) {
    work_.wait_for(lock, options_.flush_interval, [this] { return hurry_ || stopping_; });
  }
  woken_ = false;
  hurry_ = false;
  return !(stopping_ && depth_.load(std::memory_order_relaxed) == 0);
}

void GroupWriter::run() {
  while (wait_for_work()) {
    take_pushed();
    while (!queue_.empty()) {
      if (const auto written = write_batch(); !written) {
        note_failing(written.error());
        if (!back_off()) return;
      }
      // Below a full batch, what came meanwhile waits for company.
      take_pushed();
      if (queue_.size() < options_.batch_jobs && apart_ == 0 && trouble_ == Trouble::none) break;
    }
  }
}

Result<> GroupWriter::write_batch() {
  if (!connection_) {
    auto connection = store_.connect();
    if (!connection) {
      trouble_ = connection.error().code == Code::io ? Trouble::io : Trouble::unreachable;
      return tl::unexpected(std::move(connection.error()));
    }
    connection_ = *std::move(connection);
  }
  if (apart_ > 0) return write_first_alone();
  return write_together(std::min(queue_.size(), options_.batch_jobs));
}

Result<> GroupWriter::write_together(std::size_t jobs) {
  connection_->clear_trouble();
  const auto write = [&]() -> Result<> {
    auto transaction = Transaction::begin(*connection_);
    if (!transaction) return tl::unexpected(std::move(transaction.error()));
    for (std::size_t i = 0; i < jobs; ++i) {
      if (auto done = queue_[i](*connection_); !done) {
        trouble_ = connection_->trouble();  // before the rollback changes it
        return done;
      }
    }
    auto committed = transaction->commit();
    trouble_ = connection_->trouble();
    return committed;
  };
  auto written = write();
  if (written) {
    finish(jobs, nullptr);
    return {};
  }
  if (trouble_ == Trouble::none) trouble_ = connection_->trouble();
  if (!is_fault_of_job(written.error(), trouble_)) return written;
  // One of them is at fault; alone, each can show whether it is the one.
  apart_ = jobs;
  return {};
}

Result<> GroupWriter::write_first_alone() {
  connection_->clear_trouble();
  trouble_ = Trouble::none;
  const auto write = [&]() -> Result<> {
    auto transaction = Transaction::begin(*connection_);
    if (!transaction) return tl::unexpected(std::move(transaction.error()));
    if (auto done = queue_.front()(*connection_); !done) {
      trouble_ = connection_->trouble();
      return done;
    }
    return transaction->commit();
  };
  const auto written = write();
  if (!written) {
    if (trouble_ == Trouble::none) trouble_ = connection_->trouble();
    if (!is_fault_of_job(written.error(), trouble_)) return written;
  }
  --apart_;
  finish(1, written ? nullptr : &written.error());
  return {};
}

void GroupWriter::finish(std::size_t jobs, const Error* rejection) {
  trouble_ = Trouble::none;
  note_healthy();  // before anyone who waits for these jobs can look
  queue_.erase(queue_.begin(), queue_.begin() + static_cast<std::ptrdiff_t>(jobs));
  depth_.fetch_sub(jobs, std::memory_order_relaxed);
  {
    const std::scoped_lock lock(mutex_);
    finished_ += jobs;
    (rejection != nullptr ? state_.rejected_jobs : state_.committed_jobs) += jobs;
  }
  done_.notify_all();
  if (rejection != nullptr) {
    log::error("store_rejected", {{"writer", options_.name},
                                  {"code", to_string(rejection->code)},
                                  {"detail", rejection->detail}});
  }
}

void GroupWriter::note_healthy() {
  backoff_ = options_.min_backoff;
  bool recovered = false;
  {
    const std::scoped_lock lock(mutex_);
    recovered = !std::exchange(state_.healthy, true);
    state_.trouble = Trouble::none;
    state_.reason.clear();
  }
  if (recovered) log::info("store_recovered", {{"writer", options_.name}});
}

void GroupWriter::note_failing(const Error& error) {
  // A handle that saw the disk fail, the server leave or the file change is not trusted again.
  if (trouble_ != Trouble::busy) connection_.reset();
  bool began = false;
  {
    const std::scoped_lock lock(mutex_);
    began = std::exchange(state_.healthy, false);
    if (began) state_.failing_since = clock_.wall();
    state_.trouble = trouble_;
    state_.reason = error.detail;
  }
  if (began) {
    log::error(
        "store_failing",
        {{"writer", options_.name}, {"trouble", to_string(trouble_)}, {"detail", error.detail}});
  }
}

bool GroupWriter::back_off() {
  std::unique_lock lock(mutex_);
  work_.wait_for(lock, backoff_, [this] { return stopping_; });
  if (stopping_) {
    if (clock_.now() >= give_up_at_) return false;
    // stopping_ stays true, so the wait above no longer waits.
    done_.wait_for(lock, options_.min_backoff, [] { return false; });
  }
  backoff_ = std::min(backoff_ * 2, options_.max_backoff);
  return true;
}

Result<> GroupWriter::flush(Duration patience) {
  const std::uint64_t target = accepted_.load(std::memory_order_relaxed);
  wake(true);
  std::unique_lock lock(mutex_);
  if (done_.wait_for(lock, patience, [&] { return finished_ >= target; })) return {};
  return fail(
      Code::timeout,
      "not everything is stored yet" + (state_.healthy ? std::string() : ": " + state_.reason),
      Source::internal, true);
}

GroupWriterState GroupWriter::state() const {
  const std::scoped_lock lock(mutex_);
  GroupWriterState state = state_;
  state.queue_depth = depth_.load(std::memory_order_relaxed);
  return state;
}

}  // namespace sallyport::store
