#pragma once

#include <simdjson.h>

#include <bit>
#include <cmath>
#include <string>
#include <string_view>

#include "json/document.h"
#include "json/writer.h"

// For tests and fuzzing: our parser beside simdjson's DOM parser.
namespace sallyport::json {

inline bool same_number(Value ours, simdjson::dom::element theirs) {
  if (theirs.is_int64()) {
    return ours.integer() == std::int64_t(theirs) || ours.number() == double(std::int64_t(theirs));
  }
  if (theirs.is_uint64()) return ours.number() == double(std::uint64_t(theirs));
  return ours.number() == double(theirs);
}

inline bool same_value(Value ours, simdjson::dom::element theirs) {
  switch (theirs.type()) {
    case simdjson::dom::element_type::NULL_VALUE:
      return ours.is_null();
    case simdjson::dom::element_type::BOOL:
      return ours.boolean() == bool(theirs);
    case simdjson::dom::element_type::STRING:
      return ours.is_string() && ours.text() == std::string_view(theirs) &&
             ours.equals(std::string_view(theirs));
    case simdjson::dom::element_type::ARRAY: {
      if (!ours.is_array() || ours.size() != simdjson::dom::array(theirs).size()) return false;
      Items::Iterator at = ours.items().begin();
      for (const simdjson::dom::element item : simdjson::dom::array(theirs)) {
        if (!same_value(*at, item)) return false;
        ++at;
      }
      return true;
    }
    case simdjson::dom::element_type::OBJECT: {
      if (!ours.is_object() || ours.size() != simdjson::dom::object(theirs).size()) return false;
      Members::Iterator at = ours.members().begin();
      for (const simdjson::dom::key_value_pair member : simdjson::dom::object(theirs)) {
        if (!(*at).key.equals(member.key) || !same_value((*at).value, member.value)) return false;
        if (ours[member.key].span() != (*at).value.span())
          return false;  // lookup finds the only one
        ++at;
      }
      return true;
    }
    default:
      return same_number(ours, theirs);
  }
}

// "" where the two agree as far as they must: what we accept simdjson accepts with equal values.
// One exception is meant: integers beyond 64 bits, which clients send and simdjson's DOM has no
// type for.
inline std::string disagreement(std::string_view text) {
  const Result<Document> ours = Document::parse(text);
  if (!ours) return "";
  simdjson::dom::parser parser;
  simdjson::dom::element theirs;
  const simdjson::padded_string padded(text);
  const simdjson::error_code error = parser.parse(padded).get(theirs);
  if (error == simdjson::NUMBER_ERROR) {
    for (std::size_t digits = 0; const char c : text) {
      digits = c >= '0' && c <= '9' ? digits + 1 : 0;
      if (digits >= 19) return "";
    }
  }
  if (error != simdjson::SUCCESS)
    return std::string("refused by simdjson: ") + simdjson::error_message(error);
  return same_value(ours->root(), theirs) ? "" : "values differ";
}

}  // namespace sallyport::json
