#pragma once

#include <initializer_list>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "json/document.h"
#include "policy/country.h"

// Strict reading of one JSON object: wrong types, missing and unknown keys are collected as
// problems that name their place ("directives[0].scope.models[2]: …"), so that one run shows all.
// Values that are wrong read as empty; whoever called must not use what was read when there are
// problems.
namespace sallyport::policy {

using Problems = std::vector<std::string>;

inline constexpr std::size_t kMaxIdBytes = 256;
inline constexpr std::size_t kMaxTextBytes = 4096;
inline constexpr std::size_t kMaxItems = 100'000;

class Reader {
 public:
  Reader(json::Value object, std::string path, Problems& problems);

  bool has(std::string_view key) const { return object_[key].exists(); }
  json::Value take(std::string_view key);  // absent where there is none; marks the key as known
  std::string id(std::string_view key, bool required = false);  // printable, no white space
  std::string text(std::string_view key);
  std::int64_t integer(std::string_view key, std::int64_t fallback, std::int64_t min,
                       std::int64_t max);
  bool boolean(std::string_view key, bool fallback);
  std::optional<WallTime> time(std::string_view key, bool required = false);
  Duration duration(std::string_view key);  // zero where absent
  std::vector<std::string> ids(std::string_view key);
  std::vector<std::string> texts(std::string_view key);
  std::vector<Country> countries(std::string_view key);
  // Index among `choices`; 0 where absent.
  std::size_t one_of(std::string_view key, std::initializer_list<std::string_view> choices,
                     bool required = false);
  // Indices among `choices`.
  std::set<std::size_t> some_of(std::string_view key,
                                std::initializer_list<std::string_view> choices);
  // The objects of an array; empty where absent.
  std::vector<Reader> objects(std::string_view key);
  // Absent where there is none; then nothing is read.
  std::optional<Reader> object(std::string_view key);

  void problem(std::string_view key, std::string_view what);
  // Notes unknown keys. Once, after the last read.
  void finish();
  const std::string& path() const { return path_; }
  Problems& problems() { return *problems_; }

 private:
  std::string name(std::string_view key) const;
  bool read_id(json::Value value, const std::string& where, std::size_t max_bytes,
               std::string& out);

  json::Value object_;
  std::string path_;
  Problems* problems_;
  std::set<std::string, std::less<>> known_;
};

// One country, or the problem noted at `where`.
Country read_country(json::Value value, const std::string& where, Problems& problems);
// The first problems as one error.
Failure fail_with(const Problems& problems);

}  // namespace sallyport::policy
