#include <CLI/CLI.hpp>

#include "cli/terminal.h"
#include "cli/verbs.h"

namespace sallyport::cli {

void add_version(CLI::App& app, Action& action) {
  CLI::App* verb = app.add_subcommand("version", "Print the version and end.");
  verb->callback([&action] {
    action = [] {
      print_line("sallyport " SALLYPORT_VERSION);
      return kDone;
    };
  });
}

}  // namespace sallyport::cli
