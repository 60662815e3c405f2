#include "policy/reader.h"

#include <algorithm>

#include "config/units.h"
#include "policy/time_text.h"

namespace sallyport::policy {
namespace {

constexpr std::size_t kProblemsShown = 8;

bool printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

std::string joined(std::initializer_list<std::string_view> choices) {
  std::string out;
  for (const std::string_view choice : choices) {
    if (!out.empty()) out += ", ";
    out += choice;
  }
  return out;
}

std::string indexed(const std::string& name, std::size_t index) {
  return name + "[" + std::to_string(index) + "]";
}

}  // namespace

Reader::Reader(json::Value object, std::string path, Problems& problems)
    : object_(object), path_(std::move(path)), problems_(&problems) {
  if (!object_.is_object()) {
    problems_->push_back((path_.empty() ? "the document" : path_) + " must be an object");
    object_ = {};
  }
}

std::string Reader::name(std::string_view key) const {
  if (key.empty()) return path_;
  return path_.empty() ? std::string(key) : path_ + "." + std::string(key);
}

void Reader::problem(std::string_view key, std::string_view what) {
  const std::string where = name(key);
  problems_->push_back((where.empty() ? "the document" : where) + ": " + std::string(what));
}

json::Value Reader::take(std::string_view key) {
  known_.emplace(key);
  return object_[key];
}

bool Reader::read_id(json::Value value, const std::string& where, std::size_t max_bytes,
                     std::string& out) {
  if (!value.is_string()) {
    problems_->push_back(where + ": must be a string");
    return false;
  }
  out = value.text();
  const bool is_id = max_bytes == kMaxIdBytes;
  if (out.empty() || out.size() > max_bytes || (is_id && !printable(out))) {
    problems_->push_back(where + ": must have 1 to " + std::to_string(max_bytes) +
                         (is_id ? " printable ASCII characters without white space" : " bytes"));
    out.clear();
    return false;
  }
  return true;
}

std::string Reader::id(std::string_view key, bool required) {
  const json::Value value = take(key);
  std::string out;
  if (!value) {
    if (required) problem(key, "is missing");
    return out;
  }
  read_id(value, name(key), kMaxIdBytes, out);
  return out;
}

std::string Reader::text(std::string_view key) {
  const json::Value value = take(key);
  std::string out;
  if (value) read_id(value, name(key), kMaxTextBytes, out);
  return out;
}

std::int64_t Reader::integer(std::string_view key, std::int64_t fallback, std::int64_t min,
                             std::int64_t max) {
  const json::Value value = take(key);
  if (!value) return fallback;
  const auto read = value.integer();
  if (read && *read >= min && *read <= max) return *read;
  problem(key, "must be an integer from " + std::to_string(min) + " to " + std::to_string(max));
  return fallback;
}

bool Reader::boolean(std::string_view key, bool fallback) {
  const json::Value value = take(key);
  if (!value) return fallback;
  const auto read = value.boolean();
  if (!read) problem(key, "must be true or false");
  return read.value_or(fallback);
}

std::optional<WallTime> Reader::time(std::string_view key, bool required) {
  const json::Value value = take(key);
  if (!value) {
    if (required) problem(key, "is missing");
    return std::nullopt;
  }
  const auto read = value.is_string() ? parse_time(value.text()) : std::nullopt;
  if (!read) problem(key, "must be a time such as \"2026-06-12T17:21:00-04:00\" or \"2026-06-12\"");
  return read;
}

Duration Reader::duration(std::string_view key) {
  const json::Value value = take(key);
  if (!value) return Duration(0);
  const auto read = value.is_string() ? config::parse_duration(value.text()) : std::nullopt;
  if (!read) problem(key, "must be a duration such as \"7d\" or \"12h\"");
  return read.value_or(Duration(0));
}

std::vector<std::string> Reader::ids(std::string_view key) {
  std::vector<std::string> out;
  const json::Value array = take(key);
  if (!array) return out;
  if (!array.is_array() || array.size() > kMaxItems) {
    problem(key, "must be an array of strings, at most " + std::to_string(kMaxItems));
    return out;
  }
  for (const json::Value item : array.items()) {
    std::string read;
    if (read_id(item, indexed(name(key), out.size()), kMaxIdBytes, read))
      out.push_back(std::move(read));
  }
  return out;
}

std::vector<std::string> Reader::texts(std::string_view key) {
  std::vector<std::string> out;
  const json::Value array = take(key);
  if (!array) return out;
  if (!array.is_array() || array.size() > kMaxItems) {
    problem(key, "must be an array of texts");
    return out;
  }
  for (const json::Value item : array.items()) {
    std::string read;
    if (read_id(item, indexed(name(key), out.size()), kMaxTextBytes, read))
      out.push_back(std::move(read));
  }
  return out;
}

std::vector<Country> Reader::countries(std::string_view key) {
  std::vector<Country> out;
  const json::Value array = take(key);
  if (!array) return out;
  if (!array.is_array() || array.size() > 676) {
    problem(key, "must be an array of country codes");
    return out;
  }
  std::size_t index = 0;
  for (const json::Value item : array.items()) {
    const Country country = read_country(item, indexed(name(key), index++), *problems_);
    if (country != kNoCountry) out.push_back(country);
  }
  return out;
}

std::size_t Reader::one_of(std::string_view key, std::initializer_list<std::string_view> choices,
                           bool required) {
  const json::Value value = take(key);
  if (!value) {
    if (required) problem(key, "is missing; one of " + joined(choices));
    return 0;
  }
  std::size_t index = 0;
  for (const std::string_view choice : choices) {
    if (value.equals(choice)) return index;
    ++index;
  }
  problem(key, "must be one of " + joined(choices));
  return 0;
}

std::set<std::size_t> Reader::some_of(std::string_view key,
                                      std::initializer_list<std::string_view> choices) {
  std::set<std::size_t> out;
  for (const std::string& word : ids(key)) {
    const auto found = std::find(choices.begin(), choices.end(), std::string_view(word));
    if (found == choices.end())
      problem(key, "may hold only " + joined(choices));
    else
      out.insert(static_cast<std::size_t>(found - choices.begin()));
  }
  return out;
}

std::vector<Reader> Reader::objects(std::string_view key) {
  std::vector<Reader> out;
  const json::Value array = take(key);
  if (!array) return out;
  if (!array.is_array() || array.size() > kMaxItems) {
    problem(key, "must be an array of objects, at most " + std::to_string(kMaxItems));
    return out;
  }
  out.reserve(array.size());
  for (const json::Value item : array.items())
    out.emplace_back(item, indexed(name(key), out.size()), *problems_);
  return out;
}

std::optional<Reader> Reader::object(std::string_view key) {
  const json::Value value = take(key);
  if (!value) return std::nullopt;
  return Reader(value, name(key), *problems_);
}

void Reader::finish() {
  for (const json::Member member : object_.members()) {
    const std::string key = member.key.text();
    // Only a well-formed name is repeated: anything else might be content.
    if (!known_.contains(key))
      problem("", key.size() <= 64 && printable(key) ? "has the unknown key '" + key + "'"
                                                     : "has an unknown key");
  }
}

Country read_country(json::Value value, const std::string& where, Problems& problems) {
  const auto country = value.is_string() ? parse_country(value.text()) : std::nullopt;
  if (!country)
    problems.push_back(where + ": must be a country code of two capital letters, such as \"US\"");
  return country.value_or(kNoCountry);
}

Failure fail_with(const Problems& problems) {
  std::string detail;
  for (std::size_t i = 0; i < problems.size() && i < kProblemsShown; ++i) {
    if (i > 0) detail += "; ";
    detail += problems[i];
  }
  if (problems.size() > kProblemsShown)
    detail += "; and " + std::to_string(problems.size() - kProblemsShown) + " more";
  return fail(Code::config, std::move(detail));
}

}  // namespace sallyport::policy
