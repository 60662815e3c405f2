#include "http/body.h"

#include <algorithm>
#include <charconv>

#include "http/field_lines.h"

namespace sallyport::http {
namespace {

constexpr std::size_t kMaxChunkSizeDigits = 16;  // of 64 bits, so that no size can overflow

// Fields that say who sends, where to or how the message is framed: too late in a trailer.
bool is_forbidden_trailer(std::string_view name) {
  static constexpr std::string_view kForbidden[] = {"transfer-encoding",
                                                    "content-length",
                                                    "host",
                                                    "connection",
                                                    "keep-alive",
                                                    "te",
                                                    "trailer",
                                                    "upgrade",
                                                    "expect",
                                                    "content-encoding",
                                                    "content-type",
                                                    "content-range",
                                                    "authorization",
                                                    "x-api-key",
                                                    "cookie",
                                                    "set-cookie",
                                                    "cache-control",
                                                    "range",
                                                    "location",
                                                    "proxy-authorization"};
  return std::any_of(
      std::begin(kForbidden), std::end(kForbidden),
      [name](std::string_view forbidden) { return equals_ignore_case(name, forbidden); });
}

// Takes a token or quoted string off `text`; false where there is none.
bool take_word(std::string_view& text, bool quoted_allowed) {
  if (quoted_allowed && text.starts_with('"')) {
    std::size_t at = 1;
    while (at < text.size() && text[at] != '"') at += text[at] == '\\' ? 2 : 1;
    if (at >= text.size()) return false;
    text.remove_prefix(at + 1);
    return true;
  }
  const std::size_t end = std::min(text.find_first_of(";="), text.size());
  if (!is_token(text.substr(0, end))) return false;
  text.remove_prefix(end);
  return true;
}

// *( ";" name [ "=" value ] ), without the white space that old grammars allowed.
bool is_chunk_extension(std::string_view text) {
  if (!is_field_value(text)) return false;
  while (!text.empty()) {
    if (text.front() != ';') return false;
    text.remove_prefix(1);
    if (!take_word(text, false)) return false;
    if (text.empty() || text.front() != '=') continue;
    text.remove_prefix(1);
    if (!take_word(text, true)) return false;
  }
  return true;
}

}  // namespace

BodyKind body_kind(const RequestHead& head) {
  if (head.chunked) return BodyKind::chunked;
  return head.content_length ? BodyKind::length : BodyKind::none;
}

BodyKind body_kind(const ResponseHead& head, bool answers_head_request) {
  if (answers_head_request || head.status < 200 || head.status == 204 || head.status == 304) {
    return BodyKind::none;
  }
  if (head.chunked) return BodyKind::chunked;
  return head.content_length ? BodyKind::length : BodyKind::until_close;
}

BodyReader::BodyReader(BodyKind kind, std::uint64_t content_length, const BodyLimits& limits)
    : kind_(kind), limits_(limits), progress_(Progress::need_more) {
  if (kind == BodyKind::length) {
    left_ = content_length;
    if (content_length > limits_.max_bytes) fail_with({413, "body too large"});
  }
  if (kind == BodyKind::none || (kind == BodyKind::length && content_length == 0)) {
    progress_ = Progress::complete;
  }
}

BodyReader::BodyReader(const RequestHead& head, const BodyLimits& limits)
    : BodyReader(body_kind(head), head.content_length.value_or(0), limits) {}

BodyReader::BodyReader(const ResponseHead& head, bool answers_head_request,
                       const BodyLimits& limits)
    : BodyReader(body_kind(head, answers_head_request), head.content_length.value_or(0), limits) {}

BodyReader::Part BodyReader::read(std::string_view bytes) {
  if (progress_ != Progress::need_more || bytes.empty()) return {};
  return kind_ == BodyKind::chunked ? read_chunked(bytes) : read_plain(bytes);
}

Progress BodyReader::finish() {
  if (progress_ != Progress::need_more) return progress_;
  if (kind_ == BodyKind::until_close) {
    progress_ = Progress::complete;
  } else {
    fail_with({400, "connection ended within the body"});
  }
  return progress_;
}

BodyReader::Part BodyReader::read_plain(std::string_view bytes) {
  if (kind_ == BodyKind::until_close) {
    if (!count(bytes.size())) return {};
    return {bytes.size(), bytes};
  }
  const auto length = static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size()));
  left_ -= length;
  size_ += length;
  if (left_ == 0) progress_ = Progress::complete;
  return {length, bytes.substr(0, length)};
}

