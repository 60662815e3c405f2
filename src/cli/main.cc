#include <CLI/CLI.hpp>

#include "cli/terminal.h"
#include "cli/verbs.h"

namespace {

constexpr char kAbout[] =
    "Sallyport, the safeguards and access gateway for frontier models.\n\nClients speak the "
    "Anthropic Messages API or the "
    "OpenAI API to it, unchanged. It decides who may use which model, falls back to another model "
    "in the same stream "
    "where one refuses, says so, and keeps account of it.\n\nStart here: sallyport serve --demo";

}  // namespace

int main(int argc, char** argv) {
  using namespace sallyport::cli;
  CLI::App app(kAbout, "sallyport");
  app.require_subcommand(1);
  app.set_help_all_flag("--help-all", "the help of every verb");
  Action action;
  add_serve(app, action);
  add_check_config(app, action);
  add_key(app, action);
  add_usage(app, action);
  add_backup(app, action);
  add_restore(app, action);
  add_simulate(app, action);
  add_decide(app, action);
  add_who_can(app, action);
  add_policy(app, action);
  add_schema(app, action);
  add_version(app, action);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const int code = app.exit(error);
    return code == 0 ? kDone : kBadInput;
  }
  return action ? action() : kBadInput;
}
