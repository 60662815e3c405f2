#include "http/response_parser.h"

#include "http/field_lines.h"

namespace sallyport::http {
namespace {

constexpr std::size_t kUsualFields = 24;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

ResponseParser::Fed ResponseParser::feed(std::string_view bytes) {
  std::size_t consumed = 0;
  while (state_ == State::start_line || state_ == State::fields) {
    const std::size_t max_bytes = state_ == State::start_line
                                      ? limits_.max_start_line_bytes
                                      : limits_.max_header_bytes - header_bytes_;
    const LineTaken taken = take_line(line_, bytes.substr(consumed), max_bytes);
    consumed += taken.consumed;
    switch (taken.state) {
      case LineState::partial:
        return {consumed, Progress::need_more};
      case LineState::bare_line_feed:
        return failed({400, "bare line feed"}, consumed);
      case LineState::too_long:
        return failed({431, "header section too large"}, consumed);
      case LineState::whole:
        break;
    }
    if (const Refusal refusal = take_line_text(taken.line)) return failed(refusal, consumed);
    line_.clear();
  }
  return {consumed, state_ == State::complete ? Progress::complete : Progress::failed};
}

void ResponseParser::reset() {
  state_ = State::start_line;
  line_.clear();
  header_bytes_ = 0;
  interim_ = 0;
  head_ = {};
  refusal_ = {};
}

ResponseParser::Fed ResponseParser::failed(const Refusal& refusal, std::size_t consumed) {
  state_ = State::failed;
  refusal_ = refusal;
  return {consumed, Progress::failed};
}

Refusal ResponseParser::take_line_text(std::string_view line) {
  if (state_ == State::start_line) {
    state_ = State::fields;
    return take_status_line(line);
  }
  header_bytes_ += line.size() + 2;
  if (line.empty()) return finish_head();
  if (head_.headers.list().size() >= limits_.max_fields) return {431, "too many header fields"};
  std::string_view name, value;
  if (const Refusal refusal = split_field_line(line, name, value)) return refusal;
  head_.headers.add(name, value);
  return {};
}

// "HTTP/1.1 200 OK"; the reason may be empty, and the blank before it absent, as many servers write
// it.
Refusal ResponseParser::take_status_line(std::string_view line) {
  if (const Refusal refusal = read_version(line.substr(0, 8), head_.minor_version)) return refusal;
  line.remove_prefix(8);
  if (line.size() < 5 || line[0] != ' ' || line[1] < '1' || line[1] > '5' || !is_digit(line[2]) ||
      !is_digit(line[3]) || line[4] != ' ') {
    return {400, "bad status line"};
  }
  head_.status = (line[1] - '0') * 100 + (line[2] - '0') * 10 + (line[3] - '0');
  if (head_.status == 101) return {400, "upgrade that nobody asked for"};
  line.remove_prefix(5);
  if (!is_field_value(line)) return {400, "control character in the status line"};
  head_.reason = line;
  head_.headers.list().reserve(kUsualFields);
  return {};
}

Refusal ResponseParser::finish_head() {
  Framing framing;
  if (const Refusal refusal = read_framing(head_.headers, head_.minor_version, framing)) {
    return refusal;
  }
  if (head_.status < 200) {
    if (++interim_ > kMaxInterim) return {400, "too many interim responses"};
    head_ = {};
    header_bytes_ = 0;
    state_ = State::start_line;
    return {};
  }
  head_.chunked = framing.chunked;
  head_.content_length = framing.content_length;
  head_.keep_alive = framing.keep_alive;
  const bool announces_body = head_.chunked || head_.content_length.value_or(0) > 0;
  if (head_.status == 204) {
    if (announces_body) head_.keep_alive = false;
  } else if (head_.status != 304 && !head_.chunked && !head_.content_length) {
    head_.keep_alive = false;
  }
  state_ = State::complete;
  return {};
}

}  // namespace sallyport::http
