#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/files.h"
#include "policy/definition.h"
#include "policy/directive.h"
#include "policy/programme.h"

// Everything that decides, as read from documents. A value; immutable once read.
namespace sallyport::policy {

// What the decision has to know of a model; its routes and prices are the catalog's.
struct ModelRule {
  std::string id;
  bool by_programme = false;  // else open to everybody
  std::string capability_class;
  std::string upstream;
  std::string vendor;
  std::int64_t retention_min_days = 0;
  // Before this time only these organisations, persons and services see it.
  std::optional<WallTime> released;
  std::vector<std::string> evaluators;
};

struct Policy {
  std::string
      provider;  // id of the organisation that runs the gateway; its staff are principals too
  std::vector<std::string> surfaces;  // empty = the single surface "default"
  std::vector<ModelRule> models;
  std::vector<Definition> definitions;
  std::vector<Programme> programmes;
  std::vector<Grant> grants;
  std::vector<Directive> directives;  // all versions of all
  std::map<std::string, crypto::Ed25519PublicKey> directive_keys;

  const ModelRule* model(std::string_view id) const;
  const Definition* definition(std::string_view id) const;
  const Programme* programme(std::string_view id) const;
};

// One file of a policy: its name, for messages, and its JSON or TOML text.
struct PolicyText {
  std::string name;
  std::string text;
};

inline constexpr std::size_t kMaxPolicyBytes = 64u << 20;

// Reads all parts together with the built-in definitions and programmes. Code::config names every
// problem and its place. Where keys are listed, a directive whose signature does not hold is read
// as broken: it forbids in its whole scope.
Result<Policy> read_policy(const std::vector<PolicyText>& parts);
// A file, or the .json and .toml files of a folder in the order of their names.
Result<Policy> load_policy(Files& files, const std::string& path);

// What is wrong between the parts: unknown names, successors under the same directive, loops.
Problems check(const Policy& policy);
// Whether the directive's scope covers the model, on any surface.
bool covers(const Scope& scope, const ModelRule& model);

// SHA-256 over the canonical texts of all parts, in hexadecimal: equal for equal policies, whatever
// the order of the parts and the spelling of the documents.
std::string hash_of(const Policy& policy);
// The policy without any version of one directive.
Policy without_directive(Policy policy, std::string_view id);

}  // namespace sallyport::policy
