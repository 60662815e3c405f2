#include "runtime/proxy_header.h"

#include <algorithm>
#include <charconv>
#include <cstring>

namespace sallyport::runtime {
namespace {

using Parsed = Result<std::optional<ProxyHeader>>;

constexpr std::string_view kSignature2("\r\n\r\n\0\r\nQUIT\n", 12);
constexpr std::string_view kSignature1("PROXY ", 6);
constexpr std::size_t kMaxLine1 = 107;  // with its line end
constexpr std::size_t kHead2 = 16;

Failure malformed(std::string_view what) {
  return fail(Code::malformed, "PROXY header: " + std::string(what), Source::client);
}

bool is_port(std::string_view text) {
  unsigned port = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), port);
  return !text.empty() && parsed.ec == std::errc() && parsed.ptr == text.data() + text.size() &&
         port <= 65535;
}

// The next word of `line`, up to one space.
std::string_view take_word(std::string_view& line) {
  const std::size_t space = std::min(line.find(' '), line.size());
  const std::string_view word = line.substr(0, space);
  line.remove_prefix(std::min(space + 1, line.size()));
  return word;
}

Parsed parse_v1(std::string_view bytes) {
  const std::size_t end = bytes.substr(0, kMaxLine1).find("\r\n");
  if (end == std::string_view::npos) {
    if (bytes.size() >= kMaxLine1) return malformed("no line end within 107 bytes");
    return std::optional<ProxyHeader>();
  }
  ProxyHeader header;
  header.size = end + 2;
  std::string_view line = bytes.substr(kSignature1.size(), end - kSignature1.size());
  const std::string_view family = take_word(line);
  if (family == "UNKNOWN") return std::optional(header);
  if (family != "TCP4" && family != "TCP6") return malformed("unknown family");
  const auto source = parse_address(take_word(line));
  const auto destination = parse_address(take_word(line));
  const std::string_view source_port = take_word(line);
  if (!source || !destination) return malformed("bad address");
  if (!is_port(source_port) || !is_port(line)) return malformed("bad port");
  const bool v4 = print_address(*source).find(':') == std::string::npos;
  if (v4 != (family == "TCP4")) return malformed("address of another family");
  header.client = *source;
  return std::optional(header);
}

Parsed parse_v2(std::string_view bytes) {
  if (bytes.size() < kHead2) return std::optional<ProxyHeader>();
  const auto byte = [&bytes](std::size_t at) { return static_cast<std::uint8_t>(bytes[at]); };
  const unsigned version = byte(12) >> 4;
  const unsigned command = byte(12) & 15;
  const unsigned family = byte(13) >> 4;
  const std::size_t length = static_cast<std::size_t>(byte(14) << 8 | byte(15));
  if (version != 2) return malformed("unknown version");
  if (command > 1) return malformed("unknown command");
  if (kHead2 + length > kMaxProxyHeaderBytes) return malformed("too long");
  if (bytes.size() < kHead2 + length) return std::optional<ProxyHeader>();
  ProxyHeader header;
  header.size = kHead2 + length;
  if (command == 0) return std::optional(header);
  if (family == 1) {
    if (length < 12) return malformed("too short for its family");
    AddressBytes client{};
    client[10] = client[11] = 0xff;
    std::memcpy(client.data() + 12, bytes.data() + kHead2, 4);
    header.client = client;
  } else if (family == 2) {
    if (length < 36) return malformed("too short for its family");
    AddressBytes client{};
    std::memcpy(client.data(), bytes.data() + kHead2, 16);
    header.client = client;
  }
  return std::optional(header);
}

// Whether the bytes there are begin like `signature`.
bool begins_like(std::string_view bytes, std::string_view signature) {
  const std::size_t common = std::min(bytes.size(), signature.size());
  return bytes.substr(0, common) == signature.substr(0, common);
}

}  // namespace

Parsed parse_proxy_header(std::string_view bytes) {
  if (bytes.empty()) return std::optional<ProxyHeader>();
  if (begins_like(bytes, kSignature1)) {
    return bytes.size() < kSignature1.size() ? std::optional<ProxyHeader>() : parse_v1(bytes);
  }
  if (begins_like(bytes, kSignature2)) return parse_v2(bytes);
  return malformed("missing where one is required");
}

}  // namespace sallyport::runtime
