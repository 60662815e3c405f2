#include <algorithm>

#include "vault/vault.h"

// The closed set: every stored record is readable, destroyed or held, and nothing else.
namespace sallyport::vault {

Result<AuditReport::OfDay> Vault::audit_day(Day day, std::uint64_t samples) {
  AuditReport::OfDay result;
  result.day = day;
  const Result<DaySummary> summary = summarise(files_, options_.folders.lines(day));
  if (!summary) return Failure(summary.error());
  result.stored = summary->stored;
  result.damaged = summary->damaged;
  // A count made when the day ended must still be the count.
  const Result<std::string> bytes = files_.read(options_.folders.summary(day), 4096);
  if (bytes) {
    const Result<DaySummary> then = DaySummary::parse(*bytes);
    if (!then || then->stored != summary->stored || then->root != summary->root) ++result.damaged;
  }
  for (std::uint64_t i = 0; i < std::min(samples, result.stored); ++i) {
    const std::uint64_t number = samples >= result.stored ? i : random_.below(result.stored);
    ++result.sampled;
    const Result<std::string> line =
        files_.read_at(options_.folders.lines(day), number * Slot::kBytes, Slot::kBytes);
    const Result<Slot> slot = line ? Slot::parse(*line) : Failure(line.error());
    Result<Located> located = slot ? locate_in_day(slot->id) : Failure(slot.error());
    const Result<crypto::Aead> key =
        located ? crypto::Aead::from_key(std::move(located->key)) : Failure(located.error());
    if (!key || !open_record(located->record, *key)) ++result.unreadable;
  }
  return result;
}

Result<void> Vault::audit_leftovers(AuditReport& report) {
  for (const auto& [day, counts] : keyring_.shredded) {
    ++report.shredded_days;
    const Result<std::vector<std::string>> segments = files_.list(options_.folders.segments(day));
    if (!segments) return Failure(segments.error());
    const Result<std::optional<std::uint64_t>> lines = files_.size(options_.folders.lines(day));
    if (!lines) return Failure(lines.error());
    if (segments->empty() && !lines->has_value()) continue;
    report.leftovers.push_back(day);
    if (!lines->has_value()) continue;
    // Lines came back too (a backup that should have left keys out): no key that is left may open
    // any of them.
    std::vector<crypto::Aead> keys;
    for (const auto& [other, key] : keyring_.days) {
      Result<crypto::Aead> aead = day_aead(other);
      if (aead) keys.push_back(std::move(*aead));
    }
    for (const crypto::Aead& key : keys) {
      const Result<std::vector<TenantKey>> tenants =
          load_tenants(files_, options_.folders, day, key);
      if (tenants) report.resurrected += tenants->size();
    }
  }
  return {};
}

Result<AuditReport> Vault::audit(std::uint64_t samples_per_day) {
  const std::lock_guard lock(mutex_);
  AuditReport report;
  bool good = true;
  for (const auto& [day, key] : keyring_.days) {
    Result<AuditReport::OfDay> of_day = audit_day(day, samples_per_day);
    if (!of_day) return Failure(of_day.error());
    good = good && of_day->damaged == 0 && of_day->unreadable == 0;
    report.days.push_back(*of_day);
  }
  for (const auto& [name, held] : keyring_.cases) {
    const Result<std::vector<Slot>> slots = case_slots(name);
    if (!slots) return Failure(slots.error());
    for (const Slot& slot : *slots) {
      ++report.held;
      Result<Located> located = locate_in_case(name, slot.id);
      const Result<crypto::Aead> key =
          located ? crypto::Aead::from_key(std::move(located->key)) : Failure(located.error());
      if (!key || !open_record(located->record, *key)) ++report.held_unreadable;
    }
  }
  if (Result<void> r = audit_leftovers(report); !r) return Failure(r.error());
  report.ok = good && report.held_unreadable == 0 && report.resurrected == 0;
  return report;
}

}  // namespace sallyport::vault
