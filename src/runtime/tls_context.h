#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/random.h"
#include "base/result.h"
#include "catalog/model.h"
#include "runtime/config.h"
#include "runtime/tls_session.h"

// OpenSSL contexts. Each shard has its own, so that no lock of theirs is shared.
namespace sallyport::runtime {

// Shared by the contexts of all shards, so that a client resumes at any of them.
using TicketKeys = std::array<std::uint8_t, 80>;
TicketKeys make_ticket_keys(Random& random);

// TLS 1.2 and later. Reads the files; blocks.
Result<SslContext> make_server_context(const TlsServerConfig& config, const TicketKeys& tickets);

// A client's context for one upstream, with the sessions that it may resume. Owned by one thread.
class ClientTls {
 public:
  // Reads the upstream's files, or the system's certificates (once for the process); blocks.
  static Result<std::unique_ptr<ClientTls>> make(const catalog::Upstream& upstream);

  // A session to `host` whose ciphertext goes to `out`.
  Result<std::unique_ptr<TlsSession>> session(const std::string& host, OutBuffer& out);

 private:
  ClientTls() = default;
  static int keep_session(SSL* ssl, SSL_SESSION* session);

  SslContext context_;
  std::vector<SslSession> sessions_;  // newest last; each is offered once
};

}  // namespace sallyport::runtime
