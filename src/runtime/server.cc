#include "runtime/server.h"

#include <pthread.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <thread>

#include "base/log.h"
#include "runtime/file_watch.h"
#include "runtime/main_loop.h"
#include "runtime/shard.h"

namespace sallyport::runtime {
namespace {

std::vector<int> usable_cores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  std::vector<int> cores;
  if (::sched_getaffinity(0, sizeof set, &set) == 0) {
    for (int i = 0; i < CPU_SETSIZE; ++i) {
      if (CPU_ISSET(i, &set)) cores.push_back(i);
    }
  }
  if (cores.empty()) cores.push_back(0);
  return cores;
}

void pin_to(int core) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(static_cast<std::size_t>(core), &set);
  if (::pthread_setaffinity_np(::pthread_self(), sizeof set, &set) != 0) {
    log::warn("pinning_failed", {{"core", core}});
  }
}

class ServerOfShards final : public Server {
 public:
  ServerOfShards(ServerConfig config, Hooks hooks, metrics::Registry& registry)
      : config_(std::move(config)),
        hooks_(std::move(hooks)),
        registry_(registry),
        workers_(std::max(config_.workers, 1u), config_.worker_queue),
        resolvers_(std::max(config_.resolvers, 1u), 4096) {}
  ~ServerOfShards() override;

  Result<void> set_up();
  void run() override;
  void drain() override {
    main_.post([this] { begin_drain(); });
  }
  void stop() override { main_.stop(); }
  bool draining() const override { return draining_.load(std::memory_order_relaxed); }
  void on_each_shard(std::function<void(unsigned)> task) override;
  Result<void> reload_tls() override;
  bool on_worker(std::function<void()> task) override { return workers_.submit(std::move(task)); }
  unsigned shards() const override { return static_cast<unsigned>(shards_.size()); }
  std::uint16_t port(std::string_view listener) const override;

 private:
  Result<void> add_listener(const ListenerConfig& config);
  Result<std::vector<std::shared_ptr<SSL_CTX>>> make_contexts(const ListenerConfig& config) const;
  void register_metrics();
  void begin_drain();
  void end_drain();
  void watch_drain(Instant deadline, bool cut);
  std::size_t open_connections() const;
  void remove_unix_sockets() const;

  ServerConfig config_;
  Hooks hooks_;
  metrics::Registry& registry_;
  TicketKeys tickets_{};
  std::vector<int> cores_;
  std::vector<std::shared_ptr<const ListenerSpec>> listeners_;
  MainLoop main_;
  std::atomic<bool> draining_{false};
  // In this order: workers and resolvers stop before the shards that they post to are gone.
  std::vector<std::unique_ptr<Shard>> shards_;
  Workers workers_;
  Workers resolvers_;
};

ServerOfShards::~ServerOfShards() {
  workers_.stop();
  resolvers_.stop();
  shards_.clear();
  remove_unix_sockets();
}

Result<void> ServerOfShards::set_up() {
  cores_ = usable_cores();
  const unsigned count =
      config_.shards == 0 ? static_cast<unsigned>(cores_.size()) : config_.shards;
  SystemRandom random;
  tickets_ = make_ticket_keys(random);
  for (unsigned i = 0; i < count; ++i) {
    const ShardContext context{config_, hooks_, registry_, workers_, resolvers_};
    shards_.push_back(
        std::make_unique<Shard>(i, context, hooks_.exchanges ? hooks_.exchanges(i) : nullptr));
  }
  for (const ListenerConfig& listener : config_.listeners) {
    if (auto added = add_listener(listener); !added) return added;
  }
  std::vector<Shard*> peers;
  for (const auto& shard : shards_) peers.push_back(shard.get());
  for (const auto& shard : shards_) shard->set_peers(peers);
  register_metrics();
  return {};
}

Result<std::vector<std::shared_ptr<SSL_CTX>>> ServerOfShards::make_contexts(
    const ListenerConfig& config) const {
  std::vector<std::shared_ptr<SSL_CTX>> contexts(shards_.size());
  if (!config.tls) return contexts;
  for (auto& context : contexts) {
    auto made = make_server_context(*config.tls, tickets_);
    if (!made) return fail_within("listener " + config.name, made.error());
    context = std::shared_ptr<SSL_CTX>(std::move(*made));
  }
  return contexts;
}

Result<void> ServerOfShards::add_listener(const ListenerConfig& config) {
  auto spec = std::make_shared<ListenerSpec>();
  spec->config = config;
  auto networks = NetworkSet::parse(config.proxy_protocol_from);
  if (!networks) return fail_within("listener " + config.name, networks.error());
  spec->proxy_protocol_from = std::move(*networks);
  auto contexts = make_contexts(config);
  if (!contexts) return tl::unexpected(contexts.error());
  const bool one_socket = config.balance == Balance::least_connections || !config.unix_path.empty();
  const unsigned sockets = one_socket ? 1u : static_cast<unsigned>(shards_.size());
  auto opened = open_listening_sockets(config, sockets);
  if (!opened) return tl::unexpected(opened.error());
  spec->port = bound_port(opened->front());
  listeners_.push_back(spec);
  for (std::size_t i = 0; i < shards_.size(); ++i) {
    shards_[i]->add_listener(spec, i < opened->size() ? (*opened)[i] : -1, (*contexts)[i]);
  }
  return {};
}

