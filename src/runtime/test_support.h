#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/metrics.h"
#include "exchange/exchange.h"
#include "runtime/server.h"

// Real sockets on loopback for the tests of this room: a blocking client, a blocking upstream, and
// an exchange that does what the request's path says. Everything has a time limit.
namespace sallyport::runtime::test {

// A blocking socket with a receive timeout. Closes itself.
class Socket {
 public:
  Socket() = default;
  explicit Socket(int fd);
  ~Socket();
  Socket(Socket&& other) noexcept;
  Socket& operator=(Socket&& other) noexcept;

  static Socket connect(std::uint16_t port, int receive_buffer = 0);
  static Socket connect_unix(const std::string& path);

  // False where the peer has closed.
  bool send(std::string_view bytes);
  // What comes next, "" at the end of the stream, "<reset>" or "<timeout>".
  std::string receive(std::size_t most = 65536);
  // Until `mark` has been seen, or the end. Keeps what follows for the next call.
  std::string receive_until(std::string_view mark);
  std::string receive_exactly(std::size_t size);
  std::string receive_all();
  // Head and body of one response, by content-length or chunks; the body without framing.
  struct Response {
    int status = 0;
    std::string head;
    std::string body;
    std::string header(std::string_view name) const;
  };
  Response response(bool to_head = false);
  // Head and body of one request by content-length.
  std::string request();

  void finish_sending();
  void reset();
  void close();
  int fd() const { return fd_; }

 private:
  bool fill();
  int fd_ = -1;
  std::string kept_;
  std::string end_;
};

std::string post(std::string_view path, std::string_view body, std::string_view headers = "");
std::string get(std::string_view path, std::string_view headers = "");

// Listens on a free port; every connection is given to `serve` on a thread of its own.
class FakeUpstream {
 public:
  using Serve = std::function<void(Socket& socket, int index)>;
  explicit FakeUpstream(Serve serve);
  ~FakeUpstream();
  std::uint16_t port() const { return port_; }
  int connections() const { return connections_.load(); }

 private:
  void accept_all();
  Serve serve_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<int> connections_{0};
  std::mutex mutex_;
  std::vector<std::thread> threads_;
  std::vector<int> open_;
  std::thread acceptor_;
};

// What exchanges have seen, for assertions from the test's thread.
struct Journal {
  std::atomic<int> begun{0};
  std::atomic<int> finished{0};
  std::atomic<int> gone{0};
  std::atomic<int> ticks{0};
  std::atomic<int> work_done{0};
  std::atomic<std::uint64_t> upstream_bytes{0};
  std::mutex mutex;
  std::vector<std::string> lines;  // "failure reset nothing_sent=1 …"
  void note(std::string line);
  std::string all();
};

// A server with one listener "main" and an exchange that obeys its path:
//   /echo         answers method, path, size of the body, peer and listener
//   /chunked      answers three pieces without a length
//   /stream       never ends: a piece every tick
//   /big?N        N bytes in one go, without a length
//   /proxy        relays the upstream's answer
//   /offload      answers what a worker thread computed
//   /abort        breaks off in the middle
//   /silent       never answers
class TestServer {
 public:
  explicit TestServer(ServerConfig config = {}, Hooks hooks = {});
  ~TestServer();

  ServerConfig& config() { return config_; }
  Hooks& hooks() { return hooks_; }
  // Begins to serve; before it, config, hooks and upstream may be changed.
  void start();
  void stop();
  std::uint16_t port(std::string_view listener = "main") const { return server_->port(listener); }
  Socket connect() const { return Socket::connect(port()); }
  Server& server() { return *server_; }
  void wait_ended() { thread_.join(); }

  catalog::Upstream upstream;
  Journal journal;
  metrics::Registry registry;

 private:
  ServerConfig config_;
  Hooks hooks_;
  std::unique_ptr<Server> server_;
  std::thread thread_;
};

// Waits until `condition` holds; false after two seconds (times the slowness of sanitizers).
bool eventually(const std::function<bool()>& condition);
void pause_for(std::chrono::milliseconds time);
// The sum of a metric's series in the exposition.
double metric(const metrics::Registry& registry, std::string_view name);

}  // namespace sallyport::runtime::test
