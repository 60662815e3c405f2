#include "http/request_parser.h"

#include <algorithm>
#include <array>

#include "http/field_lines.h"

namespace sallyport::http {
namespace {

constexpr std::size_t kMaxMethodBytes = 32;
constexpr std::size_t kUsualFields = 24;

using CharacterSet = std::array<bool, 256>;

constexpr CharacterSet with(CharacterSet set, std::string_view characters) {
  for (const char c : characters) set[static_cast<unsigned char>(c)] = true;
  return set;
}

constexpr CharacterSet kUnreserved =
    with({}, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~");
constexpr CharacterSet kPathCharacters = with(kUnreserved, "!$&'()*+,;=:@/%");
// Brackets are no query characters by RFC 3986, but clients write lists with them.
constexpr CharacterSet kQueryCharacters = with(kPathCharacters, "?[]");
constexpr CharacterSet kHostCharacters = with(kUnreserved, "!$&'()*+;=:[]%");

bool consists_of(std::string_view text, const CharacterSet& set) {
  return std::all_of(text.begin(), text.end(),
                     [&set](char c) { return set[static_cast<unsigned char>(c)]; });
}

bool is_hex(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

bool percents_are_whole(std::string_view text) {
  for (std::size_t at = text.find('%'); at != std::string_view::npos; at = text.find('%', at + 1)) {
    if (text.size() - at < 3 || !is_hex(text[at + 1]) || !is_hex(text[at + 2])) return false;
  }
  return true;
}

}  // namespace

RequestParser::Fed RequestParser::feed(std::string_view bytes) {
  std::size_t consumed = 0;
  while (state_ == State::start_line || state_ == State::fields) {
    const bool in_start_line = state_ == State::start_line;
    const std::size_t max_bytes =
        in_start_line ? limits_.max_start_line_bytes : limits_.max_header_bytes - header_bytes_;
    const LineTaken taken = take_line(line_, bytes.substr(consumed), max_bytes);
    consumed += taken.consumed;
    switch (taken.state) {
      case LineState::partial:
        return {consumed, Progress::need_more};
      case LineState::bare_line_feed:
        return failed({400, "bare line feed"}, consumed);
      case LineState::too_long:
        return failed(in_start_line ? Refusal{414, "request line too long"}
                                    : Refusal{431, "header section too large"},
                      consumed);
      case LineState::whole:
        break;
    }
    if (const Refusal refusal = take_line_text(taken.line)) return failed(refusal, consumed);
    line_.clear();
  }
  return {consumed, state_ == State::complete ? Progress::complete : Progress::failed};
}

void RequestParser::reset() {
  state_ = State::start_line;
  line_.clear();
  header_bytes_ = 0;
  head_ = {};
  refusal_ = {};
}

RequestParser::Fed RequestParser::failed(const Refusal& refusal, std::size_t consumed) {
  state_ = State::failed;
  refusal_ = refusal;
  return {consumed, Progress::failed};
}

Refusal RequestParser::take_line_text(std::string_view line) {
  if (state_ == State::start_line) {
    state_ = State::fields;
    return take_request_line(line);
  }
  header_bytes_ += line.size() + 2;
  if (line.empty()) return finish_head();
  if (head_.headers.list().size() >= limits_.max_fields) return {431, "too many header fields"};
  std::string_view name, value;
  if (const Refusal refusal = split_field_line(line, name, value)) return refusal;
  head_.headers.add(name, value);
  return {};
}

Refusal RequestParser::take_request_line(std::string_view line) {
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) return {400, "bad request line"};
  if (const Refusal refusal = read_version(line.substr(last + 1), head_.minor_version)) {
    return refusal;
  }
  const std::string_view method = line.substr(0, first);
  if (method.size() > kMaxMethodBytes || !is_token(method)) return {400, "bad method"};
  head_.method = method;
  head_.headers.list().reserve(kUsualFields);
  return take_target(line.substr(first + 1, last - first - 1));
}

Refusal RequestParser::take_target(std::string_view target) {
  if (!target.starts_with('/')) return {400, "target not in origin form"};
  const std::size_t mark = std::min(target.find('?'), target.size());
  const std::string_view path = target.substr(0, mark);
  const std::string_view query = target.substr(std::min(mark + 1, target.size()));
  if (!consists_of(path, kPathCharacters) || !consists_of(query, kQueryCharacters) ||
      !percents_are_whole(target)) {
    return {400, "bad target"};
  }
  head_.target = target;
  head_.path = path;
  head_.query = query;
  return {};
}

Refusal RequestParser::finish_head() {
  Framing framing;
  if (const Refusal refusal = read_framing(head_.headers, head_.minor_version, framing)) {
    return refusal;
  }
  head_.chunked = framing.chunked;
  head_.content_length = framing.content_length;
  head_.keep_alive = framing.keep_alive;
  const Header* host = nullptr;
  for (const Header& header : head_.headers.list()) {
    if (equals_ignore_case(header.name, "host")) {
      if (host != nullptr) return {400, "host twice"};
      host = &header;
      if (header.value.empty() || !consists_of(header.value, kHostCharacters)) {
        return {400, "bad host"};
      }
    } else if (equals_ignore_case(header.name, "expect")) {
      if (!equals_ignore_case(header.value, "100-continue")) {
        return {417, "expectation not supported"};
      }
      // Nothing to wait for without a body, and HTTP/1.0 does not know the interim answer.
      head_.expects_continue =
          head_.minor_version >= 1 && (head_.chunked || head_.content_length.value_or(0) > 0);
    }
  }
  if (host == nullptr && head_.minor_version >= 1) return {400, "no host"};
  state_ = State::complete;
  return {};
}

}  // namespace sallyport::http
