#pragma once

#include <string>
#include <string_view>

#include "http/limits.h"
#include "http/message.h"
#include "http/refusal.h"

namespace sallyport::http {

// Reads response heads from an upstream, as strictly as requests. Interim responses (1xx) are
// skipped, at most kMaxInterim of them; 101 is refused, since nothing here ever asks for an
// upgrade. Thread: used by one at a time.
//
// `keep_alive` of the head is false as well where the body ends with the connection, and where a
// response that can have no body announces one.
class ResponseParser {
 public:
  static constexpr int kMaxInterim = 16;

  explicit ResponseParser(const HeadLimits& limits = {}) : limits_(limits) {}

  struct Fed {
    std::size_t consumed = 0;
    Progress progress = Progress::need_more;
  };
  // Consumes up to the end of the final response's head. Once complete or failed it consumes
  // nothing more until reset().
  Fed feed(std::string_view bytes);

  // Where no byte of a response has arrived.
  bool idle() const { return state_ == State::start_line && line_.empty() && interim_ == 0; }
  ResponseHead& head() { return head_; }
  const ResponseHead& head() const { return head_; }
  const Refusal& refusal() const { return refusal_; }
  void reset();

 private:
  enum class State : std::uint8_t { start_line, fields, complete, failed };

  Refusal take_line_text(std::string_view line);
  Refusal take_status_line(std::string_view line);
  Refusal finish_head();
  Fed failed(const Refusal& refusal, std::size_t consumed);

  HeadLimits limits_;
  State state_ = State::start_line;
  std::string line_;
  std::size_t header_bytes_ = 0;
  int interim_ = 0;
  ResponseHead head_;
  Refusal refusal_;
};

}  // namespace sallyport::http
