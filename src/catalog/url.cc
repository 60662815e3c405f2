#include "catalog/url.h"

#include <algorithm>
#include <charconv>

namespace sallyport::catalog {
namespace {

bool is_host_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_';
}

bool is_path_char(char c) {
  return c > 0x20 && c < 0x7f && c != '?' && c != '#' && c != '"' && c != '<' && c != '>' &&
         c != '\\';
}

// "host", "host:80", "[::1]:80".
bool split_authority(std::string_view authority, BaseUrl& url) {
  std::string_view host = authority;
  std::string_view port;
  if (authority.starts_with('[')) {
    const std::size_t close = authority.find(']');
    if (close == std::string_view::npos) return false;
    host = authority.substr(1, close - 1);
    port = authority.substr(close + 1);
    if (host.find_first_not_of("0123456789abcdefABCDEF:.") != std::string_view::npos) return false;
  } else {
    host = authority.substr(0, authority.find(':'));
    port = authority.substr(host.size());
    if (!std::all_of(host.begin(), host.end(), is_host_char)) return false;
  }
  url.host = std::string(host);
  if (port.empty()) return !host.empty();
  const char* end = port.data() + port.size();
  const auto parsed = std::from_chars(port.data() + 1, end, url.port);
  return port.front() == ':' && parsed.ec == std::errc() && parsed.ptr == end && url.port != 0 &&
         !host.empty();
}

}  // namespace

std::optional<BaseUrl> parse_base_url(std::string_view text) {
  BaseUrl url;
  if (text.starts_with("https://")) {
    text.remove_prefix(8);
  } else if (text.starts_with("http://")) {
    url.tls = false;
    text.remove_prefix(7);
  } else {
    return std::nullopt;
  }
  url.port = url.tls ? 443 : 80;
  const std::size_t slash = std::min(text.find('/'), text.size());
  if (!split_authority(text.substr(0, slash), url)) return std::nullopt;
  std::string_view path = text.substr(slash);
  if (!std::all_of(path.begin(), path.end(), is_path_char)) return std::nullopt;
  while (path.ends_with('/')) path.remove_suffix(1);
  url.path_prefix = std::string(path);
  return url;
}

}  // namespace sallyport::catalog
