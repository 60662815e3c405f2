#include "vault/day.h"

#include <charconv>
#include <chrono>

namespace sallyport::vault {
namespace {

constexpr std::int64_t kDaySeconds = 86'400;

}  // namespace

Day day_of(WallTime t) {
  const std::int64_t seconds = unix_seconds(t);
  const std::int64_t days = seconds / kDaySeconds - (seconds % kDaySeconds < 0 ? 1 : 0);
  return {static_cast<std::int32_t>(days)};
}

WallTime start_of(Day day) { return wall_from_unix_seconds(day.number * kDaySeconds); }

std::string to_string(Day day) { return utc_day(start_of(day)); }

Result<Day> parse_day(std::string_view text) {
  const Failure wrong = fail(Code::malformed, "a day has the form 2026-11-21");
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return wrong;
  int parts[3] = {};
  const std::size_t begins[3] = {0, 5, 8};
  const std::size_t ends[3] = {4, 7, 10};
  for (int i = 0; i < 3; ++i) {
    for (std::size_t k = begins[i]; k < ends[i]; ++k) {
      if (text[k] < '0' || text[k] > '9') return wrong;
    }
    std::from_chars(text.data() + begins[i], text.data() + ends[i], parts[i]);
  }
  const std::chrono::year_month_day date{std::chrono::year(parts[0]),
                                         std::chrono::month(static_cast<unsigned>(parts[1])),
                                         std::chrono::day(static_cast<unsigned>(parts[2]))};
  if (!date.ok()) return wrong;
  const Day day{static_cast<std::int32_t>(std::chrono::sys_days(date).time_since_epoch().count())};
  if (!is_valid(day)) return wrong;
  return day;
}

}  // namespace sallyport::vault