// Gives the content of at most one chunk, with the framing around it.
BodyReader::Part BodyReader::read_chunked(std::string_view bytes) {
  Part part;
  while (progress_ == Progress::need_more && part.consumed < bytes.size()) {
    const std::string_view rest = bytes.substr(part.consumed);
    if (step_ == Step::data) {
      if (!part.data.empty()) break;
      const auto length = static_cast<std::size_t>(std::min<std::uint64_t>(left_, rest.size()));
      part.data = rest.substr(0, length);
      part.consumed += length;
      left_ -= length;
      if (left_ == 0) step_ = Step::data_end;
    } else if (step_ == Step::data_end) {
      part.consumed += read_data_end(rest);
    } else {
      part.consumed += read_line(rest);
    }
  }
  return part;
}

// The CRLF behind the data of a chunk.
std::size_t BodyReader::read_data_end(std::string_view bytes) {
  if (bytes.front() != (saw_cr_ ? '\n' : '\r')) {
    fail_with({400, "chunk data longer than its size"});
    return 0;
  }
  if (saw_cr_) step_ = Step::size_line;
  saw_cr_ = !saw_cr_;
  return 1;
}

std::size_t BodyReader::read_line(std::string_view bytes) {
  const bool in_trailers = step_ == Step::trailers;
  const std::size_t max_bytes = in_trailers
                                    ? limits_.max_trailer_bytes - trailer_bytes_
                                    : kMaxChunkSizeDigits + limits_.max_chunk_extension_bytes + 2;
  const LineTaken taken = take_line(line_, bytes, max_bytes);
  switch (taken.state) {
    case LineState::partial:
      return taken.consumed;
    case LineState::bare_line_feed:
      fail_with({400, "bare line feed"});
      return taken.consumed;
    case LineState::too_long:
      fail_with(in_trailers ? Refusal{431, "trailer section too large"}
                            : Refusal{400, "chunk size line too long"});
      return taken.consumed;
    case LineState::whole:
      break;
  }
  const Refusal refusal = in_trailers ? take_trailer_line(taken.line) : take_size_line(taken.line);
  if (refusal) fail_with(refusal);
  line_.clear();
  return taken.consumed;
}

Refusal BodyReader::take_size_line(std::string_view line) {
  const std::size_t digits =
      std::min(line.find_first_not_of("0123456789abcdefABCDEF"), line.size());
  if (digits == 0 || digits > kMaxChunkSizeDigits) return {400, "bad chunk size"};
  std::from_chars(line.data(), line.data() + digits, left_, 16);
  line.remove_prefix(digits);
  extension_bytes_ += line.size();
  if (line.size() > limits_.max_chunk_extension_bytes ||
      extension_bytes_ > limits_.max_chunk_extension_bytes_total) {
    return {400, "chunk extension too long"};
  }
  if (!is_chunk_extension(line)) return {400, "bad chunk size"};
  step_ = left_ == 0 ? Step::trailers : Step::data;
  count(left_);
  return refusal_;
}

Refusal BodyReader::take_trailer_line(std::string_view line) {
  trailer_bytes_ += line.size() + 2;
  if (line.empty()) {
    progress_ = Progress::complete;
    return {};
  }
  if (++trailer_fields_ > limits_.max_trailer_fields) return {431, "too many trailer fields"};
  std::string_view name, value;
  if (const Refusal refusal = split_field_line(line, name, value)) return refusal;
  if (is_forbidden_trailer(name)) return {400, "field not allowed in a trailer"};
  return {};
}

bool BodyReader::count(std::uint64_t bytes) {
  if (bytes > limits_.max_bytes - size_) {
    fail_with({413, "body too large"});
    return false;
  }
  size_ += bytes;
  return true;
}

void BodyReader::fail_with(const Refusal& refusal) {
  progress_ = Progress::failed;
  refusal_ = refusal;
}

}  // namespace sallyport::http
