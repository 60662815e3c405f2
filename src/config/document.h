#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "config/problem.h"

// One configuration file. Readers ask Sections for keys; what is wrong is collected, so that one
// run shows everything. Source of the syntax: TOML 1.0. Thread: one thread per Document.
namespace sallyport::config {

struct State;
struct Node;

// Looks a variable up; absent and empty are different.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;
Environment process_environment();

// A table of the file. Cheap to copy; valid as long as its Document. Every accessor marks its key
// as known and as read; on a wrong type or range it notes a problem and returns the fallback, so
// that reading goes on.
class Section {
 public:
  bool has(std::string_view key) const;

  std::string string(std::string_view key, std::string fallback = {});
  std::string required_string(std::string_view key);
  // A string, or {env = "NAME"}: the variable's value; {env = "NAME", default = "…"} where it may
  // be unset.
  std::string string_or_env(std::string_view key, std::string fallback = {});
  std::int64_t integer(std::string_view key, std::int64_t fallback, std::int64_t min,
                       std::int64_t max);
  bool boolean(std::string_view key, bool fallback);
  Duration duration(std::string_view key, Duration fallback, Duration min, Duration max);
  std::uint64_t size_bytes(std::string_view key, std::uint64_t fallback, std::uint64_t min,
                           std::uint64_t max);
  // Nano-dollars from an integer (dollars) or a decimal string.
  std::int64_t money_nano_usd(std::string_view key, std::int64_t fallback);
  // A date (midnight UTC) or a date-time with a zone.
  WallTime time(std::string_view key, WallTime fallback);
  std::vector<std::string> strings(std::string_view key, std::vector<std::string> fallback = {});
  // One of `choices`; the first is the fallback.
  std::string one_of(std::string_view key, std::initializer_list<std::string_view> choices);
  // {env = "NAME"} or {file = "path"}; a bare string is refused, so that no secret lands in a file
  // that is shared. Empty where the key is absent.
  std::string secret(std::string_view key);
  std::string required_secret(std::string_view key);

  // A sub-table; where it is absent an empty one, so that its keys are known and defaults come from
  // one place.
  Section table(std::string_view key);
  // [[key]]; empty where absent.
  std::vector<Section> tables(std::string_view key);
  // The tables of a table whose keys are names: [key.<name>].
  std::vector<std::pair<std::string, Section>> named_tables(std::string_view key);

  // True where the key is absent or the variable it names is set and not empty.
  bool enabled_by_env(std::string_view key);
  // Marks everything in this section as read: it is left out on purpose.
  void ignore();

  // Notes a problem at `key` (or at the section, where the key is absent or empty).
  void problem(std::string_view key, std::string what, std::string hint = {});
  // "upstream[].base_url" and so on, for messages.
  const std::string& path() const { return path_; }

 private:
  friend class Document;
  Section(State* state, Node* node, std::string path)
      : state_(state), node_(node), path_(std::move(path)) {}
  Node* take(std::string_view key);  // nullptr where absent
  std::string name(std::string_view key) const;
  void wrong_type(std::string_view key, const Node& node, std::string_view wanted,
                  std::string hint = {});
  void missing(std::string_view key);
  std::string read_secret_file(std::string_view key, const std::string& file);

  State* state_;
  Node* node_;  // nullptr: an absent table
  std::string path_;
};

class Document {
 public:
  // A file over this size is refused unread.
  static constexpr std::size_t kMaxBytes = 1u << 20;

  static Document parse(std::string_view text, std::string file_name,
                        Environment environment = process_environment());
  // The same from disk; a file that cannot be read is a problem like any other.
  static Document read_file(const std::string& path,
                            Environment environment = process_environment());
  Document(Document&&) noexcept;
  Document& operator=(Document&&) noexcept;
  ~Document();

  Section root();
  const std::string& file_name() const;
  // False where the syntax was wrong: then there is nothing to read.
  bool readable() const;
  // Notes every key that nobody read. Once, after the last reader.
  void note_unknown_keys();
  // All problems so far, in the file's order.
  std::vector<Problem> problems() const;
  // Equal for equal content below a top-level key, wherever in the file it stands. To see what a
  // reload changed.
  std::uint64_t digest(std::string_view top_level_key) const;
  // Every key that was ever asked for: "upstream[].base_url". What the reference must describe.
  const std::set<std::string>& known_keys() const;

 private:
  explicit Document(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace sallyport::config
