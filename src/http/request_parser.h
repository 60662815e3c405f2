#pragma once

#include <string>
#include <string_view>

#include "http/limits.h"
#include "http/message.h"
#include "http/refusal.h"

namespace sallyport::http {

// Reads request heads, incrementally and linearly. Strict: every shape that two parsers could frame
// differently is refused (README.md lists them). Source: RFC 9112. Thread: used by one at a time.
//
//   RequestParser parser;
//   const auto fed = parser.feed(bytes);    // bytes[fed.consumed..] belong to the body or to the
//   next message if (fed.progress == Progress::complete) use(parser.head()); parser.reset(); //
//   after the body: ready for the next message of the connection
class RequestParser {
 public:
  explicit RequestParser(const HeadLimits& limits = {}) : limits_(limits) {}

  struct Fed {
    std::size_t consumed = 0;
    Progress progress = Progress::need_more;
  };
  // Consumes up to the end of the head. Once complete or failed it consumes nothing more until
  // reset().
  Fed feed(std::string_view bytes);

  // Where no byte of a message has arrived: a connection may close here without loss.
  bool idle() const { return state_ == State::start_line && line_.empty(); }
  // The head once complete; may be moved out.
  RequestHead& head() { return head_; }
  const RequestHead& head() const { return head_; }
  // Why it failed.
  const Refusal& refusal() const { return refusal_; }
  void reset();

 private:
  enum class State : std::uint8_t { start_line, fields, complete, failed };

  Refusal take_line_text(std::string_view line);
  Refusal take_request_line(std::string_view line);
  Refusal take_target(std::string_view target);
  Refusal finish_head();
  Fed failed(const Refusal& refusal, std::size_t consumed);

  HeadLimits limits_;
  State state_ = State::start_line;
  std::string line_;  // start of the current line, from earlier chunks
  std::size_t header_bytes_ = 0;
  RequestHead head_;
  Refusal refusal_;
};

}  // namespace sallyport::http
