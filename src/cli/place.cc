#include "cli/place.h"

#include <sys/stat.h>

#include <CLI/CLI.hpp>

#include "cli/data_dir.h"

namespace sallyport::cli {

void add_place_options(CLI::App& verb, PlaceOptions& options) {
  verb.add_option("--config", options.config,
                  "the gateway's configuration file, to find its data directory and store");
  verb.add_option("--data", options.data, "the gateway's data directory");
}

Result<Place> find_place(const PlaceOptions& options, bool create) {
  Place place;
  std::string configured;
  if (!options.config.empty()) {
    config::Document document = config::Document::read_file(options.config);
    configured = document.root().string_or_env("data_dir");
    read_store(document.root().table("store"), place.store);
    const auto problems = document.problems();
    if (!problems.empty()) return fail(Code::config, describe(options.config, problems.front()));
  }
  auto data_dir = resolve_data_dir(options.data, configured);
  if (!data_dir) return Failure(data_dir.error());
  place.data_dir = std::move(*data_dir);
  if (create) {
    if (auto done = prepare_data_dir(place.data_dir); !done) return Failure(done.error());
  } else {
    struct stat status {};
    if (::stat(place.data_dir.c_str(), &status) != 0) {
      return fail(Code::not_found, "there is no data directory " + place.data_dir +
                                       "; name the gateway's with --data");
    }
  }
  return place;
}

std::string database_path(const std::string& data_dir) { return data_dir + "/sallyport.db"; }
std::string pepper_path(const std::string& data_dir) { return data_dir + "/pepper"; }

Result<std::unique_ptr<store::Store>> open_store(const Place& place, bool create) {
  if (!place.store.postgres.empty()) return store::open_postgres(place.store.postgres);
  store::SqliteOptions options;
  options.create = create;
  options.synchronous =
      place.store.full_sync ? store::Synchronous::full : store::Synchronous::normal;
  return store::open_sqlite(database_path(place.data_dir), options);
}

}  // namespace sallyport::cli
