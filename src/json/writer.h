#pragma once

#include <cstdint>
#include <string>
#include <string_view>

// Appends JSON to a string. The caller keeps the nesting; commas are put where they belong.
//
//   Writer w(out);
//   w.begin_object().key("type").string("text").key("index").integer(0).end_object();
namespace sallyport::json {

// Appends `text` with its quotes, escaping only what RFC 8259 demands. Bytes that are not UTF-8
// become U+FFFD.
void append_string(std::string& out, std::string_view text);
std::string quoted(std::string_view text);

class Writer {
 public:
  explicit Writer(std::string& out) : out_(out) {}

  Writer& begin_object();
  Writer& end_object();
  Writer& begin_array();
  Writer& end_array();
  Writer& key(std::string_view name);
  Writer& string(std::string_view text);
  Writer& integer(std::int64_t value);
  Writer& number(
      double value);  // shortest form that reads back the same; null where it is not finite
  Writer& boolean(bool value);
  Writer& null();
  // A value that is JSON already.
  Writer& raw(std::string_view json);

 private:
  void separate();
  std::string& out_;
  bool needs_comma_ = false;
};

}  // namespace sallyport::json
