#include <CLI/CLI.hpp>

#include "cli/terminal.h"
#include "cli/verbs.h"
#include "policy/schema.h"

namespace sallyport::cli {

void add_schema(CLI::App& app, Action& action) {
  CLI::App* verb = app.add_subcommand(
      "schema", "Print the JSON Schema of a document: principal, directive, grant or decision.");
  auto name = std::make_shared<std::string>();
  verb->add_option("NAME", *name, "which document")
      ->required()
      ->check(CLI::IsMember({"principal", "directive", "grant", "decision"}));
  verb->callback([name, &action] {
    action = [name] {
      print(policy::schema(*name));
      return kDone;
    };
  });
}

}  // namespace sallyport::cli
