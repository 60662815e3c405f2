#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "json/document.h"

// Edits of a JSON text that leave every other byte as it was received.
namespace sallyport::json {

// Collects edits against one source and applies them in one pass. Edits may come in any order; overlapping edits are a
// programming error, except that several removals in one object or array combine (commas come out right).
class Splice {
 public:
  explicit Splice(std::string_view source) : source_(source) {}

  void replace(Span span, std::string_view json);
  // Removes the member `key` with its comma; nothing where there is none.
  void remove_member(Value object, std::string_view key);
  // Removes items by index, with their commas.
  void remove_items(Value array, const std::vector<std::size_t>& indices);
  // Adds after the last item or member, or before the first.
  void append_item(Value array, std::string_view json);
  void prepend_item(Value array, std::string_view json);
  void append_member(Value object, std::string_view key, std::string_view json);
  // Replaces the member's value, or adds the member.
  void set_member(Value object, std::string_view key, std::string_view json);

  bool empty() const { return edits_.empty(); }
  std::string apply() const;

 private:
  struct Edit {
    Span span;
    std::string text;
  };
  std::string_view source_;
  std::vector<Edit> edits_;
};

}  // namespace sallyport::json
