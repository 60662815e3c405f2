#include "config/units.h"

#include <array>
#include <charconv>

namespace sallyport::config {
namespace {

// Takes the digits at the front of `text`.
std::optional<std::uint64_t> take_number(std::string_view& text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end == text.data()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return number;
}

struct TimeUnit {
  std::string_view name;
  Duration length;
};
constexpr std::array<TimeUnit, 5> kTimeUnits = {{{"d", std::chrono::hours(24)},
                                                 {"h", std::chrono::hours(1)},
                                                 {"m", std::chrono::minutes(1)},
                                                 {"s", std::chrono::seconds(1)},
                                                 {"ms", std::chrono::milliseconds(1)}}};

struct SizeUnit {
  std::string_view name;
  std::uint64_t bytes;
};
constexpr std::array<SizeUnit, 7> kSizeUnits = {{{"B", 1},
                                                 {"KiB", 1024},
                                                 {"MiB", 1024 * 1024},
                                                 {"GiB", 1024 * 1024 * 1024},
                                                 {"kB", 1000},
                                                 {"MB", 1'000'000},
                                                 {"GB", 1'000'000'000}}};

constexpr int kMoneyDecimals = 9;

}  // namespace

std::optional<Duration> parse_duration(std::string_view text) {
  if (text.empty()) return std::nullopt;
  Duration total{0};
  std::size_t next_unit = 0;
  while (!text.empty()) {
    const auto number = take_number(text);
    if (!number) return std::nullopt;
    const std::string_view name = text.substr(0, text.find_first_of("0123456789"));
    text.remove_prefix(name.size());
    while (next_unit < kTimeUnits.size() && kTimeUnits[next_unit].name != name) ++next_unit;
    if (next_unit == kTimeUnits.size()) return std::nullopt;
    const Duration unit = kTimeUnits[next_unit++].length;
    const auto room = static_cast<std::uint64_t>((Duration::max() - total) / unit);
    if (*number > room) return std::nullopt;
    total += unit * static_cast<std::int64_t>(*number);
  }
  return total;
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
  const auto number = take_number(text);
  if (!number) return std::nullopt;
  for (const SizeUnit& unit : kSizeUnits) {
    if (unit.name != text) continue;
    if (*number > UINT64_MAX / unit.bytes) return std::nullopt;
    return *number * unit.bytes;
  }
  return std::nullopt;
}

std::optional<std::int64_t> parse_money(std::string_view text) {
  if (text.starts_with('$')) text.remove_prefix(1);
  const auto whole = take_number(text);
  if (!whole || *whole > 9'000'000'000u) return std::nullopt;
  std::int64_t nano = static_cast<std::int64_t>(*whole) * 1'000'000'000;
  if (text.empty()) return nano;
  if (text.front() != '.') return std::nullopt;
  text.remove_prefix(1);
  if (text.empty() || text.size() > kMoneyDecimals) return std::nullopt;
  std::int64_t place = 100'000'000;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    nano += place * (c - '0');
    place /= 10;
  }
  return nano;
}

}  // namespace sallyport::config
