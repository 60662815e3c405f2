#pragma once

#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "runtime/config.h"
#include "runtime/loop.h"
#include "runtime/network.h"
#include "runtime/tls_context.h"

namespace sallyport::runtime {

// What all shards share of a listener. Immutable.
struct ListenerSpec {
  ListenerConfig config;
  NetworkSet proxy_protocol_from;
  std::uint16_t port = 0;  // the one that was bound
};

// How often an address failed its handshake lately. Bounded; when full it forgets everyone.
class HandshakeFailures {
 public:
  explicit HandshakeFailures(std::uint32_t per_minute) : per_minute_(per_minute) {}
  void count(const std::string& address, Instant now);
  bool exceeded(const std::string& address, Instant now) const;

 private:
  struct Window {
    std::uint32_t count = 0;
    Instant began;
  };
  std::uint32_t per_minute_;
  std::unordered_map<std::string, Window> addresses_;
};

// Who connected, as the kernel says.
struct Peer {
  std::string text;                     // "192.0.2.1", or "unix"
  std::optional<AddressBytes> address;  // absent for Unix-domain sockets
};

// A connection that was accepted but has no owner yet.
class AcceptedSocket {
 public:
  AcceptedSocket(int fd, Peer peer) : fd_(fd), peer_(std::move(peer)) {}
  ~AcceptedSocket();
  AcceptedSocket(AcceptedSocket&& other) noexcept;
  AcceptedSocket& operator=(AcceptedSocket&&) = delete;
  int release();
  int fd() const { return fd_; }
  const Peer& peer() const { return peer_; }

 private:
  int fd_;
  Peer peer_;
};

// One shard's part of a listener.
struct ListenerState {
  ListenerState(std::shared_ptr<const ListenerSpec> shared_spec, Loop& loop)
      : spec(std::move(shared_spec)),
        socket(loop.io()),
        failures(spec->config.limits.handshake_failures_per_minute),
        retry(loop.wheel(), [this] {
          if (try_again) try_again();
        }) {}

  std::shared_ptr<const ListenerSpec> spec;
  asio::posix::basic_stream_descriptor<Executor>
      socket;                    // listening; closed where another shard accepts for this one
  std::shared_ptr<SSL_CTX> tls;  // null: plain
  HandshakeFailures failures;
  std::size_t connections = 0;
  std::function<void()> try_again;
  Timer retry;  // after the kernel had no descriptor left
};

// A listening socket as `config` says. `port`: the one to bind, where another shard has bound it
// already; else 0. Blocks for no longer than binding takes.
Result<int> open_listening_socket(const ListenerConfig& config, std::uint16_t port,
                                  bool reuse_port);
std::uint16_t bound_port(int fd);
// All sockets of one listener: one a shard, or one in all. Every one of them is listening when this
// returns.
Result<std::vector<int>> open_listening_sockets(const ListenerConfig& config, unsigned count);

// The next connection that waits on `fd`; an error where there is none, with errno in
// `error_number`.
std::optional<AcceptedSocket> accept_one(int fd, int& error_number);

}  // namespace sallyport::runtime
