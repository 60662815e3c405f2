#include <CLI/CLI.hpp>

#include "cli/settings.h"
#include "cli/terminal.h"
#include "cli/verbs.h"

namespace sallyport::cli {
namespace {

constexpr char kHelp[] =
    "Read a configuration file as serve would and say what is wrong with it: every problem on a "
    "line of its own, with "
    "file, line, column and what to do. Environment variables and secret files that it names are "
    "looked up, nothing is "
    "connected to.\n\nExit code 0: the file can be served. 2: it cannot.";

std::string summary(const Settings& settings) {
  const catalog::Catalog& catalog = *settings.catalog;
  return std::to_string(settings.server.listeners.size()) + " listeners, " +
         std::to_string(catalog.upstreams().size()) + " upstreams, " +
         std::to_string(catalog.models().size()) + " models";
}

int check_config(const std::string& path) {
  config::Document document = config::Document::read_file(path);
  const auto settings = read_settings(document);
  if (!settings) return print_problems(document);
  print_line(path + " is good: " + summary(*settings));
  return kDone;
}

int print_default() {
  print(default_config());
  return kDone;
}

}  // namespace

void add_check_config(CLI::App& app, Action& action) {
  CLI::App* verb = app.add_subcommand(
      "check-config", "Say what is wrong with a configuration file, with lines and hints.");
  verb->footer(kHelp);
  auto path = std::make_shared<std::string>();
  auto defaults = std::make_shared<bool>(false);
  auto* file = verb->add_option("FILE", *path, "the file to check");
  auto* flag = verb->add_flag("--print-default", *defaults,
                              "print the built-in configuration instead, to start from");
  flag->excludes(file);
  verb->callback([path, defaults, &action] {
    if (path->empty() && !*defaults) throw CLI::RequiredError("FILE");
    action = [path, defaults] { return *defaults ? print_default() : check_config(*path); };
  });
}

}  // namespace sallyport::cli
