#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/log.h"
#include "catalog/catalog.h"
#include "config/document.h"
#include "exchange/services.h"
#include "runtime/config.h"

// Everything that the one configuration file says, as values. Read at start and anew at each
// reload.
namespace sallyport::cli {

struct LogSettings {
  log::Level level = log::Level::info;
  std::string file;       // empty = standard error
  bool exchanges = true;  // one line for each finished exchange
};

struct StoreSettings {
  std::string postgres;  // a conninfo; empty = SQLite in the data directory
  Duration flush_interval = std::chrono::milliseconds(100);
  bool full_sync = false;  // SQLite: durable also against a power cut
};

struct StickySettings {
  bool enabled = false;
  std::size_t max_entries = 100'000;
};

struct Settings {
  std::string data_dir;  // empty = the default place
  runtime::ServerConfig server;
  std::vector<std::string> metrics_listeners;  // names of the listeners that answer /metrics
  LogSettings log;
  StoreSettings store;
  StickySettings sticky;
  exchange::Settings exchange;
  std::shared_ptr<const catalog::Catalog> catalog;
};

// Reads the whole document. nullptr where anything is wrong: then the document's problems say what,
// all of it.
std::unique_ptr<Settings> read_settings(config::Document& document);

// The parts of read_settings.
void read_listeners(config::Section root, Settings& settings);
void read_server(config::Section root, Settings& settings);
void read_store(config::Section section, StoreSettings& store);

// The built-in configuration: src/cli/default_config.toml.
std::string_view default_config();

}  // namespace sallyport::cli