void ServerOfShards::register_metrics() {
  registry_.computed("sallyport_worker_queue", "tasks that wait for a worker thread", false,
                     [&workers = workers_] { return static_cast<double>(workers.queued()); });
  registry_.computed("sallyport_resolver_queue", "names that wait for a resolver thread", false,
                     [&resolvers = resolvers_] { return static_cast<double>(resolvers.queued()); });
  registry_.computed("sallyport_log_lines_dropped_total",
                     "log lines lost because the queue was full", true,
                     [] { return static_cast<double>(log::dropped_lines()); });
}

void ServerOfShards::run() {
  MainLoop::Events events;
  events.terminate = [this] { draining() ? stop() : begin_drain(); };
  events.reload = hooks_.reload_requested;
  events.alive = [this] {
    return std::all_of(shards_.begin(), shards_.end(),
                       [](const auto& shard) { return shard->loop().ticked(); });
  };
  main_.prepare(std::move(events), config_.handle_signals, config_.watched_files);
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < shards_.size(); ++i) {
    threads.emplace_back([this, i] {
      ::pthread_setname_np(::pthread_self(), ("shard-" + std::to_string(i)).c_str());
      if (config_.pin_shards) pin_to(cores_[i % cores_.size()]);
      shards_[i]->run();
    });
  }
  main_.run();
  for (const auto& shard : shards_) shard->stop();
  for (std::thread& thread : threads) thread.join();
}

void ServerOfShards::on_each_shard(std::function<void(unsigned)> task) {
  for (unsigned i = 0; i < shards_.size(); ++i) {
    shards_[i]->post([task, i] { task(i); });
  }
}

Result<void> ServerOfShards::reload_tls() {
  std::vector<std::vector<std::shared_ptr<SSL_CTX>>> all;
  for (const auto& listener : listeners_) {
    auto contexts = make_contexts(listener->config);
    if (!contexts) return tl::unexpected(contexts.error());
    all.push_back(std::move(*contexts));
  }
  on_each_shard([this, all = std::make_shared<decltype(all)>(std::move(all))](unsigned shard) {
    for (std::size_t i = 0; i < all->size(); ++i) shards_[shard]->set_tls(i, (*all)[i][shard]);
    shards_[shard]->renew_pools();
  });
  return {};
}

std::uint16_t ServerOfShards::port(std::string_view name) const {
  for (const auto& listener : listeners_) {
    if (listener->config.name == name) return listener->port;
  }
  return 0;
}

void ServerOfShards::begin_drain() {
  if (draining_.exchange(true)) return;
  log::info("draining", {{"connections", open_connections()}});
  main_.notify("STOPPING=1");
  if (hooks_.draining) hooks_.draining();
  main_.after(config_.drain_grace, [this] { end_drain(); });
}

void ServerOfShards::end_drain() {
  on_each_shard([this](unsigned shard) {
    shards_[shard]->stop_accepting();
    shards_[shard]->drain();
  });
  main_.after(std::chrono::milliseconds(50),
              [this] { watch_drain(SystemClock().now() + config_.drain_deadline, false); });
}

// First until the deadline, then, cut off, for another second in which exchanges hand over their
// records.
void ServerOfShards::watch_drain(Instant deadline, bool cut) {
  if (open_connections() == 0) return main_.stop();
  if (SystemClock().now() >= deadline) {
    if (cut) return main_.stop();
    log::warn("drain_deadline_passed", {{"connections", open_connections()}});
    on_each_shard([this](unsigned shard) { shards_[shard]->cut(); });
    cut = true;
    deadline = SystemClock().now() + std::chrono::seconds(1);
  }
  main_.after(std::chrono::milliseconds(50), [this, deadline, cut] { watch_drain(deadline, cut); });
}

std::size_t ServerOfShards::open_connections() const {
  std::size_t open = 0;
  for (const auto& shard : shards_) open += shard->open_connections();
  return open;
}

void ServerOfShards::remove_unix_sockets() const {
  for (const auto& listener : listeners_) {
    if (!listener->config.unix_path.empty()) ::unlink(listener->config.unix_path.c_str());
  }
}

}  // namespace

Result<std::unique_ptr<Server>> Server::make(ServerConfig config, Hooks hooks,
                                             metrics::Registry& registry) {
  auto server = std::make_unique<ServerOfShards>(std::move(config), std::move(hooks), registry);
  if (auto ready = server->set_up(); !ready) return tl::unexpected(ready.error());
  return server;
}

}  // namespace sallyport::runtime
