#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace bench {

// What to send and where. Every prompt differs from every other, so that nothing can be answered
// from memory.
struct Plan {
  std::uint16_t port = 0;
  std::string path = "/v1/messages";
  std::string model = "claude-bench";
  std::vector<std::string> headers;  // "name: value"
  int prompt_tokens = 1000;
  int max_tokens = 256;
  bool stream = false;
};

// The bytes of one request; `serial` makes it unique.
std::string make_request(const Plan& plan, std::uint64_t serial);

// Reads one response from the front of `in`, as its bytes arrive.
class ResponseReader {
 public:
  // Takes bytes; true once the response is complete. `status` is set when the head is there.
  bool take(const char* bytes, std::size_t size);
  void reset();
  int status() const { return status_; }
  bool head_seen() const { return body_at_ != 0; }
  const std::string& bytes() const { return in_; }

 private:
  bool complete_chunks();
  std::string in_;
  std::size_t body_at_ = 0;
  std::size_t scan_ = 0;
  bool chunked_ = false;
  std::size_t length_ = 0;
  int status_ = 0;
};

}  // namespace bench
