#include "json/differential.h"
#include "json/splice.h"

using namespace sallyport::json;

namespace {

void require(bool holds) {
  if (!holds) __builtin_trap();
}

// Edits every container of an accepted text; the result must be accepted as well.
void edit(std::string_view text, const Document& document) {
  Splice splice(text);
  const auto visit = [&splice](const auto& self, Value value) -> void {
    std::size_t index = 0;
    for (const Value item : value.items()) {
      if (index % 3 == 1) splice.remove_items(value, {index});
      ++index;
      self(self, item);
    }
    for (const Member member : value.members()) {
      if (index++ % 3 == 0) splice.remove_member(value, member.key.text());
      self(self, member.value);
    }
    splice.prepend_item(value, "[]");
    splice.append_item(value, "1");
    splice.set_member(value, "added \"key\"", "{}");
  };
  visit(visit, document.root());
  const std::string out = splice.apply();
  require(Document::parse(out, {.max_depth = 66}).has_value());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  require(disagreement(text).empty());
  const sallyport::Result<Document> document = Document::parse(text);
  if (document) edit(text, *document);
  std::string written;
  append_string(written, text);
  require(Document::parse(written).has_value());
  return 0;
}
