#include <CLI/CLI.hpp>

#include <filesystem>

#include "cli/data_dir.h"
#include "cli/place.h"
#include "cli/terminal.h"
#include "cli/verbs.h"
#include "store/backup.h"

namespace sallyport::cli {
namespace {

constexpr char kHelp[] =
    "Put a backup in the place of a data directory's database and pepper. The gateway must not "
    "run. What was there stays "
    "beside it, with the ending .before-restore.";

struct Options {
  PlaceOptions place;
  std::string from;
};

Result<void> restore_pepper(const std::string& from, const std::string& to) {
  std::error_code error;
  if (std::filesystem::exists(to)) std::filesystem::rename(to, to + ".before-restore", error);
  if (!error) std::filesystem::copy_file(from, to, error);
  if (!error)
    std::filesystem::permissions(
        to, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write, error);
  if (error) return fail(Code::io, "cannot copy " + from + " to " + to + ": " + error.message());
  return {};
}

Result<void> put_back(const Options& options) {
  if (!std::filesystem::exists(pepper_path(options.from))) {
    return fail(Code::config, options.from + " is no backup: it has no pepper");
  }
  const auto place = find_place(options.place, true);
  if (!place) return Failure(place.error());
  const auto lock = DataDirLock::take(place->data_dir);
  if (!lock) return Failure(lock.error());
  if (place->store.postgres.empty()) {
    if (auto done =
            store::restore_sqlite(database_path(options.from), database_path(place->data_dir));
        !done)
      return done;
  } else {
    complain("the database is on PostgreSQL: restore it with pg_restore");
  }
  if (auto done = restore_pepper(pepper_path(options.from), pepper_path(place->data_dir)); !done)
    return done;
  print_line("restored " + place->data_dir + " from " + options.from);
  return {};
}

int restore(const Options& options) {
  if (auto done = put_back(options); !done) return failed("cannot restore", done.error());
  return kDone;
}

}  // namespace

void add_restore(CLI::App& app, Action& action) {
  CLI::App* verb = app.add_subcommand("restore", "Put a backup back.");
  verb->footer(kHelp);
  auto options = std::make_shared<Options>();
  add_place_options(*verb, options->place);
  verb->add_option("FOLDER", options->from, "made by sallyport backup")->required();
  verb->callback([options, &action] { action = [options] { return restore(*options); }; });
}

}  // namespace sallyport::cli
