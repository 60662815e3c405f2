#pragma once

#include <chrono>
#include <string>

// The only place that reads the machine's clocks. Everything else is handed a Clock, so tests and
// the simulator own time.
namespace sallyport {

using Duration = std::chrono::nanoseconds;

// Monotonic time: for timeouts and latencies. Never compare across processes.
struct Instant {
  Duration since_start{0};
  auto operator<=>(const Instant&) const = default;
};
inline Instant operator+(Instant a, Duration d) { return {a.since_start + d}; }
inline Duration operator-(Instant a, Instant b) { return a.since_start - b.since_start; }

// UTC wall time: for records, dated tables and expiry.
struct WallTime {
  Duration since_epoch{0};
  auto operator<=>(const WallTime&) const = default;
};
inline WallTime operator+(WallTime a, Duration d) { return {a.since_epoch + d}; }
inline WallTime operator-(WallTime a, Duration d) { return {a.since_epoch - d}; }
inline Duration operator-(WallTime a, WallTime b) { return a.since_epoch - b.since_epoch; }

std::int64_t unix_seconds(WallTime t);
std::int64_t unix_millis(WallTime t);
WallTime wall_from_unix_seconds(std::int64_t seconds);
WallTime wall_from_unix_millis(std::int64_t millis);
// "2026-11-21T01:30:00Z"; seconds precision.
std::string rfc3339(WallTime t);
// "2026-11-21", the UTC day.
std::string utc_day(WallTime t);

class Clock {
 public:
  virtual ~Clock() = default;
  virtual Instant now() const = 0;
  virtual WallTime wall() const = 0;
};

class SystemClock final : public Clock {
 public:
  Instant now() const override;
  WallTime wall() const override;
};

// For tests and simulation. Not thread safe.
class ManualClock final : public Clock {
 public:
  Instant now() const override { return now_; }
  WallTime wall() const override { return wall_; }
  void advance(Duration d) {
    now_ = now_ + d;
    wall_ = wall_ + d;
  }
  void set_wall(WallTime t) { wall_ = t; }

 private:
  Instant now_;
  WallTime wall_ = {std::chrono::seconds(1'780'000'000)};
};

}  // namespace sallyport
