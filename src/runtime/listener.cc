#include "runtime/listener.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>

namespace sallyport::runtime {
namespace {

constexpr std::size_t kMaxFailureAddresses = 4096;

Failure socket_failure(const std::string& where, std::string_view doing, int number) {
  std::string detail = "listener " + where + ": " + std::string(doing) + ": " +
                       std::generic_category().message(number);
  if (number == EADDRINUSE) detail += "; stop what listens there or choose another port";
  if (number == EACCES) detail += "; choose a port above 1023 or grant CAP_NET_BIND_SERVICE";
  return fail(Code::config, std::move(detail));
}

struct Closer {
  int fd;
  ~Closer() {
    if (fd >= 0) ::close(fd);
  }
  int release() { return std::exchange(fd, -1); }
};

Result<int> open_unix(const ListenerConfig& config) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (config.unix_path.size() >= sizeof address.sun_path) {
    return fail(Code::config,
                "listener " + config.unix_path + ": the path is too long for a socket");
  }
  std::memcpy(address.sun_path, config.unix_path.data(), config.unix_path.size());
  const auto* raw = reinterpret_cast<const sockaddr*>(&address);
  Closer probe{::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
  if (::connect(probe.fd, raw, sizeof address) == 0)
    return socket_failure(config.unix_path, "binding", EADDRINUSE);
  struct stat old {};
  // What a former process left behind; anything but a socket stays.
  if (::lstat(config.unix_path.c_str(), &old) == 0 && S_ISSOCK(old.st_mode))
    ::unlink(config.unix_path.c_str());
  Closer made{::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
  if (made.fd < 0) return socket_failure(config.unix_path, "opening", errno);
  const mode_t mask = ::umask(0777 & ~config.unix_mode);
  const int bound = ::bind(made.fd, raw, sizeof address);
  const int number = errno;
  ::umask(mask);
  if (bound != 0) return socket_failure(config.unix_path, "binding", number);
  if (::listen(made.fd, config.backlog) != 0)
    return socket_failure(config.unix_path, "listening", errno);
  return made.release();
}

Result<int> open_tcp(const ListenerConfig& config, std::uint16_t port, bool reuse_port) {
  const std::string where = config.address + ":" + std::to_string(config.port);
  const auto address = parse_address(config.address);
  if (!address) return fail_within("listener " + where, address.error());
  const bool v4 = config.address.find(':') == std::string::npos;
  sockaddr_storage storage{};
  socklen_t size = 0;
  if (v4) {
    auto& in = reinterpret_cast<sockaddr_in&>(storage);
    in.sin_family = AF_INET;
    in.sin_port = htons(port);
    std::memcpy(&in.sin_addr, address->data() + 12, 4);
    size = sizeof in;
  } else {
    auto& in = reinterpret_cast<sockaddr_in6&>(storage);
    in.sin6_family = AF_INET6;
    in.sin6_port = htons(port);
    std::memcpy(&in.sin6_addr, address->data(), 16);
    size = sizeof in;
  }
  Closer made{::socket(v4 ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
  if (made.fd < 0) return socket_failure(where, "opening", errno);
  const int on = 1;
  ::setsockopt(made.fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (reuse_port) ::setsockopt(made.fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
  ::setsockopt(made.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);  // accepted sockets inherit it
  ::setsockopt(made.fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  if (::bind(made.fd, reinterpret_cast<const sockaddr*>(&storage), size) != 0) {
    return socket_failure(where, "binding", errno);
  }
  if (::listen(made.fd, config.backlog) != 0) return socket_failure(where, "listening", errno);
  return made.release();
}

}  // namespace

void HandshakeFailures::count(const std::string& address, Instant now) {
  if (per_minute_ == 0) return;
  if (addresses_.size() >= kMaxFailureAddresses) addresses_.clear();
  Window& window = addresses_[address];
  if (window.count == 0 || now - window.began > std::chrono::minutes(1)) window = {0, now};
  ++window.count;
}

bool HandshakeFailures::exceeded(const std::string& address, Instant now) const {
  if (per_minute_ == 0) return false;
  const auto known = addresses_.find(address);
  if (known == addresses_.end() || now - known->second.began > std::chrono::minutes(1))
    return false;
  return known->second.count >= per_minute_;
}

AcceptedSocket::~AcceptedSocket() {
  if (fd_ >= 0) ::close(fd_);
}

AcceptedSocket::AcceptedSocket(AcceptedSocket&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), peer_(std::move(other.peer_)) {}

int AcceptedSocket::release() { return std::exchange(fd_, -1); }

Result<int> open_listening_socket(const ListenerConfig& config, std::uint16_t port,
                                  bool reuse_port) {
  return config.unix_path.empty() ? open_tcp(config, port, reuse_port) : open_unix(config);
}

std::uint16_t bound_port(int fd) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&storage), &size) != 0) return 0;
  if (storage.ss_family == AF_INET)
    return ntohs(reinterpret_cast<const sockaddr_in&>(storage).sin_port);
  if (storage.ss_family == AF_INET6)
    return ntohs(reinterpret_cast<const sockaddr_in6&>(storage).sin6_port);
  return 0;
}

Result<std::vector<int>> open_listening_sockets(const ListenerConfig& config, unsigned count) {
  std::vector<int> sockets;
  const bool reuse_port = count > 1;
  std::uint16_t port = config.port;
  if (reuse_port && port != 0) {
    // SO_REUSEPORT would share the port with another process of ours in silence, so first see that
    // it is free.
    const auto probe = open_listening_socket(config, port, false);
    if (!probe) return tl::unexpected(probe.error());
    ::close(*probe);
  }
  for (unsigned i = 0; i < count; ++i) {
    const auto opened = open_listening_socket(config, port, reuse_port);
    if (!opened) {
      for (const int fd : sockets) ::close(fd);
      return tl::unexpected(opened.error());
    }
    sockets.push_back(*opened);
    port = bound_port(*opened);
  }
  return sockets;
}

std::optional<AcceptedSocket> accept_one(int fd, int& error_number) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  const int accepted =
      ::accept4(fd, reinterpret_cast<sockaddr*>(&storage), &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (accepted < 0) {
    error_number = errno;
    return std::nullopt;
  }
  Peer peer;
  if (storage.ss_family == AF_INET) {
    AddressBytes bytes{};
    bytes[10] = bytes[11] = 0xff;
    std::memcpy(bytes.data() + 12, &reinterpret_cast<const sockaddr_in&>(storage).sin_addr, 4);
    peer.address = bytes;
  } else if (storage.ss_family == AF_INET6) {
    AddressBytes bytes{};
    std::memcpy(bytes.data(), &reinterpret_cast<const sockaddr_in6&>(storage).sin6_addr, 16);
    peer.address = bytes;
  }
  peer.text = peer.address ? print_address(*peer.address) : "unix";
  return AcceptedSocket(accepted, std::move(peer));
}

}  // namespace sallyport::runtime
