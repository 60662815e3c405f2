#include "http/field_lines.h"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "http/scan.h"

namespace sallyport::http {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Decimal digits alone, without leading zeros, below 2^63.
std::optional<std::uint64_t> read_length(std::string_view text) {
  if (text.empty() || text.size() > 19 || (text.size() > 1 && text.front() == '0')) {
    return std::nullopt;
  }
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value > INT64_MAX) {
    return std::nullopt;
  }
  return value;
}

// Tokens and commas; elements may be empty.
bool is_token_list(std::string_view list) {
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    const std::string_view element = trim_blanks(list.substr(0, comma));
    if (!element.empty() && !is_token(element)) return false;
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return true;
}

Refusal read_transfer_encoding(std::string_view value) {
  if (equals_ignore_case(value, "chunked")) return {};
  const std::size_t comma = value.rfind(',');
  const bool ends_chunked = comma != std::string_view::npos &&
                            equals_ignore_case(trim_blanks(value.substr(comma + 1)), "chunked");
  if (!ends_chunked || list_has_token(value.substr(0, comma), "chunked")) {
    return {400, "bad transfer-encoding"};
  }
  return {501, "transfer coding not supported"};
}

}  // namespace

LineTaken take_line(std::string& pending, std::string_view bytes, std::size_t max_bytes) {
  const std::size_t room = max_bytes > pending.size() ? max_bytes - pending.size() : 0;
  const void* const feed =
      bytes.empty() ? nullptr : std::memchr(bytes.data(), '\n', std::min(bytes.size(), room));
  if (feed == nullptr) {
    if (bytes.size() >= room) return {0, LineState::too_long, {}};
    pending.append(bytes);
    return {bytes.size(), LineState::partial, {}};
  }
  const auto consumed = static_cast<std::size_t>(static_cast<const char*>(feed) - bytes.data()) + 1;
  std::string_view line = bytes.substr(0, consumed);
  if (!pending.empty()) {
    pending.append(line);
    line = pending;
  }
  if (line.size() < 2 || line[line.size() - 2] != '\r') {
    return {consumed, LineState::bare_line_feed, {}};
  }
  return {consumed, LineState::whole, line.substr(0, line.size() - 2)};
}

Refusal split_field_line(std::string_view line, std::string_view& name, std::string_view& value) {
  if (line.front() == ' ' || line.front() == '\t') return {400, "folded field line"};
  const std::size_t colon = skip_token(line);
  if (colon == 0 || colon == line.size() || line[colon] != ':') return {400, "bad field name"};
  name = line.substr(0, colon);
  value = trim_blanks(line.substr(colon + 1));
  if (!is_field_value(value)) return {400, "control character in a field value"};
  return {};
}

Refusal read_framing(const Headers& headers, int minor_version, Framing& framing) {
  const std::string* transfer_encoding = nullptr;
  const std::string* content_length = nullptr;
  bool close = false;
  bool keep_alive = false;
  for (const Header& header : headers.list()) {
    switch (header.name.size()) {  // cheaper than comparing every name
      case 10:
        if (!equals_ignore_case(header.name, "connection")) break;
        if (!is_token_list(header.value)) return {400, "bad connection field"};
        close = close || list_has_token(header.value, "close");
        keep_alive = keep_alive || list_has_token(header.value, "keep-alive");
        break;
      case 14:
        if (!equals_ignore_case(header.name, "content-length")) break;
        if (content_length != nullptr) return {400, "content-length twice"};
        content_length = &header.value;
        break;
      case 17:
        if (!equals_ignore_case(header.name, "transfer-encoding")) break;
        if (transfer_encoding != nullptr) return {400, "transfer-encoding twice"};
        transfer_encoding = &header.value;
        break;
      default:
        break;
    }
  }
  framing.keep_alive = !close && (minor_version >= 1 || keep_alive);
  if (transfer_encoding != nullptr) {
    if (content_length != nullptr) return {400, "transfer-encoding with content-length"};
    if (minor_version < 1) return {400, "transfer-encoding on http/1.0"};
    framing.chunked = true;
    return read_transfer_encoding(*transfer_encoding);
  }
  if (content_length != nullptr) {
    framing.content_length = read_length(*content_length);
    if (!framing.content_length) return {400, "bad content-length"};
  }
  return {};
}

Refusal read_version(std::string_view text, int& minor_version) {
  if (text.size() != 8 || !text.starts_with("HTTP/") || !is_digit(text[5]) || text[6] != '.' ||
      !is_digit(text[7])) {
    return {400, "bad http version"};
  }
  if (text[5] != '1' || text[7] > '1') return {505, "http version not supported"};
  minor_version = text[7] - '0';
  return {};
}

}  // namespace sallyport::http
