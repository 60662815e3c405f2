#pragma once

#include <set>
#include <string>
#include <vector>

#include "config/document.h"
#include "config/node.h"

namespace sallyport::config {

// What a Document owns and its Sections point to. Private to this room.
struct State {
  std::string file_name;
  Environment environment;
  Node root;
  bool readable = false;
  std::vector<Problem> problems;
  std::set<std::string> known_keys;
};

// The candidate nearest to `word`, or empty where none is near enough to be a slip of the finger.
std::string nearest(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace sallyport::config
