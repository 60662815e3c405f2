#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"

namespace sallyport::vault {

// A UTC day, counted from 1970-01-01.
struct Day {
  std::int32_t number = 0;
  auto operator<=>(const Day&) const = default;
};

inline constexpr std::int32_t kRetentionDays = 30;
// The years 1970 to 2260: what WallTime can hold. Days read from outside are checked.
inline constexpr std::int32_t kMaxDay = 106'000;
inline bool is_valid(Day day) { return day.number >= 0 && day.number <= kMaxDay; }

Day day_of(WallTime t);
WallTime start_of(Day day);
std::string to_string(Day day);  // "2026-11-21"
Result<Day> parse_day(std::string_view text);
// 00:00 of the day on which records of `day` must go: 30 whole days lie between.
inline Day shred_day(Day day) { return {day.number + kRetentionDays + 1}; }

}  // namespace sallyport::vault
