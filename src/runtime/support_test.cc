#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "http/message.h"
#include "runtime/test_support.h"

namespace sallyport::runtime::test {
namespace {

constexpr int kReceiveSeconds = 10;

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

}  // namespace

Socket::Socket(int fd) : fd_(fd) {
  const timeval limit{kReceiveSeconds, 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
}

Socket::~Socket() { close(); }

Socket::Socket(Socket&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      kept_(std::move(other.kept_)),
      end_(std::move(other.end_)) {}

Socket& Socket::operator=(Socket&& other) noexcept {
  close();
  fd_ = std::exchange(other.fd_, -1);
  kept_ = std::move(other.kept_);
  end_ = std::move(other.end_);
  return *this;
}

Socket Socket::connect(std::uint16_t port, int receive_buffer) {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  if (receive_buffer > 0)
    ::setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  const sockaddr_in address = loopback(port);
  EXPECT_EQ(::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  return Socket(fd);
}

Socket Socket::connect_unix(const std::string& path) {
  const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  EXPECT_EQ(::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  return Socket(fd);
}

bool Socket::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t put = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (put <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(put));
  }
  return true;
}

std::string Socket::receive(std::size_t most) {
  std::string bytes(most, '\0');
  const ssize_t got = ::recv(fd_, bytes.data(), bytes.size(), 0);
  if (got < 0) return errno == EAGAIN ? "<timeout>" : "<reset>";
  bytes.resize(static_cast<std::size_t>(got));
  return bytes;
}

bool Socket::fill() {
  std::string bytes = receive();
  if (bytes.empty() || bytes == "<reset>" || bytes == "<timeout>") {
    end_ = bytes;
    return false;
  }
  kept_ += bytes;
  return true;
}

std::string Socket::receive_until(std::string_view mark) {
  for (;;) {
    const std::size_t at = kept_.find(mark);
    if (at != std::string::npos) {
      std::string out = kept_.substr(0, at + mark.size());
      kept_.erase(0, at + mark.size());
      return out;
    }
    if (!fill()) return std::exchange(kept_, {}) + end_;
  }
}

std::string Socket::receive_exactly(std::size_t size) {
  while (kept_.size() < size && fill()) {
  }
  const std::string out = kept_.substr(0, size);
  kept_.erase(0, out.size());
  return out;
}

std::string Socket::receive_all() {
  while (fill()) {
  }
  return std::exchange(kept_, {}) + end_;
}

std::string Socket::Response::header(std::string_view name) const {
  std::size_t at = head.find("\r\n");
  while (at != std::string::npos && at + 2 < head.size()) {
    const std::size_t end = head.find("\r\n", at + 2);
    const std::string_view line = std::string_view(head).substr(at + 2, end - at - 2);
    const std::size_t colon = line.find(": ");
    if (colon != std::string_view::npos && http::equals_ignore_case(line.substr(0, colon), name)) {
      return std::string(line.substr(colon + 2));
    }
    at = end;
  }
  return {};
}

Socket::Response Socket::response(bool to_head) {
  Response out;
  out.head = receive_until("\r\n\r\n");
  if (out.head.size() < 12) return out;
  out.status = std::stoi(out.head.substr(9, 3));
  if (to_head || out.status == 204) return out;
  if (out.header("transfer-encoding") == "chunked") {
    for (;;) {
      const std::string line = receive_until("\r\n");
      const std::size_t size = std::strtoul(line.c_str(), nullptr, 16);
      if (size == 0) {
        out.body += line.starts_with("0\r\n") ? "" : "<cut>";
        receive_until("\r\n");
        return out;
      }
      out.body += receive_exactly(size);
      receive_until("\r\n");
    }
  }
  const std::string length = out.header("content-length");
  out.body =
      length.empty() ? receive_all() : receive_exactly(std::strtoul(length.c_str(), nullptr, 10));
  return out;
}

std::string Socket::request() {
  Response parts;
  parts.head = receive_until("\r\n\r\n");
  const std::string length = parts.header("content-length");
  return parts.head + receive_exactly(std::strtoul(length.c_str(), nullptr, 10));
}

void Socket::finish_sending() { ::shutdown(fd_, SHUT_WR); }

void Socket::reset() {
  const linger now{1, 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  close();
}

void Socket::close() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

std::string post(std::string_view path, std::string_view body, std::string_view headers) {
  return "POST " + std::string(path) +
         " HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
         std::string(headers) + "\r\n" + std::string(body);
}

std::string get(std::string_view path, std::string_view headers) {
  return "GET " + std::string(path) + " HTTP/1.1\r\nHost: x\r\n" + std::string(headers) + "\r\n";
}

FakeUpstream::FakeUpstream(Serve serve) : serve_(std::move(serve)) {
  listener_ = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  EXPECT_EQ(::bind(listener_, reinterpret_cast<const sockaddr*>(&address), size), 0);
  EXPECT_EQ(::listen(listener_, 128), 0);
  ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { accept_all(); });
}

FakeUpstream::~FakeUpstream() {
  ::shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  ::close(listener_);
  {
    const std::lock_guard lock(mutex_);
    for (const int fd : open_) ::shutdown(fd, SHUT_RDWR);
  }
  for (std::thread& thread : threads_) thread.join();
}

void FakeUpstream::accept_all() {
  for (;;) {
    const int fd = ::accept(listener_, nullptr, nullptr);
    if (fd < 0) return;
    const int index = connections_.fetch_add(1);
    const std::lock_guard lock(mutex_);
    open_.push_back(fd);
    threads_.emplace_back([this, fd, index] {
      Socket socket(fd);
      serve_(socket, index);
      const std::lock_guard inner(mutex_);
      open_.erase(std::find(open_.begin(), open_.end(), fd));
    });
  }
}

void Journal::note(std::string line) {
  const std::lock_guard lock(mutex);
  lines.push_back(std::move(line));
}

std::string Journal::all() {
  const std::lock_guard lock(mutex);
  std::string out;
  for (const std::string& line : lines) out += line + "\n";
  return out;
}

bool eventually(const std::function<bool()>& condition) {
  for (int i = 0; i < 500; ++i) {
    if (condition()) return true;
    pause_for(std::chrono::milliseconds(10));
  }
  return condition();
}

void pause_for(std::chrono::milliseconds time) {
  ::poll(nullptr, 0, static_cast<int>(time.count()));
}

double metric(const metrics::Registry& registry, std::string_view name) {
  const std::string text = registry.expose();
  double sum = 0;
  std::size_t at = 0;
  while ((at = text.find("\n" + std::string(name), at)) != std::string::npos) {
    const std::size_t end = text.find('\n', at + 1);
    const std::string line = text.substr(at + 1, end - at - 1);
    const char next = line[name.size()];
    if (next == ' ' || next == '{')
      sum += std::strtod(line.substr(line.rfind(' ')).c_str(), nullptr);
    at += 1;
  }
  return sum;
}

}  // namespace sallyport::runtime::test
