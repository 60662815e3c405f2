#include "base/clock.h"

#include <ctime>

namespace sallyport {
namespace {

std::tm utc_fields(WallTime t) {
  const std::time_t seconds = static_cast<std::time_t>(unix_seconds(t));
  std::tm fields{};
  gmtime_r(&seconds, &fields);
  return fields;
}

std::string formatted(WallTime t, const char* pattern) {
  const std::tm fields = utc_fields(t);
  char text[64];
  const std::size_t size = std::strftime(text, sizeof text, pattern, &fields);
  return std::string(text, size);
}

}  // namespace

std::int64_t unix_seconds(WallTime t) {
  return std::chrono::floor<std::chrono::seconds>(t.since_epoch).count();
}

std::int64_t unix_millis(WallTime t) {
  return std::chrono::floor<std::chrono::milliseconds>(t.since_epoch).count();
}

WallTime wall_from_unix_seconds(std::int64_t seconds) { return {std::chrono::seconds(seconds)}; }

WallTime wall_from_unix_millis(std::int64_t millis) { return {std::chrono::milliseconds(millis)}; }

std::string rfc3339(WallTime t) { return formatted(t, "%Y-%m-%dT%H:%M:%SZ"); }

std::string utc_day(WallTime t) { return formatted(t, "%Y-%m-%d"); }

Instant SystemClock::now() const { return {std::chrono::steady_clock::now().time_since_epoch()}; }

WallTime SystemClock::wall() const { return {std::chrono::system_clock::now().time_since_epoch()}; }

}  // namespace sallyport
