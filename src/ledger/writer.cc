#include "ledger/writer.h"

#include <algorithm>
#include <future>

#include "base/log.h"

namespace sallyport::ledger {

Writer::Writer(Private, std::unique_ptr<Log> log, WriterOptions options, const Clock& clock)
    : log_(std::move(log)), options_(std::move(options)), clock_(clock) {
  status_.size = log_->head().size;
  note_ = log_->head_note();
  verifiers_ = log_->keys().verifiers();
}

Result<std::unique_ptr<Writer>> Writer::start(Files& files, WriterOptions options,
                                              const Clock& clock) {
  Result<std::unique_ptr<Log>> log = Log::open(files, options.log);
  if (!log) return Failure(log.error());
  const bool unclean = (*log)->was_unclean();
  auto writer = std::make_unique<Writer>(Private{}, std::move(*log), std::move(options), clock);
  if (unclean) {
    // What was queued when the process died is not known; the gap says so before anything else
    // does.
    const Result<std::string> entry = writer->gap("unclean_stop", 0);
    if (!entry) return Failure(entry.error());
    const Log::Outcome outcome = writer->log_->commit(std::vector{*entry});
    if (!outcome.published) return fail_within("starting the ledger", outcome.published.error());
    writer->status_.size = writer->log_->head().size;
    writer->note_ = writer->log_->head_note();
  }
  Writer* self = writer.get();
  writer->thread_ = std::thread([self] { self->run(); });
  return writer;
}

Writer::~Writer() { stop(); }

Result<std::string> Writer::gap(std::string_view reason, std::uint64_t lost) const {
  Entry entry(Kind::gap, clock_.wall());
  entry.set("reason", reason).set("after", static_cast<std::int64_t>(log_->head().size));
  if (lost != 0) entry.set("lost", static_cast<std::int64_t>(lost));
  return entry.encode();
}

Result<void> Writer::append(const Entry& entry, Wait wait, Done done) {
  Result<std::string> bytes = entry.encode();
  if (!bytes) return Failure(bytes.error());
  const std::lock_guard lock(mutex_);
  if (stopping_) return fail(Code::unavailable, "the ledger is closed");
  if (status_.state == WriterState::broken)
    return fail(Code::unavailable, "the ledger failed: " + status_.error);
  if (queue_.size() >= options_.max_queue_entries ||
      queue_bytes_ + bytes->size() > options_.max_queue_bytes) {
    ++lost_;
    ++status_.refused;
    return fail(Code::overloaded, "the ledger's queue is full", Source::internal, true);
  }
  queue_bytes_ += bytes->size();
  queue_.push_back({std::move(*bytes), wait, std::move(done)});
  if (wait != Wait::none) urgent_ = true;
  // Without a waiter only the interval wakes the thread, unless a whole batch is there.
  if (urgent_ || queue_.size() >= options_.max_batch_entries) wake_.notify_one();
  return {};
}

std::vector<Writer::Item> Writer::take_batch(std::unique_lock<std::mutex>& lock) {
  std::vector<Item> batch;
  const std::uint64_t lost = std::exchange(lost_, 0);
  if (lost != 0) {
    lock.unlock();
    Result<std::string> entry = gap("queue_full", lost);
    lock.lock();
    if (entry) batch.push_back({std::move(*entry), Wait::none, {}});
  }
  while (!queue_.empty() && batch.size() < options_.max_batch_entries) {
    queue_bytes_ -= queue_.front().entry.size();
    batch.push_back(std::move(queue_.front()));
    queue_.pop_front();
  }
  if (queue_.empty()) urgent_ = false;
  return batch;
}

void Writer::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    const auto due = [&] {
      return stopping_ || urgent_ || rotation_ || queue_.size() >= options_.max_batch_entries;
    };
    wake_.wait_for(lock, options_.interval, due);
    if (Done rotation = std::exchange(rotation_, {})) {
      lock.unlock();
      SystemRandom random;
      const Result<void> rotated = log_->rotate_key(random, clock_.wall());
      note_outcome(rotated);
      rotation(rotated ? Result<std::uint64_t>(log_->head().size - 1) : Failure(rotated.error()));
      lock.lock();
    }
    const bool last = stopping_;
    std::vector<Item> batch = take_batch(lock);
    const bool retry = status_.state == WriterState::degraded;
    lock.unlock();
    if (!batch.empty()) {
      commit(std::move(batch));
    } else if (retry) {
      note_outcome(log_->publish());
    }
    lock.lock();
    if (last && (queue_.empty() || status_.state != WriterState::open)) break;
  }
  std::deque<Item> rest = std::exchange(queue_, {});
  lock.unlock();
  for (Item& item : rest) {
    if (item.done)
      item.done(fail(Code::unavailable, "the ledger closed before it could be written"));
  }
  // An unwritten rest must show as an unclean stop: then the next start records the gap.
  if (!rest.empty() || status().state == WriterState::broken) return;
  if (const Result<void> closed = log_->close(); !closed) {
    log::error("ledger_close_failed", {{"error", closed.error().detail}});
  }
}

