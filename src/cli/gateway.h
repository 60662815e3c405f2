#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "base/metrics.h"
#include "cli/backend.h"
#include "cli/settings.h"
#include "cli/telemetry.h"
#include "runtime/server.h"

namespace sallyport::cli {

// What one shard's exchanges use. Made before the shard runs; afterwards only the shard's thread
// touches it.
struct ShardState {
  ShardState(metrics::Registry& registry, bool log_exchanges)
      : telemetry(registry, log_exchanges) {}
  SystemClock clock;
  SystemRandom random;
  Telemetry telemetry;
  exchange::Services services;
};

// The wiring of `serve`: settings, store, keys, limits and shards; reload of configuration and keys
// while it runs.
//
// Snapshots (catalog, keyring, health) are immutable. A reload makes new ones beside the old and
// hands them to each shard between two callbacks; exchanges in flight keep what they began with. A
// bad file changes nothing.
class Gateway {
 public:
  // `config_path` empty = the built-in configuration, which is never reloaded.
  static Result<std::unique_ptr<Gateway>> make(std::string config_path,
                                               std::unique_ptr<Settings> settings,
                                               std::string data_dir);
  // For make() alone.
  Gateway(std::string config_path, std::unique_ptr<Settings> settings);
  ~Gateway();
  Gateway(const Gateway&) = delete;
  Gateway& operator=(const Gateway&) = delete;

  // Until a signal or drain() ends it.
  void run() { server_->run(); }
  std::uint16_t port(std::string_view listener) const { return server_->port(listener); }
  // Of the first listener: "http://127.0.0.1:8787".
  std::string url() const;
  Backend& backend() { return *backend_; }

  // From any thread. The text says what was done.
  Result<std::string> reload_config();
  Result<std::string> reload_keys();

 private:
  Result<void> set_up(const std::string& data_dir);
  runtime::Hooks make_hooks();
  ShardState& add_shard();
  void register_metrics();
  void watch_upstreams();
  void await_shards();
  void hand_over();
  void take_keyring(std::shared_ptr<const access::Keyring> keyring);
  void note_restart_needed(const config::Document& document);
  bool ready() const;

  const std::string config_path_;
  metrics::Registry registry_;
  metrics::Counter& reloads_done_;
  metrics::Counter& reloads_failed_;
  std::unique_ptr<Backend> backend_;
  std::unique_ptr<exchange::CreditTokens> credit_;
  std::unique_ptr<exchange::StickyRoutes> sticky_;

  std::mutex reloading_;      // one reload at a time
  mutable std::mutex mutex_;  // guards the snapshots below; shards have copies of their own
  std::unique_ptr<Settings> settings_;
  std::shared_ptr<const access::Keyring> keyring_;
  std::shared_ptr<const catalog::HealthBoard> health_;
  std::set<std::string> watched_upstreams_;
  std::map<std::string, std::uint64_t> digests_;  // of what only a restart changes

  std::vector<std::unique_ptr<ShardState>> shards_;
  std::mutex handing_;
  runtime::Server* running_ =
      nullptr;  // guarded by handing_; set while shards can be handed something
  std::atomic<bool> ready_{false};
  std::unique_ptr<runtime::Server> server_;
};

}  // namespace sallyport::cli
