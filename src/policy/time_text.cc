#include "policy/time_text.h"

#include <charconv>

namespace sallyport::policy {
namespace {

std::optional<int> digits(std::string_view text, std::size_t at, std::size_t count) {
  if (text.size() < at + count) return std::nullopt;
  int value = 0;
  for (const char c : text.substr(at, count)) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + (c - '0');
  }
  return value;
}

bool has(std::string_view text, std::size_t at, char wanted) {
  return at < text.size() && text[at] == wanted;
}

std::optional<std::int64_t> day_seconds(std::string_view text) {
  const auto year = digits(text, 0, 4);
  const auto month = digits(text, 5, 2);
  const auto day = digits(text, 8, 2);
  if (!year || !month || !day || !has(text, 4, '-') || !has(text, 7, '-')) return std::nullopt;
  if (*year < 1970 || *year > 2199) return std::nullopt;
  const std::chrono::year_month_day date(std::chrono::year(*year),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day)));
  if (!date.ok()) return std::nullopt;
  return std::int64_t{std::chrono::sys_days(date).time_since_epoch().count()} * 86'400;
}

// The offset in seconds of "Z", "+02:00" or "-04:00".
std::optional<std::int64_t> zone_seconds(std::string_view text) {
  if (text == "Z") return 0;
  if (text.size() != 6 || (text[0] != '+' && text[0] != '-') || text[3] != ':') return std::nullopt;
  const auto hours = digits(text, 1, 2);
  const auto minutes = digits(text, 4, 2);
  if (!hours || !minutes || *hours > 23 || *minutes > 59) return std::nullopt;
  const std::int64_t offset = *hours * 3600 + *minutes * 60;
  return text[0] == '+' ? offset : -offset;
}

}  // namespace

std::optional<WallTime> parse_time(std::string_view text) {
  const auto day = day_seconds(text);
  if (!day) return std::nullopt;
  if (text.size() == 10) return wall_from_unix_seconds(*day);
  const auto hour = digits(text, 11, 2);
  const auto minute = digits(text, 14, 2);
  const auto second = digits(text, 17, 2);
  if (!hour || !minute || !second || !has(text, 10, 'T') || !has(text, 13, ':') ||
      !has(text, 16, ':') || *hour > 23 || *minute > 59 || *second > 59)
    return std::nullopt;
  const auto zone = zone_seconds(text.substr(19));
  if (!zone) return std::nullopt;
  return wall_from_unix_seconds(*day + *hour * 3600 + *minute * 60 + *second - *zone);
}

}  // namespace sallyport::policy
