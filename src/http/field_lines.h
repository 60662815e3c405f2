#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "http/message.h"
#include "http/refusal.h"

// What request and response heads and trailers have in common.
namespace sallyport::http {

enum class LineState : std::uint8_t { partial, whole, too_long, bare_line_feed };

struct LineTaken {
  std::size_t consumed = 0;
  LineState state = LineState::partial;
  // Without its CRLF. Points into `bytes` or `pending`; a CR within it is for its reader to refuse.
  std::string_view line;
};

// Takes the next line off `bytes`; `pending` keeps the start of one that goes on in the next chunk
// and is to be cleared when a whole line was used. `max_bytes` counts the CRLF.
LineTaken take_line(std::string& pending, std::string_view bytes, std::size_t max_bytes);

// Splits a field line; both parts are valid where nothing is refused.
Refusal split_field_line(std::string_view line, std::string_view& name, std::string_view& value);

// What a head says about its body and its connection.
struct Framing {
  bool chunked = false;
  bool keep_alive = true;
  std::optional<std::uint64_t> content_length;
};
Refusal read_framing(const Headers& headers, int minor_version, Framing& framing);

// "HTTP/1.0" or "HTTP/1.1"; refuses with 505 what is another version and with 400 what is none.
Refusal read_version(std::string_view text, int& minor_version);

}  // namespace sallyport::http
