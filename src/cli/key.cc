#include <CLI/CLI.hpp>

#include "cli/key_actions.h"
#include "cli/terminal.h"
#include "cli/verbs.h"

namespace sallyport::cli {
namespace {

constexpr char kHelp[] =
    "Make, list, revoke and rotate API keys. Works on the gateway's database, whether it runs or "
    "not; a running gateway "
    "follows at once.";

constexpr char kCreateHelp[] =
    "Make a key and print it. It is printed this once: only a keyed hash of it is "
    "stored.\n\nExample: sallyport key create "
    "--name ci --org acme --model claude-opus-5 --requests-per-minute 60 --usd-per-month 200";

constexpr char kRotateHelp[] =
    "Give a key a new secret and print it. The old one stays good for --grace, so that clients can "
    "change over.";

void add_create(CLI::App& key, Action& action) {
  CLI::App* verb = key.add_subcommand("create", "Make a key and print it, this once.");
  verb->footer(kCreateHelp);
  auto options = std::make_shared<CreateKeyOptions>();
  add_place_options(*verb, options->place);
  verb->add_option("--name", options->name, "a label, to know it by")->required();
  verb->add_option("--org", options->organisation, "whom it belongs to")->capture_default_str();
  verb->add_option("--workspace", options->workspace, "a part of the organisation")
      ->capture_default_str();
  verb->add_option("--environment", options->environment, "stands in the key's text: sp-live-…")
      ->capture_default_str();
  verb->add_option("--tier", options->tier, "what the organisation was admitted to")
      ->capture_default_str();
  verb->add_option("--model", options->models,
                   "a model it may use, once for each; without it every model");
  verb->add_option("--expires", options->expires, "end of its life from now, such as 30d or 12h");
  add_limit_options(*verb, options->limits);
  verb->add_flag("--quiet", options->quiet, "print the key alone, for scripts");
  verb->callback([options, &action] { action = [options] { return create_key(*options); }; });
}

void add_list(CLI::App& key, Action& action) {
  CLI::App* verb = key.add_subcommand(
      "list", "List keys, newest first, with what is left of them. Never shows a secret.");
  auto options = std::make_shared<ListKeysOptions>();
  add_place_options(*verb, options->place);
  verb->add_option("--org", options->organisation, "only this organisation's");
  verb->add_flag("--json", options->json, "as a JSON array");
  verb->callback([options, &action] { action = [options] { return list_keys(*options); }; });
}

void add_revoke(CLI::App& key, Action& action) {
  CLI::App* verb =
      key.add_subcommand("revoke", "Revoke a key for good. A running gateway refuses it at once.");
  auto options = std::make_shared<KeyIdOptions>();
  add_place_options(*verb, options->place);
  verb->add_option("ID", options->id, "key_…, as key list shows it")->required();
  verb->callback([options, &action] { action = [options] { return revoke_key(*options); }; });
}

void add_rotate(CLI::App& key, Action& action) {
  CLI::App* verb = key.add_subcommand("rotate", "Give a key a new secret and print it.");
  verb->footer(kRotateHelp);
  auto options = std::make_shared<KeyIdOptions>();
  add_place_options(*verb, options->place);
  verb->add_option("ID", options->id, "key_…, as key list shows it")->required();
  verb->add_option("--grace", options->grace, "how long the old secret stays good, such as 1h")
      ->capture_default_str();
  verb->add_flag("--quiet", options->quiet, "print the key alone, for scripts");
  verb->callback([options, &action] { action = [options] { return rotate_key(*options); }; });
}

void add_limit(CLI::App& key, Action& action) {
  CLI::App* verb = key.add_subcommand("limit",
                                      "Set the limits of a key, or with --org of a whole "
                                      "organisation. What is not named is not limited.");
  auto options = std::make_shared<LimitOptions>();
  add_place_options(*verb, options->place);
  auto* id = verb->add_option("ID", options->id, "key_…, as key list shows it");
  verb->add_option("--org", options->organisation, "all keys of this organisation together")
      ->excludes(id);
  add_limit_options(*verb, options->limits);
  verb->callback([options, &action] {
    if (options->id.empty() && options->organisation.empty())
      throw CLI::RequiredError("ID or --org");
    action = [options] { return set_limits(*options); };
  });
}

}  // namespace

void add_limit_options(CLI::App& verb, LimitTexts& limits) {
  const auto count = [&](const char* name, std::optional<std::int64_t>& value, const char* what) {
    verb.add_option(name, value, what)
        ->check(CLI::Range(std::int64_t{1}, std::int64_t{1'000'000'000'000}));
  };
  count("--requests-per-minute", limits.counts.requests_per_minute, "limit");
  count("--input-tokens-per-minute", limits.counts.input_tokens_per_minute, "limit");
  count("--output-tokens-per-minute", limits.counts.output_tokens_per_minute, "limit");
  count("--concurrent-streams", limits.counts.concurrent_streams, "requests in flight at once");
  verb.add_option("--usd-per-month", limits.usd_per_month,
                  "money by calendar month, such as 200 or 0.50");
}

void add_key(CLI::App& app, Action& action) {
  CLI::App* key = app.add_subcommand("key", "Make, list, revoke, rotate and limit API keys.");
  key->footer(kHelp);
  key->require_subcommand(1);
  add_create(*key, action);
  add_list(*key, action);
  add_revoke(*key, action);
  add_rotate(*key, action);
  add_limit(*key, action);
}

}  // namespace sallyport::cli
