#include "metering/limits.h"

#include <algorithm>
#include <utility>

#include "metering/limit_counters.h"

namespace sallyport::metering {
namespace {

const UsageLimits kNoLimits;

const UsageLimits& or_none(const UsageLimits* limits) {
  return limits != nullptr ? *limits : kNoLimits;
}

std::int64_t whole_seconds(Duration wait) {
  return std::max<std::int64_t>(std::chrono::ceil<std::chrono::seconds>(wait).count(), 1);
}

// Undoes the bookings it was told of, unless they all went through.
class Bookings {
 public:
  Bookings(LimitCounters& counters, const UsageLimits& limits, const Estimate& estimate)
      : counters_(counters), limits_(limits), estimate_(estimate) {}

  std::optional<LimitDenial> book(const Moment& at) {
    auto denial = try_book(at);
    if (denial) undo(true);
    return denial;
  }

  // Everything but the request itself, or with it.
  void undo(bool request_too) {
    if (request_too && done_ > 0) give_back(counters_.requests, 1, limits_.requests_per_minute);
    if (done_ > 1)
      give_back(counters_.input_tokens, estimate_.input_tokens, limits_.input_tokens_per_minute);
    if (done_ > 2) {
      give_back(counters_.output_tokens, estimate_.output_tokens, limits_.output_tokens_per_minute);
    }
    if (done_ > 3) counters_.streams.fetch_sub(1, std::memory_order_relaxed);
    if (done_ > 4) counters_.money.unbook(estimate_.cost_nano_usd);
    done_ = 0;
  }

  void assume_all_done() { done_ = 5; }

 private:
  std::optional<LimitDenial> try_book(const Moment& at) {
    if (auto no = take(counters_.requests, 1, limits_.requests_per_minute, LimitKind::requests, at))
      return no;
    ++done_;
    if (auto no = take(counters_.input_tokens, estimate_.input_tokens,
                       limits_.input_tokens_per_minute, LimitKind::input_tokens, at)) {
      return no;
    }
    ++done_;
    if (auto no = take(counters_.output_tokens, estimate_.output_tokens,
                       limits_.output_tokens_per_minute, LimitKind::output_tokens, at)) {
      return no;
    }
    ++done_;
    const std::int64_t running = counters_.streams.fetch_add(1, std::memory_order_relaxed);
    ++done_;
    if (limits_.concurrent_streams && running >= *limits_.concurrent_streams) {
      return denial(LimitKind::streams, *limits_.concurrent_streams, 1);
    }
    if (!counters_.money.book(estimate_.cost_nano_usd, limits_.nano_usd_per_month, at.wall)) {
      return denial(LimitKind::money, *limits_.nano_usd_per_month, seconds_to_next_month(at.wall));
    }
    ++done_;
    return std::nullopt;
  }

  std::optional<LimitDenial> take(Bucket& bucket, std::int64_t units,
                                  const std::optional<std::int64_t>& limit, LimitKind kind,
                                  const Moment& at) {
    if (!limit) return std::nullopt;
    const auto wait = bucket.take(units, *limit, at.now);
    if (!wait) return std::nullopt;
    return denial(kind, *limit, whole_seconds(*wait));
  }

  static void give_back(Bucket& bucket, std::int64_t units,
                        const std::optional<std::int64_t>& limit) {
    if (limit) bucket.give_back(units, *limit);
  }

  LimitDenial denial(LimitKind kind, std::int64_t limit, std::int64_t retry_after_seconds) const {
    return {kind, counters_.scope, limit, retry_after_seconds};
  }

