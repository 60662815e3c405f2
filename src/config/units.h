#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/clock.h"

// Texts with units. All are strict: nothing around the number, no overflow, no silent rounding.
namespace sallyport::config {

// "250ms", "5s", "1h30m", "30d": decimal integers with ms, s, m, h or d, each at most once, largest
// first.
std::optional<Duration> parse_duration(std::string_view text);
// "512B", "64KiB", "32MiB", "1GiB", "10kB", "10MB".
std::optional<std::uint64_t> parse_size(std::string_view text);
// "10", "10.00", "$0.25": at most nine decimals, in whole nano-dollars.
std::optional<std::int64_t> parse_money(std::string_view text);

}  // namespace sallyport::config
