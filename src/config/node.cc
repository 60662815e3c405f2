#include "config/node.h"

// Header-only and here alone, so that one file pays for it and no exception type crosses a border.
#define TOML_HEADER_ONLY 1
#define TOML_EXCEPTIONS 0
#define TOML_ENABLE_UNRELEASED_FEATURES 0
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wshadow"
#include <toml++/impl/preprocessor.h>
// 3.3.0 assumes in a release build that no header is malformed ("[=") and that no character lies
// between its ranges of white space (U+0499). Without these assumptions it reaches its own errors.
#undef TOML_ASSERT_ASSUME
#define TOML_ASSERT_ASSUME(expr) static_assert(true)
#include <toml++/impl/forward_declarations.h>
#undef TOML_UNREACHABLE
#define TOML_UNREACHABLE return false
#include <toml++/impl/unicode.h>
#undef TOML_UNREACHABLE
#define TOML_UNREACHABLE __builtin_unreachable()
#include <toml++/toml.h>
#pragma GCC diagnostic pop

#include "config/precheck.h"

namespace sallyport::config {
namespace {

Duration since_epoch(const toml::date& date) {
  const std::chrono::year_month_day day{std::chrono::year(date.year),
                                        std::chrono::month(date.month), std::chrono::day(date.day)};
  return std::chrono::sys_days(day).time_since_epoch();
}

Duration since_midnight(const toml::time& time) {
  return std::chrono::hours(time.hour) + std::chrono::minutes(time.minute) +
         std::chrono::seconds(time.second) + std::chrono::nanoseconds(time.nanosecond);
}

// Beyond these years nanoseconds do not fit.
bool countable(const toml::date& date) { return date.year >= 1970 && date.year <= 2200; }

Node convert(const toml::node& from);

void convert_time(const toml::node& from, Node& to) {
  to.kind = Kind::time_without_zone;
  if (const auto* date = from.as_date()) {
    if (!countable(date->get())) return;
    to.kind = Kind::time;
    to.time = {since_epoch(date->get())};
  } else if (const auto* moment = from.as_date_time()) {
    const toml::date_time& value = moment->get();
    if (!value.offset || !countable(value.date)) return;
    to.kind = Kind::time;
    to.time = {since_epoch(value.date) + since_midnight(value.time) -
               std::chrono::minutes(value.offset->minutes)};
  }
}

void convert_table(const toml::table& from, Node& to) {
  for (const auto& [key, value] : from) {
    Member member;
    member.key = std::string(key.str());
    member.line = static_cast<int>(key.source().begin.line);
    member.column = static_cast<int>(key.source().begin.column);
    member.value = convert(value);
    to.members.push_back(std::move(member));
  }
}

// Recursion is bounded by refuse_unparsed.
Node convert(const toml::node& from) {
  Node to;
  to.line = static_cast<int>(from.source().begin.line);
  to.column = static_cast<int>(from.source().begin.column);
  if (const auto* table = from.as_table()) {
    convert_table(*table, to);
  } else if (const auto* array = from.as_array()) {
    to.kind = Kind::array;
    for (const toml::node& item : *array) to.items.push_back(convert(item));
  } else if (const auto* text = from.as_string()) {
    to.kind = Kind::string;
    to.text = text->get();
  } else if (const auto* integer = from.as_integer()) {
    to.kind = Kind::integer;
    to.integer = integer->get();
  } else if (const auto* real = from.as_floating_point()) {
    to.kind = Kind::real;
    to.real = real->get();
  } else if (const auto* boolean = from.as_boolean()) {
    to.kind = Kind::boolean;
    to.boolean = boolean->get();
  } else {
    convert_time(from, to);
  }
  return to;
}

}  // namespace

Member* Node::find(std::string_view key) {
  for (Member& member : members) {
    if (member.key == key) return &member;
  }
  return nullptr;
}

void Node::ignore() {
  for (Member& member : members) {
    member.read = true;
    member.value.ignore();
  }
  for (Node& item : items) item.ignore();
}

Node parse_toml(std::string_view text, std::vector<Problem>& problems) {
  if (auto refused = refuse_unparsed(text)) {
    problems.push_back(std::move(*refused));
    return {};
  }
  toml::parse_result result = toml::parse(text);
  if (!result) {
    const toml::parse_error& error = result.error();
    problems.push_back({static_cast<int>(error.source().begin.line),
                        static_cast<int>(error.source().begin.column),
                        "not valid TOML: " + std::string(error.description()),
                        "correct this line first; what follows it was not read"});
    return {};
  }
  return convert(result.table());
}

std::string_view name_of(Kind kind) {
  switch (kind) {
    case Kind::string:
      return "a string";
    case Kind::integer:
      return "an integer";
    case Kind::real:
      return "a number with a fraction";
    case Kind::boolean:
      return "true or false";
    case Kind::time:
      return "a date";
    case Kind::time_without_zone:
      return "a time without zone";
    case Kind::array:
      return "a list";
    case Kind::table:
      return "a table";
  }
  return "something else";
}

}  // namespace sallyport::config
