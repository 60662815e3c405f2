// A mock upstream: answers every POST at once, with one JSON message, or with a stream of one event
// per token at a fixed pace where the body says "stream":true. Usage: bench_upstream PORT [TOKENS]
// [PACE_MS]
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>

#include "bench/sockets.h"

namespace {

struct Connection {
  std::string in;
  std::string out;
  int tokens_left = 0;
};

struct Pace {
  int tokens = 128;
  std::int64_t step_ns = 20'000'000;
};

std::string chunk(const std::string& bytes) {
  char size[20];
  std::snprintf(size, sizeof size, "%zx\r\n", bytes.size());
  return size + bytes + "\r\n";
}

std::string event(const std::string& name, const std::string& data) {
  return "event: " + name + "\ndata: " + data + "\n\n";
}

const std::string& plain_answer() {
  static const std::string answer = [] {
    const std::string body =
        R"({"id":"msg_bench","type":"message","role":"assistant","model":"claude-bench","content":[{"type":"text","text":"The quick brown fox jumps over the lazy dog, and then it rests for a while in the shade."}],"stop_reason":"end_turn","stop_sequence":null,"stop_details":null,"usage":{"input_tokens":1000,"output_tokens":20,"cache_creation_input_tokens":0,"cache_read_input_tokens":0}})";
    return "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nrequest-id: "
           "req_bench\r\ncontent-length: " +
           std::to_string(body.size()) + "\r\n\r\n" + body;
  }();
  return answer;
}

std::string stream_head() {
  return "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: "
         "chunked\r\n\r\n" +
         chunk(
             event(
                 "message_start",
                 R"({"type":"message_start","message":{"id":"msg_bench","type":"message","role":"assistant","model":"claude-bench","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":1000,"output_tokens":1}}})") +
             event(
                 "content_block_start",
                 R"({"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}})"));
}

// Each token carries the moment it was written, so that whoever reads it can tell how late it is.
std::string token_event() {
  return chunk(
      event("content_block_delta",
            R"({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"t=)" +
                std::to_string(bench::now_ns()) + R"( "}})"));
}

std::string stream_tail() {
  return chunk(
             event("content_block_stop", R"({"type":"content_block_stop","index":0})") +
             event(
                 "message_delta",
                 R"({"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":128}})") +
             event("message_stop", R"({"type":"message_stop"})")) +
         "0\r\n\r\n";
}

class Server {
 public:
  Server(std::uint16_t port, Pace pace)
      : listener_(bench::listen_on(port)), poll_(epoll_create1(EPOLL_CLOEXEC)), pace_(pace) {
    watch(listener_, EPOLL_CTL_ADD, EPOLLIN);
  }

  [[noreturn]] void run() {
    epoll_event events[512];
    for (;;) {
      const int n = epoll_wait(poll_, events, 512, next_wait_ms());
      for (int i = 0; i < n; ++i) {
        if (events[i].data.fd == listener_) {
          accept_all();
        } else {
          serve(events[i].data.fd, events[i].events);
        }
      }
      send_due_tokens();
    }
  }

 private:
  void watch(int fd, int operation, std::uint32_t events) {
    epoll_event event{};
    event.events = events;
    event.data.fd = fd;
    epoll_ctl(poll_, operation, fd, &event);
  }

  int next_wait_ms() const {
    if (due_.empty()) return -1;
    const std::int64_t wait = due_.begin()->first - bench::now_ns();
    return wait <= 0 ? 0 : static_cast<int>(wait / 1'000'000 + 1);
  }

  void accept_all() {
    for (int fd = bench::accept_from(listener_); fd >= 0; fd = bench::accept_from(listener_)) {
      connections_[fd] = {};
      watch(fd, EPOLL_CTL_ADD, EPOLLIN);
    }
  }

  void close_connection(int fd) {
    connections_.erase(fd);
    close(fd);
  }

  void serve(int fd, std::uint32_t happened) {
    Connection& connection = connections_[fd];
    if (happened & EPOLLOUT) flush(fd, connection);
    if (!(happened & (EPOLLIN | EPOLLHUP | EPOLLERR))) return;
    char buffer[65536];
    const ssize_t got = recv(fd, buffer, sizeof buffer, 0);
    if (got == 0 || (got < 0 && errno != EAGAIN)) return close_connection(fd);
    if (got > 0) connection.in.append(buffer, static_cast<std::size_t>(got));
    const std::size_t head = connection.in.find("\r\n\r\n");
    if (head == std::string::npos) return;
    const std::string_view length =
        bench::header_of(std::string_view(connection.in).substr(0, head + 2), "content-length");
    const std::size_t size = head + 4 + static_cast<std::size_t>(bench::number(length));
    if (connection.in.size() < size) return;
    const bool stream = connection.in.find("\"stream\":true", head) != std::string::npos;
    const std::size_t wanted = connection.in.find("\"max_tokens\":", head);
    const std::int64_t max_tokens =
        wanted == std::string::npos
            ? pace_.tokens
            : bench::number(std::string_view(connection.in).substr(wanted + 13));
    connection.in.erase(0, size);
    if (!stream) {
      connection.out += plain_answer();
    } else {
      connection.out += stream_head();
      connection.tokens_left = std::min(pace_.tokens, static_cast<int>(max_tokens));
      due_.emplace(bench::now_ns() + pace_.step_ns, fd);
    }
    flush(fd, connection);
  }

  void flush(int fd, Connection& connection) {
    const ssize_t sent = send(fd, connection.out.data(), connection.out.size(), MSG_NOSIGNAL);
    if (sent > 0) connection.out.erase(0, static_cast<std::size_t>(sent));
    watch(fd, EPOLL_CTL_MOD, connection.out.empty() ? EPOLLIN : EPOLLIN | EPOLLOUT);
  }

  void send_due_tokens() {
    const std::int64_t now = bench::now_ns();
    while (!due_.empty() && due_.begin()->first <= now) {
      const auto [when, fd] = *due_.begin();
      due_.erase(due_.begin());
      const auto it = connections_.find(fd);
      if (it == connections_.end() || it->second.tokens_left == 0) continue;
      it->second.out += token_event();
      if (--it->second.tokens_left == 0) {
        it->second.out += stream_tail();
      } else {
        due_.emplace(when + pace_.step_ns, fd);
      }
      flush(fd, it->second);
    }
  }

  int listener_;
  int poll_;
  Pace pace_;
  std::unordered_map<int, Connection> connections_;
  std::multimap<std::int64_t, int> due_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) bench::die("usage: bench_upstream PORT [TOKENS] [PACE_MS]");
  Pace pace;
  if (argc > 2) pace.tokens = static_cast<int>(bench::number(argv[2]));
  if (argc > 3) pace.step_ns = bench::number(argv[3]) * 1'000'000;
  Server(static_cast<std::uint16_t>(bench::number(argv[1])), pace).run();
}
