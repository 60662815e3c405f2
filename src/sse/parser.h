#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"

// Server-sent events, incremental and linear. Source: WHATWG HTML, section 9.2 (event streams).
namespace sallyport::sse {

// Views live only during the call that hands the event over.
struct Event {
  // Exactly the bytes received, from the first line to the blank line that ends the event. A blank
  // line by itself is an event too (comment_only), so all wires together are the stream.
  std::string_view wire;
  std::string_view name;      // "" where the event has no `event:` line; of several the last counts
  std::string_view data;      // data lines joined by '\n'
  bool comment_only = false;  // neither an event nor a data line: to be relayed, not read
};

class Parser {
 public:
  explicit Parser(std::size_t max_event_bytes = 4u << 20) : max_event_bytes_(max_event_bytes) {}

  // Any chunking gives the same events. Accepts LF, CRLF and CR line ends (also split across
  // chunks) and a leading BOM. Fails with too_large where one event exceeds the bound; after a
  // failure the parser is spent. The views of an event point into `bytes` or into the parser.
  Result<void> feed(std::string_view bytes, const std::function<void(const Event&)>& sink);
  // At the end of the body: malformed where it ends within an event.
  Result<void> finish();
  // Ready for another stream, with the memory it has.
  void reset();

 private:
  // Scans on to the end of the current event: how many of `bytes` belong to it, or npos where it
  // goes on behind them.
  std::size_t scan(std::string_view bytes);
  std::size_t scan_start_of_stream(std::string_view bytes);
  void hand_over(std::string_view wire, const std::function<void(const Event&)>& sink);
  Result<void> stop();

  std::size_t max_event_bytes_;
  std::string pending_;  // of the current event, from earlier chunks; scanned already
  std::string joined_;   // data of an event with several data lines

  std::size_t bom_bytes_ = 0;  // of the BOM seen so far; kBomDone behind the start of the stream
  bool first_event_ = true;
  bool line_empty_ = true;  // nothing yet in the current line
  bool after_cr_ = false;   // the last byte was a CR that ended a line: an LF still belongs to it
  bool lone_cr_ = false;    // the last line end was a CR alone
  bool blank_cr_ = false;   // that CR ended a blank line
  bool failed_ = false;
};

}  // namespace sallyport::sse
