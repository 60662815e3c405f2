#pragma once

#include <functional>
#include <string>

namespace CLI {
class App;
}

// Every verb adds itself to the command line and puts what it does into `action` when it was
// chosen.
namespace sallyport::cli {

using Action = std::function<int()>;

void add_serve(CLI::App& app, Action& action);
void add_check_config(CLI::App& app, Action& action);
void add_key(CLI::App& app, Action& action);
void add_usage(CLI::App& app, Action& action);
void add_backup(CLI::App& app, Action& action);
void add_restore(CLI::App& app, Action& action);
void add_simulate(CLI::App& app, Action& action);
void add_decide(CLI::App& app, Action& action);
void add_who_can(CLI::App& app, Action& action);
void add_policy(CLI::App& app, Action& action);
void add_schema(CLI::App& app, Action& action);
void add_version(CLI::App& app, Action& action);

}  // namespace sallyport::cli
