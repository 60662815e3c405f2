#include "json/walk.h"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "json/escapes.h"

namespace sallyport::json {
namespace {

constexpr std::uint32_t kNoContainer = UINT32_MAX;
// Within this many bytes only a positive exponent can lead out of a double's range.
constexpr std::size_t kMaxNumberBytes = 256;
constexpr std::size_t kFirstReserveNodes = 1024;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Where the number at `at` ends; `at` where it is none.
const char* number_end(const char* const begin, const char* const end) {
  const char* at = begin;
  const auto digits = [&at, end] {
    const char* const from = at;
    while (at != end && is_digit(*at)) ++at;
    return at != from;
  };
  if (at != end && *at == '-') ++at;
  if (at != end && *at == '0') {
    ++at;
  } else if (!digits()) {
    return begin;
  }
  if (at != end && *at == '.') {
    ++at;
    if (!digits()) return begin;
  }
  if (at != end && (*at == 'e' || *at == 'E')) {
    ++at;
    if (at != end && (*at == '+' || *at == '-')) ++at;
    if (!digits()) return begin;
  }
  return at;
}

// True where reading the number as a double overflows: parsers then differ (infinity, error, a
// large float).
bool overflows(const char* begin, const char* end) {
  const char* const exponent =
      std::find_if(begin, end, [](char c) { return c == 'e' || c == 'E'; });
  if (exponent == end || exponent[1] == '-') return false;
  double value = 0;
  return std::from_chars(begin, end, value).ec == std::errc::result_out_of_range;
}

}  // namespace

Walk::Walk(Document& document, const Limits& limits)
    : document_(document),
      keys_(document),
      begin_(document.source_.data()),
      end_(begin_ + document.source_.size()),
      at_(begin_),
      container_(kNoContainer),
      max_depth_(limits.max_depth),
      max_nodes_(std::min<std::size_t>(limits.max_values, UINT32_MAX - 1)),
      max_number_bytes_(std::min(limits.max_number_bytes, kMaxNumberBytes)) {}

Result<void> Walk::run() {
  document_.nodes_.clear();
  document_.nodes_.reserve(std::min(document_.source_.size() / 8 + 4, kFirstReserveNodes));
  skip_space();
  bool ok = read_value();
  while (ok && container_ != kNoContainer) ok = read_element();
  if (ok) {
    skip_space();
    ok = at_ == end_ || stop("bytes after the value", at_);
  }
  if (ok) return {};
  return fail(problem_code_, std::string("json: ") + problem_ + " at byte " +
                                 std::to_string(problem_at_ - begin_));
}

// The next step within the innermost container: its end, or an element with the comma before it.
bool Walk::read_element() {
  Document::Node& container = document_.nodes_[container_];
  const bool is_object = container.type == Type::object;
  skip_space();
  if (at_ == end_) return stop("unexpected end", at_);
  if (*at_ == (is_object ? '}' : ']')) return close();
  if (container.count > 0) {
    if (*at_ != ',') return stop("expected a comma or the end of the container", at_);
    ++at_;
    skip_space();
  }
  ++container.count;
  if (is_object && !read_member_key()) return false;
  return read_value();
}

bool Walk::read_member_key() {
  if (at_ == end_ || *at_ != '"') return stop("expected a key", at_);
  if (!read_string()) return false;
  skip_space();
  if (at_ == end_ || *at_ != ':') return stop("expected a colon", at_);
  ++at_;
  skip_space();
  return true;
}

bool Walk::read_value() {
  if (at_ == end_) return stop("unexpected end", at_);
  switch (*at_) {
    case '"':
      return read_string();
    case '{':
      return open(Type::object);
    case '[':
      return open(Type::array);
    case 't':
      return read_literal("true", Type::boolean);
    case 'f':
      return read_literal("false", Type::boolean);
    case 'n':
      return read_literal("null", Type::null);
    default:
      return read_number();
  }
}

bool Walk::read_string() {
  const char* const begin = at_;
  bool escaped = false;
  const char* at = skip_plain(at_ + 1, end_);
  while (at != end_ && *at == '\\') {
    const std::size_t length = escape_length(at, end_);
    if (length == 0) return stop("bad escape or lone surrogate", at);
    escaped = true;
    at = skip_plain(at + length, end_);
  }
  if (at == end_) return stop("unexpected end", at);
  if (*at != '"') return stop("control character in a string", at);
  at_ = at + 1;
  if (!add_node(Type::string, begin, at_)) return false;
  document_.nodes_.back().escaped = escaped;
  return true;
}

bool Walk::read_number() {
  const char* const begin = at_;
  at_ = number_end(begin, end_);
  if (at_ == begin) return stop("expected a value", begin);
  if (static_cast<std::size_t>(at_ - begin) > max_number_bytes_) {
    return stop_too_large("number too long", begin);
  }
  if (overflows(begin, at_)) return stop("number out of range", begin);
  return add_node(Type::number, begin, at_);
}

bool Walk::read_literal(std::string_view word, Type type) {
  if (std::string_view(at_, static_cast<std::size_t>(end_ - at_)).substr(0, word.size()) != word) {
    return stop("expected a value", at_);
  }
  const char* const begin = at_;
  at_ += word.size();
  return add_node(type, begin, at_);
}

bool Walk::open(Type type) {
  if (++depth_ > max_depth_) return stop_too_large("nesting too deep", at_);
  if (!add_node(type, at_, at_)) return false;
  document_.nodes_.back().next = container_;
  container_ = static_cast<std::uint32_t>(document_.nodes_.size() - 1);
  ++at_;
  return true;
}

bool Walk::close() {
  const std::uint32_t closed = container_;
  Document::Node& node = document_.nodes_[closed];
  container_ = node.next;
  --depth_;
  ++at_;
  node.end = static_cast<std::uint32_t>(at_ - begin_);
  node.next = static_cast<std::uint32_t>(document_.nodes_.size());
  if (node.type != Type::object) return true;
  const std::uint32_t duplicate = keys_.find_duplicate(closed);
  return duplicate == 0 || stop("duplicate key", begin_ + document_.nodes_[duplicate].begin);
}

bool Walk::add_node(Type type, const char* begin, const char* end) {
  const std::size_t index = document_.nodes_.size();
  if (index >= max_nodes_) return stop_too_large("too many values", begin);
  Document::Node& node = document_.nodes_.emplace_back();
  node.begin = static_cast<std::uint32_t>(begin - begin_);
  node.end = static_cast<std::uint32_t>(end - begin_);
  node.next = static_cast<std::uint32_t>(index + 1);
  node.type = type;
  return true;
}

void Walk::skip_space() {
  while (at_ != end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\r' || *at_ == '\t')) ++at_;
}

bool Walk::stop(const char* problem, const char* at) {
  problem_ = problem;
  problem_at_ = at;
  return false;
}

bool Walk::stop_too_large(const char* problem, const char* at) {
  problem_code_ = Code::too_large;
  return stop(problem, at);
}

}  // namespace sallyport::json
