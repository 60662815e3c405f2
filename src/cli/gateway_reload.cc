#include "base/log.h"
#include "cli/gateway.h"

#include <condition_variable>
#include <mutex>

namespace sallyport::cli {
namespace {

// What is read at start only.
constexpr const char* kReadOnce[] = {"data_dir", "listener", "server", "store"};
constexpr std::size_t kMaxProblemsTold = 20;

Failure tell_problems(const std::string& path, const config::Document& document) {
  const auto problems = document.problems();
  for (std::size_t i = 0; i < problems.size() && i < kMaxProblemsTold; ++i) {
    log::error("config_problem", {{"problem", describe(path, problems[i])}});
  }
  return fail(Code::config,
              problems.empty() ? path + " cannot be read" : describe(path, problems.front()));
}

}  // namespace

void Gateway::note_restart_needed(const config::Document& document) {
  for (const char* key : kReadOnce) {
    const std::uint64_t digest = document.digest(key);
    const auto [it, first] = digests_.emplace(key, digest);
    if (!first && it->second != digest) {
      log::warn("config_needs_restart",
                {{"part", key}, {"hint", "this part is read at start; restart to apply it"}});
    }
  }
}

// Gives every shard the snapshots in force, between two of its callbacks.
void Gateway::hand_over() {
  const std::lock_guard handing(handing_);
  if (running_ == nullptr) return;
  struct Snapshot {
    std::shared_ptr<const catalog::Catalog> catalog;
    std::shared_ptr<const access::Keyring> keyring;
    std::shared_ptr<const catalog::HealthBoard> health;
    exchange::Settings settings;
    bool log_exchanges = true;
  };
  Snapshot snapshot;
  {
    const std::lock_guard lock(mutex_);
    snapshot.catalog = settings_->catalog;
    snapshot.keyring = keyring_;
    snapshot.health = health_;
    snapshot.settings = settings_->exchange;
    snapshot.log_exchanges = settings_->log.exchanges;
  }
  running_->on_each_shard([this, snapshot = std::move(snapshot)](unsigned shard) {
    ShardState& state = *shards_[shard];
    state.services.catalog = snapshot.catalog;
    state.services.keyring = snapshot.keyring;
    state.services.health = snapshot.health;
    state.services.settings = snapshot.settings;
    state.telemetry.set_log_exchanges(snapshot.log_exchanges);
  });
}

void Gateway::take_keyring(std::shared_ptr<const access::Keyring> keyring) {
  {
    const std::lock_guard lock(mutex_);
    keyring_ = std::move(keyring);
  }
  hand_over();
}

Result<std::string> Gateway::reload_config() {
  if (config_path_.empty()) return reload_keys();
  const std::lock_guard one(reloading_);
  config::Document document = config::Document::read_file(config_path_);
  auto settings = read_settings(document);
  Result<void> good;
  if (!settings) {
    good = tell_problems(config_path_, document);
  } else {
    good = server_->reload_tls();
  }
  if (!good) {
    reloads_failed_.add_shared();
    log::error("config_reload_failed",
               {{"reason", good.error().detail}, {"hint", "the configuration in force is kept"}});
    return Failure(good.error());
  }
  note_restart_needed(document);
  log::set_level(settings->log.level);
  {
    const std::lock_guard lock(mutex_);
    health_ = catalog::HealthBoard::make(*settings->catalog, health_.get());
    settings_ = std::move(settings);
  }
  watch_upstreams();
  hand_over();
  reloads_done_.add_shared();
  log::info("config_reloaded", {{"models", settings_->catalog->models().size()},
                                {"upstreams", settings_->catalog->upstreams().size()}});
  return std::string("configuration reloaded\n");
}

// Returns once every shard has taken up all that was handed to it before. A shard that does not
// within two seconds is stalled, and says so itself.
void Gateway::await_shards() {
  struct Barrier {
    std::mutex mutex;
    std::condition_variable reached;
    unsigned left = 0;
  };
  const auto barrier = std::make_shared<Barrier>();
  {
    const std::lock_guard handing(handing_);
    if (running_ == nullptr) return;
    barrier->left = running_->shards();
    running_->on_each_shard([barrier](unsigned) {
      const std::lock_guard lock(barrier->mutex);
      if (--barrier->left == 0) barrier->reached.notify_all();
    });
  }
  std::unique_lock lock(barrier->mutex);
  barrier->reached.wait_for(lock, std::chrono::seconds(2), [&] { return barrier->left == 0; });
}

// A revoked key is refused at once: the verb that revoked it waits for this.
Result<std::string> Gateway::reload_keys() {
  if (auto done = backend_->reload_keys(); !done) {
    log::error("keys_reload_failed", {{"reason", done.error().detail}});
    return Failure(done.error());
  }
  await_shards();
  return std::string("keys reloaded\n");
}

}  // namespace sallyport::cli
