#include <CLI/CLI.hpp>

#include "base/log.h"
#include "base/metrics.h"
#include "cli/listen_address.h"
#include "cli/simulate_exchange.h"
#include "cli/terminal.h"
#include "cli/verbs.h"
#include "runtime/server.h"

namespace sallyport::cli {
namespace {

constexpr char kHelp[] =
    "Run the built-in upstream as a server of its own: the Messages API, Chat Completions and "
    "Responses, for tests over "
    "real sockets and for benchmarks. No model runs and no key is asked for.\n\nWhat it does is "
    "chosen by directives in "
    "the request, such as [[sim: refuse=cyber refuse_after=8 pace=20ms]]; docs/simulator.md lists "
    "them.";

struct Options {
  std::string listen = "127.0.0.1:8790";
  unsigned shards = 1;
};

int simulate(const Options& options) {
  runtime::ServerConfig config;
  runtime::ListenerConfig listener;
  listener.name = "simulate";
  if (!split_listen_address(options.listen, listener.address, listener.port)) {
    complain("--listen " + options.listen + " is not an address with a port: write 127.0.0.1:8790");
    return kBadInput;
  }
  listener.limits.max_body_bytes = 64u << 20;
  config.listeners.push_back(listener);
  config.shards = options.shards;
  config.drain_grace = Duration(0);
  config.drain_deadline = std::chrono::seconds(1);
  runtime::Hooks hooks;
  hooks.exchanges = [](unsigned) {
    return [](exchange::Port& port) { return make_simulate_exchange(port); };
  };
  hooks.scripts = simulator::make_script;
  log::start(log::Level::warn, "");
  metrics::Registry registry;
  auto server = runtime::Server::make(std::move(config), std::move(hooks), registry);
  if (!server) {
    log::stop();
    return failed("cannot start", server.error());
  }
  print_line("sallyport simulator on http://" +
             options.listen.substr(0, options.listen.rfind(':')) + ":" +
             std::to_string((*server)->port("simulate")));
  (*server)->run();
  log::stop();
  return kDone;
}

}  // namespace

void add_simulate(CLI::App& app, Action& action) {
  CLI::App* verb =
      app.add_subcommand("simulate", "Run the built-in upstream as a server of its own.");
  verb->footer(kHelp);
  auto options = std::make_shared<Options>();
  verb->add_option("--listen", options->listen, "address and port; port 0 takes any free one")
      ->capture_default_str();
  verb->add_option("--shards", options->shards, "threads")
      ->capture_default_str()
      ->check(CLI::Range(1, 256));
  verb->callback([options, &action] { action = [options] { return simulate(*options); }; });
}

}  // namespace sallyport::cli
