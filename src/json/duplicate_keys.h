#pragma once

#include <cstdint>

#include "json/document.h"

namespace sallyport::json {

// Finds a key that an object says twice, after unescaping. Expected linear time whatever the keys
// are: large objects go through a hash set whose hash is keyed with a secret of this process.
class KeyCheck {
 public:
  explicit KeyCheck(Document& document) : document_(document) {}

  // The object at `node` is complete. The node of the second of two equal keys, or 0 where all
  // differ.
  std::uint32_t find_duplicate(std::uint32_t node);

 private:
  std::uint32_t compare_pairs(std::uint32_t node) const;
  std::uint32_t compare_by_hash(std::uint32_t node);
  std::string_view inner(std::uint32_t key) const;
  bool equal_keys(std::uint32_t a, std::uint32_t b) const;

  Document& document_;
};

}  // namespace sallyport::json
