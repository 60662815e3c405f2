#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "config/problem.h"

// The parsed file as a plain tree. Readers of the configuration use Section; the tree itself is for
// documents that may come as TOML or as JSON (policies).
namespace sallyport::config {

enum class Kind : std::uint8_t {
  string,
  integer,
  real,
  boolean,
  time,
  time_without_zone,
  array,
  table
};

struct Member;

struct Node {
  Kind kind = Kind::table;
  int line = 0;
  int column = 0;
  std::string text;
  std::int64_t integer = 0;
  double real = 0;
  bool boolean = false;
  WallTime time;
  std::vector<Node> items;      // of an array
  std::vector<Member> members;  // of a table, in the file's order

  Member* find(std::string_view key);
  // Marks all below as read.
  void ignore();
};

struct Member {
  std::string key;
  int line = 0;
  int column = 0;
  Node value;
  bool read = false;
};

// Appends the one syntax error where there is one; TOML has no way to go on after it.
Node parse_toml(std::string_view text, std::vector<Problem>& problems);

// The word for a kind in messages: "a string", "an integer", …
std::string_view name_of(Kind kind);

}  // namespace sallyport::config
