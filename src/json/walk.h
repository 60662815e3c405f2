#pragma once

#include <cstdint>

#include "json/document.h"
#include "json/duplicate_keys.h"

namespace sallyport::json {

// One pass over the source that fills a Document's tape. No recursion: an open container keeps the
// index of the one around it in `next`, which is free until the container closes.
class Walk {
 public:
  Walk(Document& document, const Limits& limits);
  Result<void> run();

 private:
  bool read_element();
  bool read_member_key();
  bool read_value();
  bool read_string();
  bool read_number();
  bool read_literal(std::string_view word, Type type);
  bool open(Type type);
  bool close();

  bool add_node(Type type, const char* begin, const char* end);
  void skip_space();
  bool stop(const char* problem, const char* at);
  bool stop_too_large(const char* problem, const char* at);

  Document& document_;
  KeyCheck keys_;
  const char* const begin_;
  const char* const end_;
  const char* at_;
  std::uint32_t container_;  // innermost open one
  std::size_t depth_ = 0;
  const std::size_t max_depth_;
  const std::size_t max_nodes_;
  const std::size_t max_number_bytes_;

  const char* problem_ = nullptr;
  const char* problem_at_ = nullptr;
  Code problem_code_ = Code::malformed;
};

}  // namespace sallyport::json
