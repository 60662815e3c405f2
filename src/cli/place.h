#pragma once

#include <memory>
#include <string>

#include "cli/settings.h"
#include "store/store.h"

namespace CLI {
class App;
}

// Where a verb finds keys and usage: the same database as the gateway's.
namespace sallyport::cli {

struct PlaceOptions {
  std::string config;
  std::string data;
};

struct Place {
  std::string data_dir;
  StoreSettings store;
};

// Adds --config and --data.
void add_place_options(CLI::App& verb, PlaceOptions& options);

// Reads only `data_dir` and [store] of the configuration, so that a verb needs none of its secrets.
// `create`: the data directory is made where it is missing, otherwise that is an error.
Result<Place> find_place(const PlaceOptions& options, bool create);

std::string database_path(const std::string& data_dir);
std::string pepper_path(const std::string& data_dir);
Result<std::unique_ptr<store::Store>> open_store(const Place& place, bool create);

}  // namespace sallyport::cli
