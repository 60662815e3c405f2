#include "bench/load_client.h"

#include <cstdlib>

#include "bench/sockets.h"

namespace bench {

std::string make_request(const Plan& plan, std::uint64_t serial) {
  static constexpr const char* kWords[] = {"river", "stone", "lamp",  "paper", "cloud", "table",
                                           "green", "north", "seven", "quiet", "bread", "light",
                                           "glass", "field", "music", "early"};
  std::string text;
  text.reserve(static_cast<std::size_t>(plan.prompt_tokens) * 7);
  std::uint64_t state = serial * 0x9e3779b97f4a7c15u + 1;
  for (int i = 0; i < plan.prompt_tokens; ++i) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    text += kWords[state & 15];
    text += ' ';
  }
  const std::string body =
      "{\"model\":\"" + plan.model + "\",\"max_tokens\":" + std::to_string(plan.max_tokens) + "," +
      (plan.stream ? "\"stream\":true," : "") + "\"messages\":[{\"role\":\"user\",\"content\":\"" +
      text + std::to_string(serial) + "\"}]}";
  std::string head =
      "POST " + plan.path + " HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n";
  for (const std::string& header : plan.headers) head += header + "\r\n";
  return head + "content-length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

void ResponseReader::reset() {
  in_.clear();
  body_at_ = scan_ = length_ = 0;
  chunked_ = false;
  status_ = 0;
}

bool ResponseReader::take(const char* bytes, std::size_t size) {
  in_.append(bytes, size);
  if (body_at_ == 0) {
    const std::size_t end = in_.find("\r\n\r\n");
    if (end == std::string::npos) return false;
    body_at_ = scan_ = end + 4;
    status_ = static_cast<int>(number(std::string_view(in_).substr(9)));
    const std::string_view head = std::string_view(in_).substr(0, end + 2);
    chunked_ = !header_of(head, "transfer-encoding").empty();
    length_ = static_cast<std::size_t>(number(header_of(head, "content-length")));
  }
  return chunked_ ? complete_chunks() : in_.size() >= body_at_ + length_;
}

bool ResponseReader::complete_chunks() {
  for (;;) {
    const std::size_t line = in_.find("\r\n", scan_);
    if (line == std::string::npos) return false;
    const std::size_t size =
        static_cast<std::size_t>(number(std::string_view(in_).substr(scan_), 16));
    if (size == 0) return in_.size() >= line + 4;
    if (in_.size() < line + 2 + size + 2) return false;
    scan_ = line + 2 + size + 2;
  }
}

}  // namespace bench
