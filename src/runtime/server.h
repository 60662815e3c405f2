#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

#include "base/metrics.h"
#include "base/result.h"
#include "runtime/config.h"
#include "runtime/hooks.h"

// The whole runtime: shards, their listeners, worker and resolver threads, signals and drain.
// Header without Asio.
namespace sallyport::runtime {

class Server {
 public:
  // Checks the configuration, reads TLS files, and binds and listens on every socket; nothing is
  // accepted yet. Errors are of code config, in words for an operator. `registry` outlives the
  // server.
  static Result<std::unique_ptr<Server>> make(ServerConfig config, Hooks hooks,
                                              metrics::Registry& registry);
  virtual ~Server() = default;

  // Serves on threads of its own; the calling thread handles signals and drains. Returns when all
  // is over.
  virtual void run() = 0;

  // From any thread:
  // Readiness goes (Hooks::draining), after a grace nothing is accepted, exchanges finish, run()
  // returns.
  virtual void drain() = 0;
  // run() returns at once.
  virtual void stop() = 0;
  virtual bool draining() const = 0;
  // Runs `task` once on each shard's thread, for handing over new snapshots. Tasks arrive in the
  // order of calls.
  virtual void on_each_shard(std::function<void(unsigned shard)> task) = 0;
  // Reads all TLS files anew, of listeners and of upstreams; where one cannot be used, nothing
  // changes.
  virtual Result<void> reload_tls() = 0;
  // Runs `task` on a worker thread; false where their queue is full.
  virtual bool on_worker(std::function<void()> task) = 0;

  // Set when make() has returned.
  virtual unsigned shards() const = 0;
  // The port of a listener, for one that asked for any; 0 where there is none of that name.
  virtual std::uint16_t port(std::string_view listener) const = 0;
};

}  // namespace sallyport::runtime
