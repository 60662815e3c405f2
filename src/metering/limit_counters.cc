#include "metering/limit_counters.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <limits>

namespace sallyport::metering {
namespace {

constexpr std::int64_t kMinuteNs = 60'000'000'000;
// Far above every real debt and far below overflow: 36 years.
constexpr std::int64_t kMaxCostNs = std::int64_t{1} << 60;

// How long a bucket of `per_minute` takes to leak `units`.
std::int64_t cost_ns(std::int64_t units, std::int64_t per_minute) {
  if (units <= 0) return 0;
  if (per_minute <= 0) return kMaxCostNs;
  __extension__ using Wide = __int128;
  const Wide cost = (Wide{units} * kMinuteNs + per_minute - 1) / per_minute;
  return cost > kMaxCostNs ? kMaxCostNs : static_cast<std::int64_t>(cost);
}

std::int64_t add(std::int64_t a, std::int64_t b) {
  std::int64_t sum = 0;
  return __builtin_add_overflow(a, b, &sum) ? std::numeric_limits<std::int64_t>::max() : sum;
}

std::chrono::year_month month_of(WallTime wall) {
  const std::chrono::sys_days day(std::chrono::floor<std::chrono::days>(wall.since_epoch));
  const std::chrono::year_month_day date(day);
  return date.year() / date.month();
}

std::int32_t month_number(WallTime wall) {
  const auto month = month_of(wall);
  return static_cast<int>(month.year()) * 12 + static_cast<int>(unsigned{month.month()});
}

std::size_t hash_of(LimitScope scope, std::string_view id) {
  return std::hash<std::string_view>()(id) + static_cast<std::size_t>(scope);
}

LimitCounters* search(LimitCounters* from, LimitScope scope, std::string_view id) {
  while (from != nullptr && (from->scope != scope || from->id != id)) from = from->next;
  return from;
}

}  // namespace

std::optional<Duration> Bucket::take(std::int64_t units, std::int64_t per_minute, Instant now) {
  const std::int64_t at = now.since_start.count();
  const std::int64_t cost = cost_ns(units, per_minute);
  const std::int64_t needed =
      std::min(cost_ns(std::max<std::int64_t>(units, 1), per_minute), kMinuteNs);
  if (per_minute <= 0) return std::chrono::minutes(1);
  std::int64_t seen = empty_at_ns_.load(std::memory_order_relaxed);
  for (;;) {
    const std::int64_t level_until = std::max(seen, at);
    const std::int64_t wait = level_until - at + needed - kMinuteNs;
    if (wait > 0) return Duration(wait);
    if (cost == 0) return std::nullopt;
    if (empty_at_ns_.compare_exchange_weak(seen, add(level_until, cost),
                                           std::memory_order_relaxed)) {
      return std::nullopt;
    }
  }
}

void Bucket::charge(std::int64_t units, std::int64_t per_minute, Instant now) {
  const std::int64_t cost = cost_ns(units, per_minute);
  if (cost == 0) return;
  std::int64_t seen = empty_at_ns_.load(std::memory_order_relaxed);
  while (!empty_at_ns_.compare_exchange_weak(
      seen, add(std::max(seen, std::int64_t{now.since_start.count()}), cost),
      std::memory_order_relaxed)) {
  }
}

void Bucket::give_back(std::int64_t units, std::int64_t per_minute) {
  const std::int64_t cost = cost_ns(units, per_minute);
  if (cost > 0) empty_at_ns_.fetch_sub(cost, std::memory_order_relaxed);
}

Duration Bucket::until_empty(Instant now) const {
  const std::int64_t left = empty_at_ns_.load(std::memory_order_relaxed) - now.since_start.count();
  return Duration(std::max<std::int64_t>(left, 0));
}

std::int64_t Bucket::remaining(std::int64_t per_minute, Instant now) const {
  const std::int64_t free = kMinuteNs - until_empty(now).count();
  if (free <= 0 || per_minute <= 0) return 0;
  __extension__ using Wide = __int128;
  return static_cast<std::int64_t>(Wide{free} * per_minute / kMinuteNs);
}

// One thread wins the turn of the month; until its second store, others see the old month's sum and
// may refuse for some nanoseconds, never grant.
void MonthMoney::roll(WallTime wall) {
  const std::int32_t now = month_number(wall);
  std::int32_t seen = month_.load(std::memory_order_acquire);
  if (seen < now && month_.compare_exchange_strong(seen, now, std::memory_order_acq_rel)) {
    spent_before_month_.store(spent_ever_.load(std::memory_order_relaxed),
                              std::memory_order_release);
  }
}

bool MonthMoney::book(std::int64_t nano_usd, std::optional<std::int64_t> limit, WallTime wall) {
  roll(wall);
  const std::int64_t before = booked_.fetch_add(nano_usd, std::memory_order_relaxed);
  if (!limit) return true;
  const std::int64_t gone = spent(wall);
  const bool fits = before > 0 ? add(add(gone, before), nano_usd) <= *limit : gone < *limit;
  if (fits) return true;
  unbook(nano_usd);
  return false;
}

void MonthMoney::unbook(std::int64_t nano_usd) {
  booked_.fetch_sub(nano_usd, std::memory_order_relaxed);
}

void MonthMoney::spend(std::int64_t nano_usd, WallTime wall) {
  roll(wall);
  if (nano_usd > 0) spent_ever_.fetch_add(nano_usd, std::memory_order_relaxed);
}

std::int64_t MonthMoney::spent(WallTime wall) const {
  if (month_.load(std::memory_order_acquire) < month_number(wall)) return 0;
  return spent_ever_.load(std::memory_order_relaxed) -
         spent_before_month_.load(std::memory_order_acquire);
}

CounterTable::CounterTable()
    : chains_(std::make_unique<std::array<std::atomic<LimitCounters*>, kChains>>()) {}

CounterTable::~CounterTable() {
  for (auto& chain : *chains_) {
    std::unique_ptr<LimitCounters> entry(chain.load());
    while (entry) entry.reset(entry->next);
  }
}

LimitCounters& CounterTable::find_or_add(LimitScope scope, std::string_view id) {
  auto& chain = (*chains_)[hash_of(scope, id) % kChains];
  LimitCounters* head = chain.load(std::memory_order_acquire);
  if (LimitCounters* const found = search(head, scope, id)) return *found;
  auto fresh = std::make_unique<LimitCounters>(scope, id);
  for (;;) {
    fresh->next = head;
    if (chain.compare_exchange_weak(head, fresh.get(), std::memory_order_acq_rel,
                                    std::memory_order_acquire)) {
      return *fresh.release();
    }
    // Another thread was faster, perhaps with the same name.
    if (LimitCounters* const found = search(head, scope, id)) return *found;
  }
}

const LimitCounters* CounterTable::find(LimitScope scope, std::string_view id) const {
  const auto& chain = (*chains_)[hash_of(scope, id) % kChains];
  return search(chain.load(std::memory_order_acquire), scope, id);
}

std::int64_t seconds_to_next_month(WallTime wall) {
  const auto next = month_of(wall) + std::chrono::months(1);
  const std::chrono::sys_days first(next / std::chrono::day(1));
  const auto left = std::chrono::ceil<std::chrono::seconds>(
      std::chrono::duration_cast<Duration>(first.time_since_epoch()) - wall.since_epoch);
  return std::max<std::int64_t>(left.count(), 1);
}

}  // namespace sallyport::metering
