#include "cli/gateway.h"

#include "base/log.h"
#include "cli/control.h"
#include "cli/local_pages.h"
#include "cli/own_error.h"

namespace sallyport::cli {
namespace {

runtime::ListenerConfig control_listener(const std::string& data_dir) {
  runtime::ListenerConfig listener;
  listener.name = kControlListener;
  listener.unix_path = control_socket(data_dir);
  listener.local_only = true;
  return listener;
}

}  // namespace

Gateway::Gateway(std::string config_path, std::unique_ptr<Settings> settings)
    : config_path_(std::move(config_path)),
      reloads_done_(registry_.counter("sallyport_config_reloads_total",
                                      "Reloads of the configuration.", {{"result", "done"}})),
      reloads_failed_(registry_.counter("sallyport_config_reloads_total",
                                        "Reloads of the configuration.", {{"result", "failed"}})),
      settings_(std::move(settings)) {}

Gateway::~Gateway() {
  {
    const std::lock_guard handing(handing_);
    running_ = nullptr;
  }
  // The server first: its threads use everything else. Then the backend, which still calls
  // take_keyring.
  server_.reset();
  shards_.clear();
  backend_.reset();
}

Result<std::unique_ptr<Gateway>> Gateway::make(std::string config_path,
                                               std::unique_ptr<Settings> settings,
                                               std::string data_dir) {
  auto gateway = std::make_unique<Gateway>(std::move(config_path), std::move(settings));
  if (auto done = gateway->set_up(data_dir); !done) return Failure(done.error());
  return gateway;
}

Result<void> Gateway::set_up(const std::string& data_dir) {
  auto backend = Backend::open(
      {data_dir, settings_->store},
      [this](std::shared_ptr<const access::Keyring> keyring) { take_keyring(std::move(keyring)); });
  if (!backend) return Failure(backend.error());
  backend_ = std::move(*backend);
  health_ = catalog::HealthBoard::make(*settings_->catalog, nullptr);

  SystemRandom random;
  auto credit_key =
      crypto::Aead::from_key(crypto::SecretBytes::random(crypto::kAeadKeyBytes, random));
  if (!credit_key) return Failure(credit_key.error());
  credit_ = std::make_unique<exchange::CreditTokens>(std::move(*credit_key));
  if (settings_->sticky.enabled) {
    sticky_ = std::make_unique<exchange::StickyRoutes>(crypto::SecretBytes::random(32, random),
                                                       settings_->sticky.max_entries);
  }
  register_metrics();
  watch_upstreams();

  runtime::ServerConfig config = settings_->server;
  config.listeners.push_back(control_listener(data_dir));
  if (!config_path_.empty()) {
    config.watched_files.push_back(config_path_);
    note_restart_needed(config::Document::read_file(config_path_));
  }
  auto server = runtime::Server::make(std::move(config), make_hooks(), registry_);
  if (!server) return Failure(server.error());
  server_ = std::move(*server);
  {
    const std::lock_guard handing(handing_);
    running_ = server_.get();
  }
  ready_.store(true);
  hand_over();  // keys may have changed since the shards were made
  return {};
}

std::string Gateway::url() const {
  const runtime::ListenerConfig& listener = settings_->server.listeners.front();
  if (!listener.unix_path.empty()) return "unix:" + listener.unix_path;
  const bool v6 = listener.address.find(':') != std::string::npos;
  return std::string(listener.tls ? "https://" : "http://") +
         (v6 ? "[" + listener.address + "]" : listener.address) + ":" +
         std::to_string(server_->port(listener.name));
}

ShardState& Gateway::add_shard() {
  shards_.push_back(std::make_unique<ShardState>(registry_, settings_->log.exchanges));
  ShardState& shard = *shards_.back();
  exchange::Services& services = shard.services;
  services.clock = &shard.clock;
  services.random = &shard.random;
  services.catalog = settings_->catalog;
  services.keyring = keyring_;
  services.health = health_;
  services.limiter = &backend_->limiter();
  services.records = &backend_->records();
  services.observer = &shard.telemetry;
  services.credit = credit_.get();
  services.sticky = sticky_.get();
  services.settings = settings_->exchange;
  return shard;
}

runtime::Hooks Gateway::make_hooks() {
  LocalPages pages;
  pages.registry = &registry_;
  pages.metrics_listeners = {settings_->metrics_listeners.begin(),
                             settings_->metrics_listeners.end()};
  pages.ready = [this] { return ready(); };
  pages.reload_keys = [this] { return reload_keys(); };
  pages.reload_config = [this] { return reload_config(); };
  pages.flush = [this]() -> Result<std::string> {
    if (auto done = backend_->flush(); !done) return Failure(done.error());
    return std::string("flushed\n");
  };
  runtime::Hooks hooks;
  hooks.exchanges = [this](unsigned) -> runtime::ExchangeFactory {
    ShardState& shard = add_shard();
    return
        [&shard](exchange::Port& port) { return exchange::Exchange::make(shard.services, port); };
  };
  hooks.wants_body = [this](unsigned shard, const http::RequestHead& head) {
    return exchange::Exchange::wants_body(shards_[shard]->services, head);
  };
  hooks.local = make_local_handler(std::move(pages));
  hooks.error_page = own_error_page;
  hooks.scripts = simulator::make_script;
  hooks.draining = [this] { ready_.store(false); };
  hooks.reload_requested = [this] { static_cast<void>(reload_config()); };
  return hooks;
}

void Gateway::register_metrics() {
  registry_.computed("sallyport_build_info", "1, with the version.", false, [] { return 1.0; },
                     {{"version", SALLYPORT_VERSION}});
  registry_.computed("sallyport_log_lines_dropped_total",
                     "Log lines lost because the queue was full.", true,
                     [] { return static_cast<double>(log::dropped_lines()); });
  registry_.computed("sallyport_keys", "Keys that are known, revoked ones among them.", false,
                     [this] {
                       const std::lock_guard lock(mutex_);
                       return keyring_ ? static_cast<double>(keyring_->size()) : 0.0;
                     });
  backend_->register_metrics(registry_);
}

// One gauge for each upstream that ever was; it reads the board in force.
void Gateway::watch_upstreams() {
  for (const catalog::Upstream& upstream : settings_->catalog->upstreams()) {
    if (!watched_upstreams_.insert(upstream.name).second) continue;
    registry_.computed(
        "sallyport_upstream_healthy", "1 while requests are sent there first.", false,
        [this, name = upstream.name] {
          std::shared_ptr<const catalog::HealthBoard> board;
          {
            const std::lock_guard lock(mutex_);
            board = health_;
          }
          const catalog::UpstreamHealth* health = board->find(name);
          return health != nullptr && health->healthy(SystemClock().now()) ? 1.0 : 0.0;
        },
        {{"upstream", upstream.name}});
  }
}

bool Gateway::ready() const { return ready_.load() && backend_->records().has_room(); }

}  // namespace sallyport::cli
