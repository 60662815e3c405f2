#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "metering/limits.h"

// Inside this room only: the numbers behind the limiter. Every function is callable from any thread
// and lock-free.
namespace sallyport::metering {

// A leaky bucket by the generic cell rate algorithm (ITU-T I.371): one number, the time at which
// the bucket will be empty. It holds a minute's allowance and empties evenly.
class Bucket {
 public:
  // Takes `units` out of `per_minute` if they fit. Else how long to wait. More than a whole
  // minute's allowance fits only into an empty bucket. With 0 units nothing is taken, but one more
  // must fit.
  std::optional<Duration> take(std::int64_t units, std::int64_t per_minute, Instant now);
  // Books what is known now, whether it fits or not.
  void charge(std::int64_t units, std::int64_t per_minute, Instant now);
  void give_back(std::int64_t units, std::int64_t per_minute);

  std::int64_t remaining(std::int64_t per_minute, Instant now) const;
  Duration until_empty(Instant now) const;

 private:
  std::atomic<std::int64_t> empty_at_ns_{0};
};

// Money of the calendar month (UTC).
class MonthMoney {
 public:
  // Books `nano_usd` against `limit` (none: always fits). With something booked already it must fit
  // wholly; alone it only needs something to be left.
  bool book(std::int64_t nano_usd, std::optional<std::int64_t> limit, WallTime wall);
  void unbook(std::int64_t nano_usd);
  void spend(std::int64_t nano_usd, WallTime wall);
  std::int64_t spent(WallTime wall) const;

 private:
  void roll(WallTime wall);

  std::atomic<std::int64_t> booked_{0};
  std::atomic<std::int64_t> spent_ever_{0};
  std::atomic<std::int64_t> spent_before_month_{0};
  std::atomic<std::int32_t> month_{0};
};

// Of one key or one organisation. A cache line pair of its own, so that busy keys do not slow each
// other down.
struct alignas(128) LimitCounters {
  LimitCounters(LimitScope s, std::string_view i) : scope(s), id(i) {}

  const LimitScope scope;
  const std::string id;
  LimitCounters* next = nullptr;  // in its chain; fixed once it is published

  Bucket requests;
  Bucket input_tokens;
  Bucket output_tokens;
  std::atomic<std::int64_t> streams{0};
  MonthMoney money;
};

// Finds counters by name. Entries are added and never removed before the end.
class CounterTable {
 public:
  CounterTable();
  ~CounterTable();
  CounterTable(const CounterTable&) = delete;
  CounterTable& operator=(const CounterTable&) = delete;

  LimitCounters& find_or_add(LimitScope scope, std::string_view id);
  const LimitCounters* find(LimitScope scope, std::string_view id) const;

 private:
  static constexpr std::size_t kChains = 8192;
  std::unique_ptr<std::array<std::atomic<LimitCounters*>, kChains>> chains_;
};

// Seconds until the calendar month of `wall` ends, at least 1.
std::int64_t seconds_to_next_month(WallTime wall);

}  // namespace sallyport::metering
