#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"

// Server-sent events, incremental and linear. Source: WHATWG HTML, section 9.2 (event streams).
namespace sallyport::sse {

// Views live only during the call that hands the event over.
struct Event {
  std::string_view wire;  // exactly the bytes received, from the first line to the blank line that ends the event
  std::string_view name;  // "" where the event has no `event:` line
  std::string_view data;  // data lines joined by '\n'
  bool comment_only = false;  // nothing but comment or unknown lines: to be relayed, not read
};

class Parser {
 public:
  explicit Parser(std::size_t max_event_bytes = 4u << 20) : max_event_bytes_(max_event_bytes) {}

  // Any chunking gives the same events. Accepts LF, CRLF and CR line ends (also split across chunks) and a leading BOM.
  // Fails with too_large where one event exceeds the bound; after a failure the parser is spent.
  Result<void> feed(std::string_view bytes, const std::function<void(const Event&)>& sink);
  // At the end of the body: malformed where it ends within an event.
  Result<void> finish();

 private:
  std::size_t max_event_bytes_;
  std::string pending_;
  std::size_t scanned_ = 0;
  bool at_start_ = true;
};

}  // namespace sallyport::sse
