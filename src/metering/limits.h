#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "base/clock.h"
#include "base/limits.h"

// Limits per key and per organisation, shared by all shards. Minute limits are leaky buckets
// (GCRA): the whole allowance may be used at once and comes back evenly over a minute. Nothing here
// takes a lock once a key has been seen, and nothing blocks.
namespace sallyport::metering {

struct Moment {
  Instant now;    // for buckets
  WallTime wall;  // for calendar months and reset times
};

// Whose limits count. The views need to live for the call only. The limits come with every call, so
// that a reload of keys or config holds from the next request on.
struct LimitSubject {
  std::string_view organisation;
  std::string_view key_id;
  const UsageLimits* organisation_limits = nullptr;  // nullptr = none
  const UsageLimits* key_limits = nullptr;
};

// What an exchange is expected to use. Booked at admission and corrected at release. An amount left
// at 0 is charged only once known, so that many exchanges at once may overshoot by what each of
// them uses; with amounts given the overshoot is one request. A request that is larger than a whole
// limit is admitted when nothing else is booked.
struct Estimate {
  std::int64_t input_tokens = 0;
  std::int64_t output_tokens = 0;
  std::int64_t cost_nano_usd = 0;
};

// What it did use. Input that was read from a prompt cache does not count against
// input_tokens_per_minute.
struct Spent {
  std::int64_t input_tokens = 0;
  std::int64_t output_tokens = 0;
  std::int64_t cost_nano_usd = 0;
};

enum class LimitKind : std::uint8_t { requests, input_tokens, output_tokens, streams, money };
enum class LimitScope : std::uint8_t { key, organisation };

std::string_view to_string(LimitKind kind);
std::string_view to_string(LimitScope scope);

struct LimitDenial {
  LimitKind kind = LimitKind::requests;
  LimitScope scope = LimitScope::key;
  std::int64_t limit = 0;
  // At least 1. For streams there is no telling; then it is 1. For money: until the month ends.
  std::int64_t retry_after_seconds = 1;

  // "this key's limit of 50 requests per minute is reached; retry in 12 s".
  std::string message() const;
};

// One of the windows clients see in headers: the stricter of key and organisation.
struct LimitWindow {
  std::int64_t limit = 0;
  std::int64_t remaining = 0;
  WallTime reset;  // when all of it is back
};

struct LimitSnapshot {
  std::optional<LimitWindow> requests;
  std::optional<LimitWindow> input_tokens;
  std::optional<LimitWindow> output_tokens;
};

class Limiter;
struct LimitCounters;

// One exchange's place. Release it once with what was used; a lease that is dropped gives back all
// but the request itself. Movable, used by one thread; must not outlive its Limiter.
class Lease {
 public:
  Lease() = default;
  ~Lease();
  Lease(Lease&& other) noexcept;
  Lease& operator=(Lease&& other) noexcept;

  void release(const Spent& spent, const Moment& at);
  bool held() const { return limiter_ != nullptr; }

 private:
  friend class Limiter;
  Limiter* limiter_ = nullptr;
  LimitCounters* key_ = nullptr;
  LimitCounters* organisation_ = nullptr;
  UsageLimits key_limits_;  // as at admission, so that what was booked is what is given back
  UsageLimits organisation_limits_;
  Estimate estimate_;
};

class Limiter {
 public:
  Limiter();
  ~Limiter();
  Limiter(const Limiter&) = delete;
  Limiter& operator=(const Limiter&) = delete;

  // Call only for authenticated principals: each new key and organisation costs a counter that is
  // never freed.
  tl::expected<Lease, LimitDenial> admit(const LimitSubject& subject, const Estimate& estimate,
                                         const Moment& at);

  LimitSnapshot snapshot(const LimitSubject& subject, const Moment& at) const;

  // What was spent this month before this process started (usage_store.h reads it). Call before the
  // first admit().
  void add_spent(LimitScope scope, std::string_view id, std::int64_t nano_usd, WallTime month);
  // This month's money, for administration.
  std::int64_t spent_nano_usd(LimitScope scope, std::string_view id, WallTime at) const;

 private:
  friend class Lease;
  struct Table;
  std::unique_ptr<Table> table_;
};

}  // namespace sallyport::metering
