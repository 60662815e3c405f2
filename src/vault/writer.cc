#include "vault/writer.h"

#include <algorithm>

#include "base/log.h"

namespace sallyport::vault {

Writer::Writer(Vault& vault, WriterOptions options)
    : vault_(vault), options_(options), thread_([this] { run(); }) {}

Writer::~Writer() { stop(); }

Result<void> Writer::append(NewRecord record, Done done) {
  const std::lock_guard lock(mutex_);
  if (stopping_) return fail(Code::unavailable, "the vault is closed");
  if (queue_.size() >= options_.max_records ||
      queue_bytes_ + record.content.size() > options_.max_bytes) {
    ++status_.refused;
    if (status_.state == State::open) status_.state = State::full;
    return fail(Code::overloaded, "the vault's buffer is full", Source::internal, true);
  }
  queue_bytes_ += record.content.size();
  queue_.push_back({std::move(record), std::move(done)});
  wake_.notify_one();
  return {};
}

void Writer::run() {
  const SystemClock clock;
  Instant kept_up = clock.now();
  std::unique_lock lock(mutex_);
  for (;;) {
    wake_.wait_for(lock, options_.upkeep, [&] { return stopping_ || !queue_.empty(); });
    std::vector<Item> batch;
    std::size_t bytes = 0;
    while (!queue_.empty() && (batch.empty() || bytes + queue_.front().record.content.size() <=
                                                    options_.max_batch_bytes)) {
      bytes += queue_.front().record.content.size();
      batch.push_back(std::move(queue_.front()));
      queue_.pop_front();
    }
    queue_bytes_ -= bytes;
    if (stopping_ && batch.empty()) return;
    lock.unlock();
    if (!batch.empty()) store(std::move(batch));
    if (clock.now() - kept_up >= options_.upkeep) {
      keep_up();
      kept_up = clock.now();
    }
    lock.lock();
  }
}

void Writer::store(std::vector<Item> batch) {
  std::vector<const NewRecord*> records;
  records.reserve(batch.size());
  for (const Item& item : batch) records.push_back(&item.record);
  Result<std::vector<OpenDay::Appended>> appended = vault_.append(records);
  const auto its_fault = [](const Error& error) {
    return error.code == Code::invalid || error.code == Code::too_large;
  };
  if (!appended && its_fault(appended.error()) && batch.size() > 1) {
    // One record may be the reason (an impossible label, too large): it must not take the others
    // with it.
    for (Item& item : batch) {
      std::vector<Item> alone;
      alone.push_back(std::move(item));
      store(std::move(alone));
    }
    return;
  }
  {
    const std::lock_guard lock(mutex_);
    const State before = status_.state;
    if (appended) {
      status_.state = State::open;
      status_.stored += batch.size();
    } else {
      status_.refused += batch.size();
      status_.error = appended.error().detail;
      if (!its_fault(appended.error())) status_.state = State::failing;
    }
    if (before != status_.state && status_.state == State::failing) {
      log::error("vault_cannot_write", {{"error", status_.error}});
    }
  }
  for (std::size_t i = 0; i < batch.size(); ++i) {
    if (!batch[i].done) continue;
    batch[i].done(appended ? Result<OpenDay::Appended>((*appended)[i]) : Failure(appended.error()));
  }
}

void Writer::keep_up() {
  const Result<void> done = vault_.maintain();
  const std::lock_guard lock(mutex_);
  const bool news = done.has_value() != status_.upkeep_error.empty();
  status_.upkeep_error = done ? std::string() : done.error().detail;
  if (news && !done) log::error("vault_upkeep_failed", {{"error", status_.upkeep_error}});
}

Status Writer::status() const {
  const std::lock_guard lock(mutex_);
  Status status = status_;
  status.queued = queue_.size();
  return status;
}

void Writer::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    wake_.notify_one();
  }
  if (thread_.joinable()) thread_.join();
}

}  // namespace sallyport::vault
