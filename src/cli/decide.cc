#include <CLI/CLI.hpp>

#include "cli/policy_files.h"
#include "cli/terminal.h"
#include "cli/verbs.h"
#include "policy/geo.h"

namespace sallyport::cli {
namespace {

constexpr char kHelp[] =
    "Say whether a principal may use a model, by a policy on disk, and why: without a server. The "
    "documents are "
    "described in docs/access.md.\n\nExit code 0: decided, whatever the answer. 2: a document "
    "cannot be used.";

struct Options {
  std::string policy;
  std::string principal;
  std::string model;
  std::string surface;
  std::string at;
  std::string ip;
  std::string geo;
  int max_age_days = 30;
  bool json = false;
};

Result<void> doubt(const Options& options, WallTime at, policy::Principal& principal) {
  if (options.ip.empty()) return {};
  const Duration max_age = std::chrono::hours(24) * options.max_age_days;
  if (options.geo.empty()) {
    // An address that nothing can be said of: the location is doubtful.
    policy::doubt_location(principal, std::nullopt, at, at, max_age);
    return {};
  }
  const auto database = policy::GeoDatabase::open(options.geo);
  if (!database) return Failure(database.error());
  const auto found = database->look_up(options.ip);
  if (!found) return Failure(found.error());
  policy::doubt_location(principal, *found, database->built(), at, max_age);
  return {};
}

void print_decision(const policy::Decision& decision) {
  print_line(std::string(policy::to_string(decision.effect)) + " " + decision.model +
             (decision.effect == policy::Effect::substitute ? " -> " + decision.served_model : ""));
  const auto all = [](const char* what, const std::vector<std::string>& texts) {
    for (const std::string& text : texts) print_line(std::string("  ") + what + "  " + text);
  };
  all("reason", decision.reasons);
  all("missing", decision.missing_facts);
  all("obligation", decision.obligations);
  all("grant", decision.grants);
  if (!decision.notice.empty()) print_line("  notice  " + decision.notice);
}

int decide(const Options& options) {
  const auto at = read_moment(options.at);
  if (!at) return refused("--at", at.error());
  const auto program = read_program(options.policy, *at);
  if (!program) return refused("--policy", program.error());
  auto principal = read_principal_file(options.principal);
  if (!principal) return refused("--principal", principal.error());
  const auto surface = pick_surface(program->policy(), options.surface);
  if (!surface) return refused("--surface", surface.error());
  if (const auto doubted = doubt(options, *at, *principal); !doubted)
    return refused("--ip", doubted.error());
  const policy::Decision decision =
      program->decide(policy::resolve(*principal, *at), options.model, *surface);
  if (options.json)
    print_line(policy::to_json(decision));
  else
    print_decision(decision);
  return kDone;
}

}  // namespace

void add_decide(CLI::App& app, Action& action) {
  CLI::App* verb = app.add_subcommand("decide", kHelp);
  auto o = std::make_shared<Options>();
  verb->add_option("--policy", o->policy, "a policy: a .toml or .json file, or a folder of them")
      ->required();
  verb->add_option("--principal", o->principal, "who asks: a JSON file")->required();
  verb->add_option("--model", o->model, "the model asked for")->required();
  verb->add_option("--surface", o->surface, "where; needed where the policy names several");
  verb->add_option("--at", o->at, "decide as of this time instead of now");
  verb->add_option("--ip", o->ip, "the network address; it can raise doubt, never prove");
  verb->add_option("--geo", o->geo, "an MMDB file to look the address up in");
  verb->add_option("--geo-max-age-days", o->max_age_days, "an older MMDB file proves nothing")
      ->capture_default_str();
  verb->add_flag("--json", o->json, "the whole decision as JSON");
  verb->callback([o, &action] { action = [o] { return decide(*o); }; });
}

}  // namespace sallyport::cli
