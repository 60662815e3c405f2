#include "runtime/pool.h"

#include <algorithm>

#include "base/log.h"

namespace sallyport::runtime {
namespace {

std::string host_header_of(const catalog::Upstream& upstream) {
  std::string host =
      upstream.host.find(':') == std::string::npos ? upstream.host : "[" + upstream.host + "]";
  if (upstream.port != (upstream.tls ? 443 : 80)) host += ":" + std::to_string(upstream.port);
  return host;
}

}  // namespace

PoolMetrics::PoolMetrics(metrics::Registry& registry, const std::string& upstream)
    : open(registry.gauge("sallyport_upstream_connections",
                          "connections to upstreams, of all states", {{"upstream", upstream}})),
      idle(registry.gauge("sallyport_upstream_connections_idle",
                          "kept connections that wait for a request", {{"upstream", upstream}})),
      waiting(registry.gauge("sallyport_upstream_waiting", "attempts that wait for a connection",
                             {{"upstream", upstream}})),
      connects(registry.counter("sallyport_upstream_connects_total", "connections made",
                                {{"upstream", upstream}})),
      connect_failures(registry.counter(
          "sallyport_upstream_connect_failures_total",
          "connections that did not come about (name, tcp, proxy, tls)", {{"upstream", upstream}})),
      reuses(registry.counter("sallyport_upstream_reuses_total",
                              "requests sent on a kept connection", {{"upstream", upstream}})),
      retries(registry.counter("sallyport_upstream_retries_total",
                               "requests sent again because a kept connection had closed",
                               {{"upstream", upstream}})) {}

Pool::Pool(const PoolContext& context, const catalog::Upstream& upstream)
    : context_(context),
      upstream_(upstream),
      host_header_(host_header_of(upstream)),
      metrics_(context.registry, upstream.name) {
  upstream_.credential.clear();  // the exchange's business
  if (!upstream.tls) return;
  auto tls = ClientTls::make(upstream);
  if (tls) {
    tls_ = std::move(*tls);
  } else {
    usable_ = false;
    tls_error_ = tls.error();
    log::error("upstream_tls_unusable",
               {{"upstream", upstream.name}, {"detail", tls_error_.detail}});
  }
}

Pool::~Pool() = default;

bool Pool::fits(const catalog::Upstream& other) const {
  const catalog::Upstream& own = upstream_;
  return own.tls == other.tls && own.port == other.port && own.host == other.host &&
         own.ca_file == other.ca_file && own.client_cert_file == other.client_cert_file &&
         own.client_key_file == other.client_key_file && own.proxy_host == other.proxy_host &&
         own.proxy_port == other.proxy_port &&
         own.proxy_authorization == other.proxy_authorization &&
         own.connect_timeout == other.connect_timeout &&
         own.max_idle_connections == other.max_idle_connections &&
         own.max_connections == other.max_connections;
}

void Pool::acquire(const std::shared_ptr<Asker>& asker, bool fresh) {
  if (!usable_) return fail_later(asker, tls_error_);
  while (!fresh && !idle_.empty()) {
    const std::shared_ptr<Link> link = std::move(idle_.back());
    idle_.pop_back();
    metrics_.idle.set(static_cast<double>(idle_.size()));
    if (link->quiet()) {
      metrics_.reuses.add();
      asker->take_link(link);
      link->reuse(*asker);
      return;
    }
    link->close();
  }
  if (open_ < upstream_.max_connections) return open_for(asker);
  if (waiting_.size() >= context_.config.max_waiting_per_upstream) {
    return fail_later(asker, {Code::unavailable, Source::internal, true,
                              "too many requests wait for a connection to this upstream"});
  }
  waiting_.push_back(asker);
  metrics_.waiting.set(static_cast<double>(waiting_.size()));
}

void Pool::open_for(const std::shared_ptr<Asker>& asker) {
  ++open_;
  metrics_.open.set(open_);
  const auto link = std::make_shared<Link>(shared_from_this());
  asker->take_link(link);
  link->connect(*asker);
}

void Pool::fail_later(const std::shared_ptr<Asker>& asker, Error error) {
  context_.loop.defer([weak = std::weak_ptr<Asker>(asker), error = std::move(error)] {
    if (const auto held = weak.lock()) held->on_link_failed(error);
  });
}

void Pool::keep(std::shared_ptr<Link> link) {
  if (retired_ || idle_.size() >= upstream_.max_idle_connections) return link->close();
  idle_.push_back(std::move(link));
  metrics_.idle.set(static_cast<double>(idle_.size()));
  serve_waiting();
}

void Pool::forget_idle(const Link& link) {
  const auto at = std::find_if(idle_.begin(), idle_.end(),
                               [&link](const auto& one) { return one.get() == &link; });
  if (at == idle_.end()) return;
  context_.loop.bury(std::move(*at));
  idle_.erase(at);
  metrics_.idle.set(static_cast<double>(idle_.size()));
}

void Pool::link_closed() {
  --open_;
  metrics_.open.set(open_);
  serve_waiting();
}

// Later, since whoever released or closed a link is still at it.
void Pool::serve_waiting() {
  if (waiting_.empty()) return;
  context_.loop.defer([self = shared_from_this()] {
    while (!self->waiting_.empty() &&
           (!self->idle_.empty() || self->open_ < self->upstream_.max_connections)) {
      const auto asker = self->waiting_.front().lock();
      self->waiting_.pop_front();
      self->metrics_.waiting.set(static_cast<double>(self->waiting_.size()));
      if (asker) self->acquire(asker, false);
    }
  });
}

void Pool::retire() {
  retired_ = true;
  std::vector<std::shared_ptr<Link>> idle;
  idle.swap(idle_);
  metrics_.idle.set(0);
  for (const auto& link : idle) link->close();
}

const std::shared_ptr<Pool>& Pools::of(const catalog::Upstream& upstream) {
  std::shared_ptr<Pool>& pool = pools_[upstream.name];
  if (pool && pool->fits(upstream)) return pool;
  if (pool) pool->retire();
  pool = std::make_shared<Pool>(context_, upstream);
  return pool;
}

void Pools::renew() {
  retire_all();
  pools_.clear();
}

void Pools::retire_all() {
  for (const auto& [name, pool] : pools_) pool->retire();
}

}  // namespace sallyport::runtime
