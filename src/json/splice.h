#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "json/document.h"

// Edits of a JSON text that leave every other byte as it was received.
namespace sallyport::json {

// Collects edits against one source and applies them in one pass. Edits may come in any order. Of
// two edits of the same place the later one holds; an edit within a part that another edit removes
// or replaces is lost with it.
//
// Containers must belong to a Document of that source. Text handed in is JSON already; keys are
// plain text. A spliced object never has a key twice, as long as its source had not.
class Splice {
 public:
  explicit Splice(std::string_view source) : source_(source) {}

  // Puts `json` in the place of one value.
  void replace(Span span, std::string_view json);
  // Removes the member `key` with its comma; nothing where there is none.
  void remove_member(Value object, std::string_view key);
  // Removes items by index, with their commas; indices that do not exist are ignored.
  void remove_items(Value array, const std::vector<std::size_t>& indices);
  // Adds after the last item or before the first. Of several prepended items the latest stands
  // first.
  void append_item(Value array, std::string_view json);
  void prepend_item(Value array, std::string_view json);
  // Replaces the member's value, or adds the member at the end. Both names do the same.
  void append_member(Value object, std::string_view key, std::string_view json);
  void set_member(Value object, std::string_view key, std::string_view json);

  bool empty() const { return edits_.empty() && containers_.empty(); }
  std::string apply() const;

 private:
  struct Edit {
    Span span;
    std::string text;
  };
  struct Added {
    std::string key;  // of a member; empty for an item
    std::string text;
  };
  // What happens to the elements of one container: settled together in apply(), so that commas come
  // out right.
  struct Container {
    Value value;
    std::vector<std::size_t> removed;
    std::vector<Added> prepended;
    std::vector<Added> appended;
  };

  Container& container(Value value);
  static void resolve(const Container& container, std::vector<Edit>& edits);

  std::string_view source_;
  std::vector<Edit> edits_;
  std::map<std::size_t, Container> containers_;  // by first byte
};

}  // namespace sallyport::json