void Writer::commit(std::vector<Item> batch) {
  std::vector<std::string> entries;
  entries.reserve(batch.size());
  for (const Item& item : batch) entries.push_back(item.entry);
  const std::uint64_t first = log_->head().size;
  const Log::Outcome outcome = log_->commit(entries, [&] {
    for (std::size_t i = 0; i < batch.size(); ++i) {
      if (batch[i].wait == Wait::durable && batch[i].done)
        std::exchange(batch[i].done, {})(first + i);
    }
  });
  note_outcome(outcome.published);
  settle(std::move(batch), outcome);
}

void Writer::settle(std::vector<Item> batch, const Log::Outcome& outcome) {
  std::deque<Item> again;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    Item& item = batch[i];
    if (!outcome.durable && item.wait == Wait::none && !log_->broken()) {
      again.push_back(std::move(item));  // nobody waits for it: it is tried again
    } else if (item.done) {
      const Result<void>& result =
          item.wait == Wait::published ? outcome.published : outcome.durable;
      item.done(result ? Result<std::uint64_t>(outcome.first + i) : Failure(result.error()));
    }
  }
  if (again.empty()) return;
  const std::lock_guard lock(mutex_);
  for (const Item& item : again) queue_bytes_ += item.entry.size();
  queue_.insert(queue_.begin(), std::make_move_iterator(again.begin()),
                std::make_move_iterator(again.end()));
}

void Writer::note_outcome(const Result<void>& outcome) {
  const std::lock_guard lock(mutex_);
  const WriterState before = status_.state;
  status_.size = log_->head().size;
  verifiers_ = log_->keys().verifiers();
  if (outcome) {
    status_.state = WriterState::open;
    note_ = log_->head_note();
  } else {
    status_.state = log_->broken() ? WriterState::broken : WriterState::degraded;
    status_.error = outcome.error().detail;
  }
  if (status_.state == before) return;
  if (outcome) {
    log::info("ledger_writes_again");
  } else {
    log::error("ledger_cannot_write",
               {{"error", status_.error}, {"needs_restart", log_->broken()}});
  }
}

Result<void> Writer::flush() {
  // An empty wait for the next commit: done is called after everything queued before it.
  const auto answer = std::make_shared<std::promise<Result<void>>>();
  std::future<Result<void>> future = answer->get_future();
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return fail(Code::unavailable, "the ledger is closed");
    if (queue_.empty() && status_.state == WriterState::open && lost_ == 0) return {};
    if (!queue_.empty()) {
      Item& last = queue_.back();
      last.wait = Wait::published;
      last.done = [answer, then = std::move(last.done)](Result<std::uint64_t> result) {
        if (then) then(result);
        answer->set_value(result ? Result<void>() : Failure(result.error()));
      };
      urgent_ = true;
      wake_.notify_one();
    } else {
      return fail(Code::unavailable, "the ledger cannot write: " + status_.error);
    }
  }
  return future.get();
}

Result<void> Writer::rotate_key() {
  const auto answer = std::make_shared<std::promise<Result<void>>>();
  std::future<Result<void>> future = answer->get_future();
  {
    const std::lock_guard lock(mutex_);
    if (stopping_ || rotation_)
      return fail(Code::conflict, "the ledger is closed, or a rotation is under way");
    rotation_ = [answer](Result<std::uint64_t> result) {
      answer->set_value(result ? Result<void>() : Failure(result.error()));
    };
    wake_.notify_one();
  }
  return future.get();
}

WriterStatus Writer::status() const {
  const std::lock_guard lock(mutex_);
  WriterStatus status = status_;
  status.queued = queue_.size();
  return status;
}

std::string Writer::checkpoint_note() const {
  const std::lock_guard lock(mutex_);
  return note_;
}

std::vector<VerifierKey> Writer::verifiers() const {
  const std::lock_guard lock(mutex_);
  return verifiers_;
}

void Writer::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    wake_.notify_one();
  }
  if (thread_.joinable()) thread_.join();
}

}  // namespace sallyport::ledger
