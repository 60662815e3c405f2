#include <algorithm>

#include "base/log.h"
#include "vault/vault.h"

// The end of a day: counting, destroying, proving.
namespace sallyport::vault {
namespace {

constexpr std::size_t kMaxSummaryBytes = 4096;

}  // namespace

// A day that is over is counted once, so that destroying it takes no time that grows with it.
Result<void> Vault::finish_days(WallTime now) {
  for (const auto& [day, key] : keyring_.days) {
    if (day >= day_of(now)) continue;
    const std::string path = options_.folders.summary(day);
    const Result<std::optional<std::uint64_t>> there = files_.size(path);
    if (!there) return Failure(there.error());
    if (there->has_value()) continue;
    Result<DaySummary> summary;
    if (open_ && open_->day() == day) {
      summary = open_->summary_now();
      open_.reset();
    } else {
      summary = summarise(files_, options_.folders.lines(day));
    }
    if (!summary) return Failure(summary.error());
    if (Result<void> r = replace_file(files_, path, summary->bytes()); !r) return r;
  }
  return {};
}

Result<DaySummary> Vault::summary_of(Day day) {
  const Result<std::string> bytes = files_.read(options_.folders.summary(day), kMaxSummaryBytes);
  if (bytes) {
    Result<DaySummary> summary = DaySummary::parse(*bytes);
    if (summary) return summary;
  }
  return summarise(files_, options_.folders.lines(day));
}

Result<void> Vault::shred_locked(Day day, WallTime now) {
  const auto found = keyring_.days.find(day);
  if (found == keyring_.days.end())
    return fail(Code::not_found, "the key of that day is gone already");
  if (open_ && open_->day() <= day) open_.reset();
  const Result<DaySummary> summary = summary_of(day);
  if (!summary) return Failure(summary.error());
  Certificate certificate;
  certificate.id = to_string(day);
  certificate.cause = "expired";
  certificate.day = to_string(day);
  const Result<std::uint64_t> held = held_of(day, &certificate.cases);
  if (!held) return fail_within("a case cannot be read, so nothing is destroyed", held.error());
  certificate.stored = summary->stored;
  certificate.root = summary->root;
  certificate.damaged = summary->damaged;
  certificate.held = *held;
  certificate.shredded = summary->stored - std::min(summary->stored, *held);
  certificate.keys = {found->second.id};
  certificate.custody = to_string(root_.custody());
  certificate.replicas = options_.replicas;

  DayKey gone = std::move(found->second);
  keyring_.days.erase(found);
  keyring_.shredded[day] = {certificate.stored, certificate.held};
  keyring_.pending.push_back(certificate);
  if (Result<void> r = keyring_.save_with_new_keys(now); !r) {
    // Not known to be destroyed, so not said to be: it is tried again.
    keyring_.pending.pop_back();
    keyring_.shredded.erase(day);
    keyring_.days[day] = std::move(gone);
    return r;
  }
  return remove_day_files(day);
}

Result<void> Vault::shred(Day day) {
  const std::lock_guard lock(mutex_);
  const WallTime now = time_.now();
  if (now < start_of(shred_day(day)))
    return fail(Code::invalid, "that day is not over its 30 days");
  if (!time_.settled())
    return fail(Code::unavailable, "the clock is not to be trusted yet", Source::internal, true);
  if (Result<void> r = shred_locked(day, now); !r) return r;
  return settle_pending();
}

Result<void> Vault::remove_day_files(Day day) {
  const Folders& folders = options_.folders;
  bool keys = false;
  for (const std::string& path : {folders.tenants(day), folders.lines(day), folders.summary(day)}) {
    const Result<std::optional<std::uint64_t>> there = files_.size(path);
    if (!there) return Failure(there.error());
    if (!there->has_value()) continue;
    if (Result<void> r = files_.remove(path); !r) return r;
    keys = true;
  }
  if (keys) {
    if (Result<void> r = files_.sync_folder(folders.keys + "/days"); !r) return r;
  }
  const Result<std::vector<std::string>> segments = files_.list(folders.segments(day));
  if (!segments) return Failure(segments.error());
  if (segments->empty()) return {};
  if (Result<void> r = files_.remove_folder(folders.segments(day)); !r) return r;
  return files_.sync_folder(parent_folder(folders.segments(day)));
}

Result<void> Vault::settle_pending() {
  while (!keyring_.pending.empty()) {
    if (Result<void> r = evidence_.deletion(keyring_.pending.front()); !r) {
      return fail_within("recording a deletion certificate", r.error());
    }
    const Certificate recorded = keyring_.pending.front();
    keyring_.pending.erase(keyring_.pending.begin());
    if (Result<void> r = keyring_.save(time_.now()); !r) {
      keyring_.pending.insert(keyring_.pending.begin(), recorded);
      return r;
    }
  }
  return {};
}

Result<void> Vault::maintain() {
  const std::lock_guard lock(mutex_);
  const WallTime now = time_.now();
  if (Result<void> r = settle_pending(); !r) return r;
  if (Result<void> r = finish_days(now); !r) return r;
  if (!time_.settled()) return {};
  while (!keyring_.days.empty() && start_of(shred_day(keyring_.days.begin()->first)) <= now) {
    const Day day = keyring_.days.begin()->first;
    if (Result<void> r = shred_locked(day, now); !r)
      return fail_within("destroying " + to_string(day), r.error());
    log::info("vault_day_destroyed", {{"day", to_string(day)}});
    if (Result<void> r = settle_pending(); !r) return r;
  }
  return {};
}

Result<void> Vault::remove_leftovers() {
  const std::lock_guard lock(mutex_);
  for (const auto& [day, counts] : keyring_.shredded) {
    if (Result<void> r = remove_day_files(day); !r) return r;
  }
  return {};
}

}  // namespace sallyport::vault
