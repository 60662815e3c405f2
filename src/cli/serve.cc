#include <CLI/CLI.hpp>

#include "base/log.h"
#include "cli/data_dir.h"
#include "cli/demo.h"
#include "cli/gateway.h"
#include "cli/listen_address.h"
#include "cli/terminal.h"
#include "cli/verbs.h"

namespace sallyport::cli {
namespace {

constexpr char kHelp[] =
    "Run the gateway until a signal ends it.\n\nWithout --config it runs on the built-in "
    "configuration: loopback, port "
    "8787, answers from the built-in simulator, or from the real upstream where ANTHROPIC_API_KEY, "
    "OPENAI_API_KEY or "
    "SALLYPORT_LOCAL_URL is set.\n\nSIGHUP, or a change of the file, reloads the configuration; a "
    "file with mistakes "
    "changes nothing. SIGTERM and SIGINT drain: no new requests, those in flight are finished. A "
    "second one ends at "
    "once.\n\nKeys and usage live in the data directory: --data, else data_dir in the "
    "configuration, else "
    "$STATE_DIRECTORY, else $XDG_STATE_HOME/sallyport, else ~/.local/state/sallyport.";

struct Options {
  std::string config;
  std::string data;
  std::string listen;
  bool demo = false;
};

config::Document read(const Options& options) {
  if (options.config.empty())
    return config::Document::parse(default_config(), "the built-in configuration");
  return config::Document::read_file(options.config);
}

int run(const Options& options, std::unique_ptr<Settings> settings, const std::string& data_dir) {
  if (auto done = prepare_data_dir(data_dir); !done) return failed("cannot start", done.error());
  const auto lock = DataDirLock::take(data_dir);
  if (!lock) return failed("cannot start", lock.error());
  // A demonstration prints for people; its log would only be in the way.
  log::start(options.demo ? log::Level::warn : settings->log.level, settings->log.file);
  auto gateway = Gateway::make(options.config, std::move(settings), data_dir);
  if (!gateway) {
    log::stop();
    return failed("cannot start", gateway.error());
  }
  if (options.demo) {
    if (auto done = greet(**gateway, data_dir); !done) {
      log::stop();
      return failed("cannot start", done.error());
    }
  }
  log::info("started", {{"version", SALLYPORT_VERSION}, {"data", data_dir}});
  (*gateway)->run();
  gateway->reset();
  log::info("stopped");
  log::stop();
  return kDone;
}

int serve(const Options& options) {
  config::Document document = read(options);
  auto settings = read_settings(document);
  if (!settings) return print_problems(document);
  if (!options.listen.empty()) {
    runtime::ListenerConfig& listener = settings->server.listeners.front();
    if (!split_listen_address(options.listen, listener.address, listener.port)) {
      complain("--listen " + options.listen +
               " is not an address with a port: write 127.0.0.1:8787");
      return kBadInput;
    }
  }
  if (options.demo && options.data.empty()) {
    const auto folder = TemporaryDir::make();
    if (!folder) return failed("cannot start", folder.error());
    return run(options, std::move(settings), (*folder)->path());
  }
  const auto data_dir = resolve_data_dir(options.data, settings->data_dir);
  if (!data_dir) return failed("cannot start", data_dir.error());
  return run(options, std::move(settings), *data_dir);
}

}  // namespace

void add_serve(CLI::App& app, Action& action) {
  CLI::App* verb = app.add_subcommand("serve", "Run the gateway until a signal ends it.");
  verb->footer(kHelp);
  auto options = std::make_shared<Options>();
  verb->add_option("--config", options->config, "configuration file; without it the built-in one");
  verb->add_option("--data", options->data, "data directory, for keys and usage");
  verb->add_option("--listen", options->listen,
                   "address and port of the first listener, in place of the configured one");
  verb->add_flag("--demo", options->demo,
                 "with a key made for the occasion, a data directory that goes when it ends, and "
                 "commands to try");
  verb->callback([options, &action] { action = [options] { return serve(*options); }; });
}

}  // namespace sallyport::cli
