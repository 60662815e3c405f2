#include <CLI/CLI.hpp>

#include "cli/policy_files.h"
#include "cli/terminal.h"
#include "cli/verbs.h"
#include "json/writer.h"

namespace sallyport::cli {
namespace {

constexpr char kHelp[] =
    "List who of the given principals may use a model, and why the others may not. Principals "
    "come as JSON, one a line.";

struct Options {
  std::string model;
  std::string policy;
  std::string principals;
  std::string surface;
  std::string at;
  bool json = false;
};

std::string joined(const std::vector<std::string>& texts) {
  std::string out;
  for (const std::string& text : texts) out += (out.empty() ? "" : ", ") + text;
  return out;
}

void print_row(json::Writer& w, const std::string& id, const policy::Decision& decision) {
  w.begin_object().key("id").string(id);
  w.key("decision").raw(policy::to_json(decision)).end_object();
}

int who_can(const Options& options) {
  const auto at = read_moment(options.at);
  if (!at) return refused("--at", at.error());
  const auto program = read_program(options.policy, *at);
  if (!program) return refused("--policy", program.error());
  const auto surface = pick_surface(program->policy(), options.surface);
  if (!surface) return refused("--surface", surface.error());
  const auto principals = read_principal_lines(options.principals);
  if (!principals) return refused("--principals", principals.error());
  std::vector<std::vector<std::string>> rows = {
      {"principal", "effect", "served", "reasons", "missing"}};
  std::string out;
  json::Writer w(out);
  w.begin_array();
  for (const policy::Principal& principal : *principals) {
    const policy::Decision decision =
        program->decide(policy::resolve(principal, *at), options.model, *surface);
    if (options.json)
      print_row(w, principal.holder.id, decision);
    else
      rows.push_back({principal.holder.id, std::string(policy::to_string(decision.effect)),
                      decision.served_model, joined(decision.reasons),
                      joined(decision.missing_facts)});
  }
  w.end_array();
  print(options.json ? out + "\n" : format_table(rows));
  return kDone;
}

}  // namespace

void add_who_can(CLI::App& app, Action& action) {
  CLI::App* verb = app.add_subcommand("who-can", kHelp);
  auto o = std::make_shared<Options>();
  verb->add_option("MODEL", o->model, "the model")->required();
  verb->add_option("--policy", o->policy, "a policy file or folder")->required();
  verb->add_option("--principals", o->principals, "a file of principals, one JSON object a line")
      ->required();
  verb->add_option("--surface", o->surface, "where; needed where the policy names several");
  verb->add_option("--at", o->at, "decide as of this time instead of now");
  verb->add_flag("--json", o->json, "whole decisions as JSON");
  verb->callback([o, &action] { action = [o] { return who_can(*o); }; });
}

}  // namespace sallyport::cli
