#include "cli/settings.h"

#include "catalog/load.h"

namespace sallyport::cli {
namespace {

using config::Section;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

void read_log(Section section, LogSettings& log) {
  const std::string level = section.one_of("level", {"info", "debug", "warn", "error", "off"});
  if (level == "debug") log.level = log::Level::debug;
  if (level == "warn") log.level = log::Level::warn;
  if (level == "error") log.level = log::Level::error;
  if (level == "off") log.level = log::Level::off;
  log.file = section.string("file");
  log.exchanges = section.boolean("exchanges", log.exchanges);
}

void read_exchange(Section section, Settings& settings) {
  exchange::Settings& out = settings.exchange;
  // Claude Code gives up after 300 s of silence.
  out.ping_interval =
      section.duration("ping_interval", out.ping_interval, seconds(1), seconds(290));
  out.silence_before_head =
      section.duration("silence_before_head", out.silence_before_head, seconds(1), seconds(290));
  out.max_released_bytes =
      section.size_bytes("max_released", out.max_released_bytes, 1u << 10, 1u << 30);
  out.max_error_body_bytes =
      section.size_bytes("max_error_body", out.max_error_body_bytes, 1u << 10, 64u << 20);
  out.offload_body_bytes =
      section.size_bytes("offload_body", out.offload_body_bytes, 1u << 10, 1u << 30);
  settings.sticky.enabled = section.boolean("sticky_routing", settings.sticky.enabled);
  settings.sticky.max_entries = static_cast<std::size_t>(section.integer(
      "sticky_entries", static_cast<std::int64_t>(settings.sticky.max_entries), 1, 100'000'000));
}

}  // namespace

void read_store(Section section, StoreSettings& store) {
  store.postgres = section.secret("postgres");
  store.flush_interval =
      section.duration("flush_interval", store.flush_interval, milliseconds(1), seconds(10));
  store.full_sync = section.boolean("full_sync", store.full_sync);
}

void read_server(Section root, Settings& settings) {
  Section section = root.table("server");
  runtime::ServerConfig& server = settings.server;
  server.shards = static_cast<unsigned>(section.integer("shards", 0, 0, 1024));
  server.pin_shards = section.boolean("pin_shards", server.pin_shards);
  server.workers = static_cast<unsigned>(section.integer("workers", server.workers, 1, 256));
  server.resolvers = static_cast<unsigned>(section.integer("resolvers", server.resolvers, 1, 64));
  server.dns_ttl = section.duration("dns_ttl", server.dns_ttl, seconds(1), hours(1));
  server.stall_threshold =
      section.duration("stall_threshold", server.stall_threshold, milliseconds(1), minutes(1));
  server.upstream_idle_timeout =
      section.duration("upstream_idle_timeout", server.upstream_idle_timeout, seconds(1), hours(1));
  server.drain_grace =
      section.duration("drain_grace", server.drain_grace, Duration(0), minutes(10));
  server.drain_deadline =
      section.duration("drain_deadline", server.drain_deadline, Duration(0), hours(24));
  settings.exchange.max_body_bytes =
      section.size_bytes("max_body", settings.exchange.max_body_bytes, 1u << 10, 1u << 30);
}

std::unique_ptr<Settings> read_settings(config::Document& document) {
  if (!document.readable()) return nullptr;
  auto settings = std::make_unique<Settings>();
  Section root = document.root();
  settings->data_dir = root.string_or_env("data_dir");
  read_server(root, *settings);
  read_listeners(root, *settings);
  read_log(root.table("log"), settings->log);
  read_store(root.table("store"), settings->store);
  read_exchange(root.table("exchange"), *settings);
  auto catalog = catalog::load(document);
  document.note_unknown_keys();
  if (!catalog || !document.problems().empty()) return nullptr;
  settings->catalog = std::make_shared<const catalog::Catalog>(std::move(*catalog));
  return settings;
}

}  // namespace sallyport::cli