  LimitCounters& counters_;
  const UsageLimits& limits_;
  const Estimate& estimate_;
  int done_ = 0;
};

Estimate without_negatives(const Estimate& estimate) {
  const auto positive = [](std::int64_t value) { return std::max<std::int64_t>(value, 0); };
  return {positive(estimate.input_tokens), positive(estimate.output_tokens),
          positive(estimate.cost_nano_usd)};
}

void correct(Bucket& bucket, const std::optional<std::int64_t>& limit, std::int64_t booked,
             std::int64_t used, Instant now) {
  if (!limit) return;
  if (used > booked) bucket.charge(used - booked, *limit, now);
  if (used < booked) bucket.give_back(booked - std::max<std::int64_t>(used, 0), *limit);
}

void settle(LimitCounters& counters, const UsageLimits& limits, const Estimate& booked,
            const Spent& spent, const Moment& at) {
  correct(counters.input_tokens, limits.input_tokens_per_minute, booked.input_tokens,
          spent.input_tokens, at.now);
  correct(counters.output_tokens, limits.output_tokens_per_minute, booked.output_tokens,
          spent.output_tokens, at.now);
  counters.streams.fetch_sub(1, std::memory_order_relaxed);
  // Spent before it is unbooked: in between, the sum is too high rather than too low.
  counters.money.spend(spent.cost_nano_usd, at.wall);
  counters.money.unbook(booked.cost_nano_usd);
}

std::string dollars(std::int64_t nano_usd) {
  const std::int64_t cents = nano_usd / 10'000'000;
  const std::string tail = std::to_string(cents % 100);
  return "$" + std::to_string(cents / 100) + (tail.size() == 1 ? ".0" : ".") + tail;
}

std::string limit_text(LimitKind kind, std::int64_t limit) {
  const std::string number = std::to_string(limit);
  switch (kind) {
    case LimitKind::requests:
      return number + " requests per minute";
    case LimitKind::input_tokens:
      return number + " input tokens per minute";
    case LimitKind::output_tokens:
      return number + " output tokens per minute";
    case LimitKind::streams:
      return number + " requests at a time";
    case LimitKind::money:
      return dollars(limit) + " per month";
  }
  return number;
}

void keep_stricter(std::optional<LimitWindow>& kept, const LimitCounters* counters,
                   Bucket LimitCounters::*bucket, const std::optional<std::int64_t>& limit,
                   const Moment& at) {
  if (!limit) return;
  LimitWindow window{*limit, std::max<std::int64_t>(*limit, 0), at.wall};
  if (counters != nullptr) {
    window.remaining = (counters->*bucket).remaining(*limit, at.now);
    window.reset = at.wall + (counters->*bucket).until_empty(at.now);
  }
  if (!kept || window.remaining < kept->remaining) kept = window;
}

void add_windows(LimitSnapshot& snapshot, const LimitCounters* counters, const UsageLimits& limits,
                 const Moment& at) {
  keep_stricter(snapshot.requests, counters, &LimitCounters::requests, limits.requests_per_minute,
                at);
  keep_stricter(snapshot.input_tokens, counters, &LimitCounters::input_tokens,
                limits.input_tokens_per_minute, at);
  keep_stricter(snapshot.output_tokens, counters, &LimitCounters::output_tokens,
                limits.output_tokens_per_minute, at);
}

}  // namespace

std::string_view to_string(LimitKind kind) {
  switch (kind) {
    case LimitKind::requests:
      return "requests";
    case LimitKind::input_tokens:
      return "input_tokens";
    case LimitKind::output_tokens:
      return "output_tokens";
    case LimitKind::streams:
      return "streams";
    case LimitKind::money:
      return "money";
  }
  return "unknown";
}

std::string_view to_string(LimitScope scope) {
  return scope == LimitScope::key ? "key" : "organisation";
}

std::string LimitDenial::message() const {
  return "this " + std::string(to_string(scope)) + "'s limit of " + limit_text(kind, limit) +
         " is reached; retry in " + std::to_string(retry_after_seconds) + " s";
}

Lease::~Lease() {
  if (limiter_ == nullptr) return;
  for (const auto& [counters, limits] :
       {std::pair(key_, &key_limits_), std::pair(organisation_, &organisation_limits_)}) {
    Bookings bookings(*counters, *limits, estimate_);
    bookings.assume_all_done();
    bookings.undo(false);
  }
}

Lease::Lease(Lease&& other) noexcept
    : limiter_(std::exchange(other.limiter_, nullptr)),
      key_(other.key_),
      organisation_(other.organisation_),
      key_limits_(other.key_limits_),
      organisation_limits_(other.organisation_limits_),
      estimate_(other.estimate_) {}

Lease& Lease::operator=(Lease&& other) noexcept {
  if (this != &other) {
    const Lease dropped(std::move(*this));
    limiter_ = std::exchange(other.limiter_, nullptr);
    key_ = other.key_;
    organisation_ = other.organisation_;
    key_limits_ = other.key_limits_;
    organisation_limits_ = other.organisation_limits_;
    estimate_ = other.estimate_;
  }
  return *this;
}

void Lease::release(const Spent& spent, const Moment& at) {
  if (std::exchange(limiter_, nullptr) == nullptr) return;
  settle(*key_, key_limits_, estimate_, spent, at);
  settle(*organisation_, organisation_limits_, estimate_, spent, at);
}

struct Limiter::Table {
  CounterTable counters;
};

Limiter::Limiter() : table_(std::make_unique<Table>()) {}
Limiter::~Limiter() = default;

tl::expected<Lease, LimitDenial> Limiter::admit(const LimitSubject& subject,
                                                const Estimate& estimate, const Moment& at) {
  Lease lease;
  lease.key_ = &table_->counters.find_or_add(LimitScope::key, subject.key_id);
  lease.organisation_ =
      &table_->counters.find_or_add(LimitScope::organisation, subject.organisation);
  lease.key_limits_ = or_none(subject.key_limits);
  lease.organisation_limits_ = or_none(subject.organisation_limits);
  lease.estimate_ = without_negatives(estimate);
  Bookings key(*lease.key_, lease.key_limits_, lease.estimate_);
  if (auto denial = key.book(at)) return tl::unexpected(*denial);
  Bookings organisation(*lease.organisation_, lease.organisation_limits_, lease.estimate_);
  if (auto denial = organisation.book(at)) {
    key.undo(true);
    return tl::unexpected(*denial);
  }
  lease.limiter_ = this;
  return lease;
}

LimitSnapshot Limiter::snapshot(const LimitSubject& subject, const Moment& at) const {
  LimitSnapshot snapshot;
  add_windows(snapshot, table_->counters.find(LimitScope::key, subject.key_id),
              or_none(subject.key_limits), at);
  add_windows(snapshot, table_->counters.find(LimitScope::organisation, subject.organisation),
              or_none(subject.organisation_limits), at);
  return snapshot;
}

void Limiter::add_spent(LimitScope scope, std::string_view id, std::int64_t nano_usd,
                        WallTime month) {
  table_->counters.find_or_add(scope, id).money.spend(nano_usd, month);
}

std::int64_t Limiter::spent_nano_usd(LimitScope scope, std::string_view id, WallTime at) const {
  const LimitCounters* const counters = table_->counters.find(scope, id);
  return counters != nullptr ? counters->money.spent(at) : 0;
}

}  // namespace sallyport::metering
