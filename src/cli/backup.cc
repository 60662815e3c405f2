#include <CLI/CLI.hpp>

#include <filesystem>

#include "cli/control.h"
#include "cli/place.h"
#include "cli/terminal.h"
#include "cli/verbs.h"
#include "store/backup.h"

namespace sallyport::cli {
namespace {

constexpr char kHelp[] =
    "Copy keys and usage into a new folder, consistently, while the gateway runs. The folder holds "
    "the database and the "
    "pepper: without the pepper no key is recognised any more, so keep the folder as you keep "
    "keys.\n\nA PostgreSQL "
    "database is backed up with its server's own tools; then only the pepper is copied.";

struct Options {
  PlaceOptions place;
  std::string to;
};

Result<void> copy_pepper(const std::string& from, const std::string& to) {
  std::error_code error;
  std::filesystem::copy_file(from, to, error);
  if (!error)
    std::filesystem::permissions(
        to, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write, error);
  if (error) return fail(Code::io, "cannot copy " + from + " to " + to + ": " + error.message());
  return {};
}

Result<void> back_up(const Options& options) {
  const auto place = find_place(options.place, false);
  if (!place) return Failure(place.error());
  const auto flushed = ask_gateway(place->data_dir, kFlush);
  if (!flushed && flushed.error().code != Code::not_found)
    complain("not all is written yet: " + flushed.error().detail);
  std::error_code error;
  if (!std::filesystem::create_directory(options.to, error)) {
    return fail(Code::config, error ? "cannot make " + options.to + ": " + error.message()
                                    : options.to + " exists already; name a new folder");
  }
  std::filesystem::permissions(options.to, std::filesystem::perms::owner_all, error);
  if (place->store.postgres.empty()) {
    if (auto done = store::backup_sqlite(database_path(place->data_dir), database_path(options.to));
        !done)
      return done;
  } else {
    complain("the database is on PostgreSQL: back it up with pg_dump");
  }
  return copy_pepper(pepper_path(place->data_dir), pepper_path(options.to));
}

int backup(const Options& options) {
  if (auto done = back_up(options); !done) return failed("cannot back up", done.error());
  print_line("backed up to " + options.to);
  return kDone;
}

}  // namespace

void add_backup(CLI::App& app, Action& action) {
  CLI::App* verb = app.add_subcommand("backup", "Copy keys and usage into a new folder.");
  verb->footer(kHelp);
  auto options = std::make_shared<Options>();
  add_place_options(*verb, options->place);
  verb->add_option("FOLDER", options->to, "a folder that does not exist yet")->required();
  verb->callback([options, &action] { action = [options] { return backup(*options); }; });
}

}  // namespace sallyport::cli
