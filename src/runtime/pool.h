#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "base/metrics.h"
#include "catalog/model.h"
#include "runtime/config.h"
#include "runtime/link.h"
#include "runtime/loop.h"
#include "runtime/resolver.h"
#include "runtime/tls_context.h"

namespace sallyport::runtime {

struct PoolMetrics {
  PoolMetrics(metrics::Registry& registry, const std::string& upstream);
  metrics::Gauge& open;
  metrics::Gauge& idle;
  metrics::Gauge& waiting;
  metrics::Counter& connects;
  metrics::Counter& connect_failures;
  metrics::Counter& reuses;
  metrics::Counter& retries;
};

// What pools of one shard share.
struct PoolContext {
  Loop& loop;
  Resolver& resolver;
  const ServerConfig& config;
  metrics::Registry& registry;
};

// The connections of one shard to one upstream, as it is configured at present. Bounded: so many
// open, so many waiting.
class Pool : public std::enable_shared_from_this<Pool> {
 public:
  // Who waits for a connection.
  class Asker : public LinkUser {
   public:
    // The link is the asker's until it releases or closes it.
    virtual void take_link(std::shared_ptr<Link> link) = 0;
  };

  // Reads the upstream's TLS files; where they cannot be used, every acquire fails and says so.
  Pool(const PoolContext& context, const catalog::Upstream& upstream);
  ~Pool();

  // Gives a kept connection, unless `fresh`, or a new one, now or when there is room. Failure comes
  // later, as on_link_failed.
  void acquire(const std::shared_ptr<Asker>& asker, bool fresh);
  // Closes what is idle and keeps nothing from now on.
  void retire();
  // Whether the connections of a pool made from `upstream` could serve the same.
  bool fits(const catalog::Upstream& upstream) const;

  const catalog::Upstream& upstream() const { return upstream_; }
  const std::string& host_header() const { return host_header_; }
  const PoolContext& context() const { return context_; }
  PoolMetrics& counts() { return metrics_; }
  ClientTls* tls() { return tls_.get(); }

  // For links.
  void keep(std::shared_ptr<Link> link);
  void forget_idle(const Link& link);
  void link_closed();

 private:
  void open_for(const std::shared_ptr<Asker>& asker);
  void fail_later(const std::shared_ptr<Asker>& asker, Error error);
  void serve_waiting();

  PoolContext context_;
  catalog::Upstream upstream_;
  std::string host_header_;
  std::unique_ptr<ClientTls> tls_;
  Error tls_error_;
  bool usable_ = true;
  bool retired_ = false;
  PoolMetrics metrics_;
  std::vector<std::shared_ptr<Link>> idle_;  // last used last
  std::uint32_t open_ = 0;
  std::deque<std::weak_ptr<Asker>> waiting_;
};

// The pools of one shard, by upstream name.
class Pools {
 public:
  explicit Pools(const PoolContext& context) : context_(context) {}
  ~Pools() { retire_all(); }
  // The pool for `upstream`; a pool whose configuration changed is replaced.
  const std::shared_ptr<Pool>& of(const catalog::Upstream& upstream);
  void retire_all();
  // New pools from now on.
  void renew();

 private:
  PoolContext context_;
  std::unordered_map<std::string, std::shared_ptr<Pool>> pools_;
};

}  // namespace sallyport::runtime
