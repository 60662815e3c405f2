#include "cli/control.h"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace sallyport::cli {
namespace {

constexpr int kPatience_s = 10;
constexpr std::size_t kMaxAnswerBytes = 64 * 1024;

class Socket {
 public:
  Socket() : fd_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {}
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  ~Socket() {
    if (fd_ >= 0) ::close(fd_);
  }
  int fd() const { return fd_; }

 private:
  int fd_;
};

bool send_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

std::string receive_all(int fd) {
  std::string answer;
  char block[4096];
  while (answer.size() < kMaxAnswerBytes) {
    const ssize_t got = ::recv(fd, block, sizeof block, 0);
    if (got <= 0) break;
    answer.append(block, static_cast<std::size_t>(got));
  }
  return answer;
}

}  // namespace

std::string control_socket(const std::string& data_dir) { return data_dir + "/control.sock"; }

Result<std::string> ask_gateway(const std::string& data_dir, const std::string& path) {
  const std::string name = control_socket(data_dir);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (name.size() >= sizeof address.sun_path)
    return fail(Code::config, "the data directory's path is too long for a socket");
  std::memcpy(address.sun_path, name.data(), name.size());
  const Socket socket;
  const timeval patience{kPatience_s, 0};
  ::setsockopt(socket.fd(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  ::setsockopt(socket.fd(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  if (::connect(socket.fd(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    if (errno == ENOENT || errno == ECONNREFUSED)
      return fail(Code::not_found, "no gateway runs on " + data_dir);
    return fail(Code::io, "cannot reach the gateway at " + name + ": " + std::strerror(errno));
  }
  const std::string request =
      "POST " + path +
      " HTTP/1.1\r\nhost: control\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
  if (!send_all(socket.fd(), request))
    return fail(Code::io, "the gateway at " + name + " does not listen");
  const std::string answer = receive_all(socket.fd());
  const std::size_t body = answer.find("\r\n\r\n");
  if (!answer.starts_with("HTTP/1.1 ") || body == std::string::npos) {
    return fail(Code::timeout, "the gateway at " + name + " did not answer within " +
                                   std::to_string(kPatience_s) + " s");
  }
  std::string text = answer.substr(body + 4);
  if (answer.substr(9, 3) != "200") return fail(Code::unavailable, text);
  return text;
}

}  // namespace sallyport::cli
