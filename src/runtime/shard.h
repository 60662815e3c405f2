#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/random.h"
#include "runtime/attempt.h"
#include "runtime/config.h"
#include "runtime/connection.h"
#include "runtime/hooks.h"
#include "runtime/listener.h"
#include "runtime/loop.h"
#include "runtime/pool.h"
#include "runtime/resolver.h"
#include "runtime/shard_metrics.h"
#include "runtime/workers.h"

namespace sallyport::runtime {

// What all shards use; outlives them.
struct ShardContext {
  const ServerConfig& config;
  const Hooks& hooks;
  metrics::Registry& registry;
  Workers& workers;
  Workers& resolvers;
};

// One thread with one event loop, the connections it accepted, its own pools to every upstream, and
// its own cells. What begins here ends here. Unless said otherwise everything belongs to that
// thread.
class Shard {
 public:
  Shard(unsigned index, const ShardContext& context, ExchangeFactory make_exchange);
  ~Shard();

  // Before run(): a listening socket of this shard's own; fd -1 = others accept for it. Returns the
  // listener's index.
  std::size_t add_listener(std::shared_ptr<const ListenerSpec> spec, int fd,
                           std::shared_ptr<SSL_CTX> tls);
  // Where a listener balances by connections: whom it may hand them to.
  void set_peers(std::vector<Shard*> peers) { peers_ = std::move(peers); }

  // The thread's body: accepts and serves until stop().
  void run();

  // From any thread.
  void post(std::function<void()> task) { loop_.post(std::move(task)); }
  void stop() { loop_.stop(); }
  std::size_t open_connections() const { return open_connections_.load(std::memory_order_relaxed); }

  void set_tls(std::size_t listener, std::shared_ptr<SSL_CTX> tls) {
    listeners_[listener]->tls = std::move(tls);
  }
  // Forgets every kept upstream connection and reads upstreams' TLS files anew.
  void renew_pools();
  // Takes what the kernel has accepted already, then closes the listening sockets.
  void stop_accepting();
  void drain();
  // Ends what is left.
  void cut();
  void adopt(std::size_t listener, AcceptedSocket accepted);

  // For connections.
  unsigned index() const { return index_; }
  Loop& loop() { return loop_; }
  ShardMetrics& counts() { return counts_; }
  const Hooks& hooks() const { return context_.hooks; }
  Workers& workers() { return context_.workers; }
  LocalResponse error_page(int status) const;
  std::unique_ptr<exchange::Exchange> make_exchange(exchange::Port& port) {
    return make_exchange_(port);
  }
  std::shared_ptr<Attempt> make_attempt(exchange::AttemptId id, exchange::UpstreamCall call,
                                        AttemptListener& listener);
  void remove(Connection& connection);

 private:
  void accept_ready(std::size_t listener);
  // False where there is nothing more to accept now.
  bool accept_next(std::size_t listener);
  void accept_soon(std::size_t listener);
  Shard& least_loaded();
  bool turn_away(const ListenerState& listener, const AcceptedSocket& accepted);

  unsigned index_;
  ShardContext context_;
  ExchangeFactory make_exchange_;
  ShardMetrics counts_;
  Loop loop_;
  SystemRandom random_;
  Resolver resolver_;
  Pools pools_;
  std::vector<std::shared_ptr<ListenerState>> listeners_;
  std::vector<std::shared_ptr<Connection>> connections_;
  std::vector<Shard*> peers_;
  std::atomic<std::size_t> open_connections_{0};
};

}  // namespace sallyport::runtime
