#pragma once

#include <string_view>

namespace sallyport::dialect::openai {

// Follows JSON text that arrives in pieces, only far enough to know whether its one object or array
// is closed: after that nothing but white space can follow, so a tool call may be closed although
// its stream did not say so.
class JsonExtent {
 public:
  void feed(std::string_view text) {
    for (const char c : text) step(c);
  }
  bool complete() const { return begun_ && depth_ == 0 && !in_string_; }

 private:
  void step(char c) {
    if (in_string_) {
      if (escaped_) {
        escaped_ = false;
      } else if (c == '\\') {
        escaped_ = true;
      } else if (c == '"') {
        in_string_ = false;
      }
      return;
    }
    if (c == '"') in_string_ = true;
    if (c == '{' || c == '[') {
      ++depth_;
      begun_ = true;
    }
    if ((c == '}' || c == ']') && depth_ > 0) --depth_;
  }

  std::size_t depth_ = 0;
  bool begun_ = false;
  bool in_string_ = false;
  bool escaped_ = false;
};

}  // namespace sallyport::dialect::openai
