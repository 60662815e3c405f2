#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "http/message.h"

namespace sallyport::runtime {

// Frames one response to one request, without I/O: content-length where the head has one, else
// chunked for HTTP/1.1, else until the connection closes. What is given between two take() calls
// becomes one piece with at most one chunk.
class ResponseFraming {
 public:
  // For the next response. `may_keep_alive`: the request allows it and so does the listener.
  void start(bool head_request, int minor_version, bool may_keep_alive);

  // Where the head cannot be written, nothing is.
  Result<void> head(http::ResponseHead head, const std::string& date);
  void body(std::string bytes);
  void end() { ended_ = true; }
  // For the response under way or about to come.
  void close_after() { keep_alive_ = false; }

  bool begun() const { return begun_; }
  bool ended() const { return ended_; }
  bool keep_alive() const { return keep_alive_; }
  // What was given disagrees with the content-length: the connection must break.
  bool broken() const;

  // The bytes to send now.
  std::string take();

 private:
  std::string head_bytes_;
  std::string body_bytes_;
  std::optional<std::uint64_t> promised_;
  std::uint64_t written_ = 0;
  int minor_version_ = 1;
  bool head_request_ = false;
  bool keep_alive_ = true;
  bool chunked_ = false;
  bool no_content_ = false;  // bytes are counted but not sent
  bool begun_ = false;
  bool ended_ = false;
  bool end_sent_ = false;
};

}  // namespace sallyport::runtime
