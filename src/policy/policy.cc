#include "policy/policy.h"

#include <algorithm>

#include "base/encoding.h"
#include "crypto/sha256.h"
#include "json/writer.h"

namespace sallyport::policy {
namespace {

template <class T>
const T* find_id(const std::vector<T>& all, std::string_view id) {
  for (const T& one : all)
    if (one.id == id) return &one;
  return nullptr;
}

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

template <class T>
void check_ids(const std::vector<T>& all, std::string_view what, Problems& problems) {
  std::set<std::string_view> seen;
  for (const T& one : all)
    if (!seen.insert(one.id).second)
      problems.push_back("a second " + std::string(what) + " with the id '" + one.id + "'");
}

void check_models(const std::vector<std::string>& names, const std::string& where,
                  const Policy& policy, Problems& problems) {
  for (const std::string& name : names)
    if (policy.model(name) == nullptr)
      problems.push_back(where + ": there is no model '" + name + "'");
}

void check_successors(const Directive& d, const Policy& policy, Problems& problems) {
  const std::string where = "directive '" + d.id + "'";
  for (const auto& [model, successor] : d.successors) {
    check_models({model, successor}, where, policy, problems);
    const ModelRule* rule = policy.model(successor);
    if (rule != nullptr && covers(d.scope, *rule))
      problems.push_back(where + ": the successor '" + successor + "' is under the same directive");
  }
}

void check_directive(const Directive& d, const Policy& policy, Problems& problems) {
  const std::string where = "directive '" + d.id + "'";
  if (policy.definition(d.definition) == nullptr)
    problems.push_back(where + ": there is no definition '" + d.definition + "'");
  check_models(d.scope.models, where, policy, problems);
  check_successors(d, policy, problems);
  for (const Exemption& exemption : d.exemptions) {
    check_models(exemption.models, where, policy, problems);
    for (const std::string& id : exemption.programmes)
      if (policy.programme(id) == nullptr)
        problems.push_back(where + ": there is no programme '" + id + "'");
  }
}

void check_grant(const Grant& grant, const Policy& policy, Problems& problems) {
  const std::string where = "grant '" + grant.id + "'";
  const Programme* programme = policy.programme(grant.programme);
  if (programme == nullptr) {
    problems.push_back(where + ": there is no programme '" + grant.programme + "'");
    return;
  }
  if (!contains(programme->holders, grant.holder_kind))
    problems.push_back(where + ": the programme is not for a " + grant.holder_kind);
  for (const std::string& model : grant.models)
    if (!contains(programme->models, model))
      problems.push_back(where + ": the programme does not hold the model '" + model + "'");
  for (const std::string& row : grant.widens)
    if (!contains(programme->widens, row))
      problems.push_back(where + ": the programme does not widen '" + row + "'");
  for (const Obligation& obligation : programme->obligations)
    if (obligation.duty == Duty::seats &&
        static_cast<std::int64_t>(grant.seats.size()) > obligation.count)
      problems.push_back(where + ": has more seats than the programme's " +
                         std::to_string(obligation.count));
}

std::string canonical(const ModelRule& m) {
  std::string out;
  json::Writer w(out);
  w.begin_object().key("id").string(m.id).key("by_programme").boolean(m.by_programme);
  w.key("capability_class").string(m.capability_class).key("upstream").string(m.upstream);
  w.key("vendor").string(m.vendor).key("retention_min_days").integer(m.retention_min_days);
  if (m.released) w.key("released").string(rfc3339(*m.released));
  w.key("evaluators").begin_array();
  for (const std::string& id : m.evaluators) w.string(id);
  w.end_array().end_object();
  return out;
}

template <class T>
void add_texts(const std::vector<T>& all, std::string_view what, std::vector<std::string>& out) {
  for (const T& one : all) out.push_back(std::string(what) + " " + canonical(one));
}

}  // namespace

const ModelRule* Policy::model(std::string_view id) const { return find_id(models, id); }
const Definition* Policy::definition(std::string_view id) const { return find_id(definitions, id); }
const Programme* Policy::programme(std::string_view id) const { return find_id(programmes, id); }

bool covers(const Scope& scope, const ModelRule& model) {
  return scope.everything || contains(scope.models, model.id) ||
         (!model.capability_class.empty() &&
          contains(scope.capability_classes, model.capability_class)) ||
         (!model.upstream.empty() && contains(scope.upstreams, model.upstream)) ||
         (!model.vendor.empty() && contains(scope.vendors, model.vendor));
}

Problems check(const Policy& policy) {
  Problems problems;
  check_ids(policy.models, "model", problems);
  check_ids(policy.definitions, "definition", problems);
  check_ids(policy.programmes, "programme", problems);
  check_ids(policy.grants, "grant", problems);
  std::set<std::pair<std::string_view, std::int64_t>> seen;
  for (const Directive& directive : policy.directives) {
    if (!seen.insert({directive.id, directive.version}).second)
      problems.push_back("a second version " + std::to_string(directive.version) +
                         " of directive '" + directive.id + "'");
    check_directive(directive, policy, problems);
  }
  for (const Grant& grant : policy.grants) check_grant(grant, policy, problems);
  return problems;
}

std::string hash_of(const Policy& policy) {
  std::vector<std::string> texts;
  texts.push_back("provider " + policy.provider);
  for (const std::string& surface : policy.surfaces) texts.push_back("surface " + surface);
  for (const auto& [id, key] : policy.directive_keys)
    texts.push_back("key " + id + " " +
                    hex_encode({reinterpret_cast<const char*>(key.data()), key.size()}));
  add_texts(policy.models, "model", texts);
  add_texts(policy.definitions, "definition", texts);
  add_texts(policy.programmes, "programme", texts);
  add_texts(policy.grants, "grant", texts);
  for (const Directive& d : policy.directives)
    texts.push_back("directive " + canonical(d) + (d.broken.empty() ? "" : " broken " + d.broken));
  std::sort(texts.begin(), texts.end());
  crypto::Sha256 hash;
  for (const std::string& text : texts) {
    hash.update(text);
    hash.update("\n");
  }
  return hex_encode(crypto::as_bytes(hash.finish()));
}

Policy without_directive(Policy policy, std::string_view id) {
  std::erase_if(policy.directives, [&](const Directive& d) { return d.id == id; });
  return policy;
}

}  // namespace sallyport::policy
