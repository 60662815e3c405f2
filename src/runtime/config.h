#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"

// What the owner of the runtime tells it, as plain values. Whoever reads the configuration file
// fills these; Server::make checks them.
namespace sallyport::runtime {

// The files of a TLS server; read at start and again at Server::reload_tls(). PEM.
struct TlsServerConfig {
  std::string cert_file;  // leaf first, then its chain
  std::string key_file;
  // Where set, a client certificate signed by one of these is asked for; its subject goes into
  // Arrival::client_subject.
  std::string client_ca_file;
  bool require_client_cert = false;
};

// How accepted connections find their shard.
enum class Balance : std::uint8_t {
  kernel,             // SO_REUSEPORT: one socket a shard, the kernel hashes
  least_connections,  // one acceptor hands each connection to the shard with the fewest
};

// Bounds of one listener. Times are per phase; every one of them ends the connection.
struct ListenerLimits {
  std::size_t max_head_bytes = 64 * 1024;
  std::size_t max_header_count = 256;
  std::size_t max_body_bytes = 32 * 1024 * 1024;
  std::size_t max_connections = 20'000;  // per shard

  Duration handshake_timeout = std::chrono::seconds(10);  // TLS and PROXY header
  Duration header_timeout = std::chrono::seconds(15);  // from its first byte to the end of the head
  Duration body_timeout = std::chrono::minutes(5);     // whole body
  Duration body_stall_timeout = std::chrono::seconds(30);  // no minimum of progress within this
  std::size_t body_stall_bytes = 1024;                     // that minimum
  Duration idle_timeout = std::chrono::seconds(75);        // kept alive, nothing asked
  Duration write_timeout = std::chrono::seconds(60);  // client takes no byte of what waits for it

  // Unsent bytes to a client: above high, the upstream is not read; below low, it is again.
  std::size_t high_water_bytes = 256 * 1024;
  std::size_t low_water_bytes = 64 * 1024;

  // Failed TLS handshakes of one address within a minute, after which it is closed on accept. 0 =
  // no bound.
  std::uint32_t handshake_failures_per_minute = 60;
};

struct ListenerConfig {
  std::string name = "main";  // in Arrival::listener, logs and metrics
  // Either an address with a port (0 = any free one) or the path of a Unix-domain socket.
  std::string address = "127.0.0.1";
  std::uint16_t port = 8080;
  std::string unix_path;
  std::uint32_t unix_mode = 0600;

  std::optional<TlsServerConfig> tls;
  // Networks ("10.0.0.0/8", "::1/128") whose connections must begin with a PROXY header, v1 or v2.
  // A PROXY header from anywhere else is a malformed request.
  std::vector<std::string> proxy_protocol_from;
  Balance balance = Balance::kernel;
  // Only the LocalHandler answers here; nothing becomes an exchange (control, metrics).
  bool local_only = false;
  // A client that sends FIN right after its request may still be reading (half-close) and is
  // answered: where the FIN comes within this time of the request and before the answer begins. A
  // later FIN means that it left.
  Duration half_close_window = std::chrono::seconds(1);
  bool half_close_is_gone = false;  // every FIN means that
  int backlog = 4096;
  ListenerLimits limits;
};

struct ServerConfig {
  std::vector<ListenerConfig> listeners;
  unsigned shards = 0;      // 0 = one for each usable core
  bool pin_shards = false;  // shard i to the i-th usable core

  unsigned workers = 2;  // threads for Port::offload and LocalResponse::later
  std::size_t worker_queue = 1024;
  unsigned resolvers = 2;  // threads for getaddrinfo
  Duration dns_ttl = std::chrono::seconds(30);
  std::size_t max_waiting_per_upstream = 1024;  // attempts waiting for a connection, per shard
  Duration upstream_idle_timeout =
      std::chrono::seconds(50);  // a kept connection is closed after this
  std::size_t max_upstream_head_bytes = 64 * 1024;
  std::uint64_t max_upstream_body_bytes = 1ull << 30;

  Duration stall_threshold =
      std::chrono::milliseconds(100);  // a longer callback is counted and logged
  // Drain: how long to go on accepting after readiness went, and how long exchanges may take to
  // finish.
  Duration drain_grace = std::chrono::seconds(2);
  Duration drain_deadline = std::chrono::seconds(30);

  bool handle_signals = true;  // SIGTERM, SIGINT, SIGHUP
  // Watched for change (also by rename over it); each change calls Hooks::config_changed.
  std::vector<std::string> watched_files;
};

}  // namespace sallyport::runtime
