#include "runtime/shard.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "base/log.h"
#include "runtime/pooled_attempt.h"
#include "runtime/scripted_attempt.h"

namespace sallyport::runtime {
namespace {

constexpr int kAcceptsPerEvent = 32;  // then others get their turn
constexpr std::string_view kFull =
    "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nRetry-After: 1\r\nConnection: "
    "close\r\n\r\n";

}  // namespace

Shard::Shard(unsigned index, const ShardContext& context, ExchangeFactory make_exchange)
    : index_(index),
      context_(context),
      make_exchange_(std::move(make_exchange)),
      counts_(context.registry),
      loop_(counts_.lag_seconds, counts_.stalls, context.config.stall_threshold,
            "shard " + std::to_string(index)),
      resolver_(loop_, context.resolvers, context.config.dns_ttl),
      pools_({loop_, resolver_, context_.config, context.registry}) {}

// Connections hold exchanges, which may hold on to what the owner of the hooks provides: they go
// first.
Shard::~Shard() {
  {
    const Loop::Turn turn(loop_);
    std::vector<std::shared_ptr<Connection>> ended;
    ended.swap(connections_);
    ended.clear();
    pools_.retire_all();
    listeners_.clear();
  }
  loop_.finish_handlers();
}

std::size_t Shard::add_listener(std::shared_ptr<const ListenerSpec> spec, int fd,
                                std::shared_ptr<SSL_CTX> tls) {
  auto listener = std::make_shared<ListenerState>(std::move(spec), loop_);
  listener->tls = std::move(tls);
  if (fd >= 0) listener->socket.assign(fd);
  listener->try_again = [this, index = listeners_.size()] { accept_soon(index); };
  listeners_.push_back(std::move(listener));
  return listeners_.size() - 1;
}

void Shard::run() {
  for (std::size_t i = 0; i < listeners_.size(); ++i) accept_soon(i);
  loop_.run();
}

void Shard::accept_soon(std::size_t index) {
  ListenerState& listener = *listeners_[index];
  if (!listener.socket.is_open()) return;
  listener.socket.async_wait(asio::posix::descriptor_base::wait_read,
                             [this, index](const ErrorCode& error) {
                               if (error) return;
                               const Loop::Turn turn(loop_);
                               accept_ready(index);
                             });
}

void Shard::accept_ready(std::size_t index) {
  ListenerState& listener = *listeners_[index];
  for (int i = 0; i < kAcceptsPerEvent; ++i) {
    if (accept_next(index)) continue;
    if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
      log::error("accept_failed", {{"listener", listener.spec->config.name}, {"errno", errno}});
      listener.retry.set(std::chrono::seconds(1));
      return;
    }
    break;
  }
  accept_soon(index);
}

bool Shard::accept_next(std::size_t index) {
  ListenerState& listener = *listeners_[index];
  int number = 0;
  auto accepted = accept_one(listener.socket.native_handle(), number);
  errno = number;
  if (!accepted) return number == ECONNABORTED || number == EINTR;
  Shard& target =
      listener.spec->config.balance == Balance::least_connections ? least_loaded() : *this;
  if (&target == this) {
    adopt(index, std::move(*accepted));
    return true;
  }
  // Counted now, so that the next choice knows of it.
  target.open_connections_.fetch_add(1, std::memory_order_relaxed);
  const auto handed = std::make_shared<AcceptedSocket>(std::move(*accepted));
  target.post([&target, index, handed] {
    target.open_connections_.fetch_sub(1, std::memory_order_relaxed);
    target.adopt(index, std::move(*handed));
  });
  return true;
}

Shard& Shard::least_loaded() {
  Shard* best = this;
  for (Shard* peer : peers_) {
    if (peer->open_connections() < best->open_connections()) best = peer;
  }
  return *best;
}

bool Shard::turn_away(const ListenerState& listener, const AcceptedSocket& accepted) {
  const bool full = listener.connections >= listener.spec->config.limits.max_connections;
  const bool failing = listener.failures.exceeded(accepted.peer().text, loop_.clock().now());
  if (!full && !failing) return false;
  counts_.turned_away.add();
  if (full && !listener.tls)
    ::send(accepted.fd(), kFull.data(), kFull.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  return true;
}

void Shard::adopt(std::size_t index, AcceptedSocket accepted) {
  const std::shared_ptr<ListenerState>& listener = listeners_[index];
  if (turn_away(*listener, accepted)) return;
  counts_.accepted.add();
  counts_.open.add(1);
  ++listener->connections;
  open_connections_.fetch_add(1, std::memory_order_relaxed);
  const bool unix_domain = !accepted.peer().address;
  const bool v6 = accepted.peer().address && accepted.peer().text.find(':') != std::string::npos;
  const asio::generic::stream_protocol protocol(unix_domain ? AF_UNIX : (v6 ? AF_INET6 : AF_INET),
                                                0);
  auto connection = std::make_shared<Connection>(*this, listener, accepted.peer());
  connection->shard_index = connections_.size();
  connections_.push_back(connection);
  connection->start(StreamSocket(loop_.io(), protocol, accepted.release()));
}

void Shard::remove(Connection& connection) {
  const std::size_t index = connection.shard_index;
  if (index >= connections_.size() || connections_[index].get() != &connection) return;
  loop_.bury(std::move(connections_[index]));
  if (index + 1 != connections_.size()) {
    connections_[index] = std::move(connections_.back());
    connections_[index]->shard_index = index;
  }
  connections_.pop_back();
  --connection.listener().connections;
  counts_.closed.add();
  counts_.open.add(-1);
  open_connections_.fetch_sub(1, std::memory_order_relaxed);
}

std::shared_ptr<Attempt> Shard::make_attempt(exchange::AttemptId id, exchange::UpstreamCall call,
                                             AttemptListener& listener) {
  if (call.upstream->kind == catalog::UpstreamKind::simulator) {
    auto script = context_.hooks.scripts(call.head, call.body, random_, loop_.clock().wall());
    return std::make_shared<ScriptedAttempt>(loop_, id, *call.upstream, std::move(script),
                                             listener);
  }
  const std::shared_ptr<Pool>& pool = pools_.of(*call.upstream);
  return std::make_shared<PooledAttempt>(pool, id, std::move(call), listener);
}

LocalResponse Shard::error_page(int status) const {
  if (context_.hooks.error_page) return context_.hooks.error_page(status);
  LocalResponse page;
  page.status = status;
  page.headers.add("Content-Type", "application/json");
  page.body = R"({"error":{"status":)" + std::to_string(status) + "}}";
  return page;
}

void Shard::renew_pools() { pools_.renew(); }

void Shard::stop_accepting() {
  for (std::size_t i = 0; i < listeners_.size(); ++i) {
    ListenerState& listener = *listeners_[i];
    if (!listener.socket.is_open()) continue;
    while (accept_next(i)) {
    }
    ErrorCode ignored;
    listener.socket.close(ignored);
  }
}

void Shard::drain() {
  const auto open = connections_;
  for (const auto& connection : open) connection->drain();
}

void Shard::cut() {
  const auto open = connections_;
  for (const auto& connection : open) connection->cut();
}

}  // namespace sallyport::runtime
