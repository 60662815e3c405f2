#include <CLI/CLI.hpp>

#include "cli/policy_files.h"
#include "cli/terminal.h"
#include "cli/verbs.h"
#include "json/writer.h"
#include "policy/compare.h"
#include "policy/population.h"

namespace sallyport::cli {
namespace {

constexpr char kHelp[] =
    "Questions about whole policies, answered over every kind of principal that they can tell "
    "apart: exactly, or \"not "
    "decided\" where that is over ten million cells. Answers are JSON.\n\nExit code 0: yes (or "
    "the differences are listed). "
    "1: no, with a counterexample, or not decided. 2: a document cannot be used.";

struct Options {
  std::string a;
  std::string b;
  std::string model;
  std::string principals;
  std::string at;
  std::string at_b;
};

void write_example(json::Writer& w, const policy::Example& example) {
  w.begin_object().key("principal").string(example.principal);
  w.key("model").string(example.model).key("surface").string(example.surface);
  w.key("before").string(policy::to_string(example.before));
  w.key("after").string(policy::to_string(example.after));
  w.key("served_before").string(example.served_before);
  w.key("served_after").string(example.served_after).end_object();
}

int print_comparison(const policy::Comparison& found) {
  std::string out;
  json::Writer w(out);
  w.begin_object().key("answer").string(policy::to_string(found.answer));
  w.key("cells").integer(static_cast<std::int64_t>(std::min(found.cells, std::uint64_t{1} << 62)));
  if (found.counterexample) {
    w.key("counterexample");
    write_example(w, *found.counterexample);
  }
  w.end_object();
  print_line(out);
  return found.answer == policy::Answer::yes ? kDone : kFailed;
}

int print_difference(const policy::Difference& found) {
  std::string out;
  json::Writer w(out);
  const auto number = [&](const char* key, std::uint64_t value) {
    w.key(key).integer(static_cast<std::int64_t>(std::min(value, std::uint64_t{1} << 62)));
  };
  w.begin_object().key("decided").boolean(found.decided == policy::Answer::yes);
  number("cells", found.cells);
  number("gain", found.gain);
  number("lose", found.lose);
  number("changed", found.changed);
  for (const auto& [key, examples] :
       {std::pair("gains", &found.gains), std::pair("losses", &found.losses)}) {
    w.key(key).begin_array();
    for (const policy::Example& example : *examples) write_example(w, example);
    w.end_array();
  }
  w.end_object();
  print_line(out);
  return found.decided == policy::Answer::yes ? kDone : kFailed;
}

int print_plan(const Options& options, const policy::Program& a, const policy::Program& b) {
  const auto principals = read_principal_lines(options.principals);
  if (!principals) return refused("--principals", principals.error());
  policy::Population population(a, b);
  for (const policy::Principal& principal : *principals) population.add(principal);
  print_line(policy::to_json(policy::plan(a, b, population), population));
  return kDone;
}

using Question = std::function<int(const Options&, const policy::Program&, const policy::Program&)>;

int ask(const Options& options, const Question& question) {
  const auto at = read_moment(options.at);
  if (!at) return refused("--at", at.error());
  const auto at_b = options.at_b.empty() ? at : read_moment(options.at_b);
  if (!at_b) return refused("--at-b", at_b.error());
  const auto a = read_program(options.a, *at);
  if (!a) return refused(options.a, a.error());
  const auto b = read_program(options.b.empty() ? options.a : options.b, *at_b);
  if (!b) return refused(options.b, b.error());
  return question(options, *a, *b);
}

void add_question(CLI::App& verb, Action& action, const char* name, const char* help, bool two,
                  Question question) {
  CLI::App* sub = verb.add_subcommand(name, help);
  auto o = std::make_shared<Options>();
  sub->add_option("A", o->a, "a policy file or folder")->required();
  if (two) {
    sub->add_option("B", o->b, "another; the same one at another time with --at-b")->required();
    sub->add_option("--at-b", o->at_b, "the time for B");
  } else {
    sub->add_option("--model", o->model, "one model instead of all");
  }
  sub->add_option("--at", o->at, "as of this time instead of now");
  if (std::string_view(name) == "plan")
    sub->add_option("--principals", o->principals, "principals, one JSON object a line")
        ->required();
  sub->callback([o, question = std::move(question), &action] {
    action = [o, question] { return ask(*o, question); };
  });
}

}  // namespace

void add_policy(CLI::App& app, Action& action) {
  using policy::Program;
  CLI::App* verb = app.add_subcommand("policy", kHelp);
  verb->require_subcommand(1);
  add_question(*verb, action, "diff", "who gains and who loses from A to B", true,
               [](const Options&, const Program& a, const Program& b) {
                 return print_difference(policy::diff(a, b));
               });
  add_question(*verb, action, "implies", "A never gives more than B", true,
               [](const Options&, const Program& a, const Program& b) {
                 return print_comparison(policy::implies(a, b));
               });
  add_question(*verb, action, "equivalent", "A and B give the same everywhere", true,
               [](const Options&, const Program& a, const Program& b) {
                 return print_comparison(policy::equivalent(a, b));
               });
  add_question(*verb, action, "always-denies", "nobody is served", false,
               [](const Options& o, const Program& a, const Program&) {
                 return print_comparison(policy::always_denies(a, o.model));
               });
  add_question(*verb, action, "plan", "who of the given principals gains and loses from A to B",
               true, print_plan);
}

}  // namespace sallyport::cli
