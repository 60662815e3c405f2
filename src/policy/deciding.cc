#include "policy/deciding.h"

#include <algorithm>

namespace sallyport::policy {
namespace {

void sort_unique(std::vector<std::string>& texts) {
  std::sort(texts.begin(), texts.end());
  texts.erase(std::unique(texts.begin(), texts.end()), texts.end());
}

std::string tag(const Directive& d) {
  return "directive:" + d.id + "@" + std::to_string(d.version);
}

Decision refused(const Program& program, std::string_view model, std::string reason) {
  Decision out;
  out.model = model;
  out.status = 404;
  out.reasons.push_back(std::move(reason));
  out.epoch = program.epoch();
  out.policy_hash = program.hash();
  return out;
}

}  // namespace

Decision Program::decide(const Facts& facts, std::string_view model,
                         std::string_view surface) const {
  const auto m = models_.find(std::string(model));
  if (m == models_.end()) return refused(*this, model, "model:unknown");
  const auto s = surfaces_.find(std::string(surface));
  if (s == surfaces_.end()) return refused(*this, model, "surface:unknown");
  return Deciding(*this, facts, s->second).run(m->second);
}

Deciding::Deciding(const Program& program, const Facts& facts, std::size_t surface)
    : program_(program),
      facts_(facts),
      surface_(surface),
      surface_name_(program.policy().surfaces[surface]) {
  const OrganisationFacts* organisation = facts.organisation ? &*facts.organisation : nullptr;
  const std::string& provider = program.policy().provider;
  parties_.push_back({"holder", {&facts.holder, organisation, nullptr, provider}});
  if (facts.end_user)
    parties_.push_back({"end_user", {&*facts.end_user, organisation, nullptr, provider}});
  else if (facts.end_user_missing)
    parties_.push_back({"end_user", {&nobody_, organisation, nullptr, provider}});
  if (organisation != nullptr)
    parties_.push_back({"organisation", {nullptr, organisation, nullptr, provider}});
  until_ = program.valid_until();
  lower(facts.valid_until);
}

void Deciding::lower(std::optional<WallTime> moment) const {
  if (moment && (!until_ || *moment < *until_)) until_ = moment;
}

Decision Deciding::run(std::size_t model) {
  Direct asked = direct(model);
  Decision out = std::move(asked.decision);
  out.model = program_.policy().models[model].id;
  if (asked.served) {
    out.effect = Effect::serve;
    out.served_model = out.model;
  } else {
    out.obligations.clear();
    out.grants.clear();
    out.widens.clear();
    if (!asked.denies) substitute(asked, model, out);
  }
  sort_unique(out.obligations);
  sort_unique(out.grants);
  sort_unique(out.widens);
  sort_unique(out.missing_facts);
  out.epoch = program_.epoch();
  out.policy_hash = program_.hash();
  out.valid_until = until_;
  return out;
}

Deciding::Direct Deciding::direct(std::size_t model) {
  const ModelRule& rule = program_.policy().models[model];
  Direct out;
  for (const auto& [d, definition] : program_.cells_[program_.cell(model, surface_)].directives)
    directive(*d, definition, rule, out);
  grants(rule, out);
  access(rule, out);
  retention(rule, out);
  out.served = !out.denies && out.forbidding.empty();
  return out;
}

void Deciding::substitute(const Direct& asked, std::size_t model, Decision& out) {
  // Each directive that forbids names the next model; one that is served for this asker ends the
  // search. At most as many steps as there are models, so that a ring of successors ends too.
  const auto& models = program_.policy().models;
  for (const Directive* d : asked.forbidding) {
    std::string current = models[model].id;
    for (std::size_t step = 0; step < models.size(); ++step) {
      const auto next = d->successors.find(current);
      if (next == d->successors.end()) break;
      current = next->second;
      const auto found = program_.models_.find(current);
      if (found == program_.models_.end() || found->second == model) break;
      if (covers(d->scope, models[found->second])) break;
      Direct candidate = direct(found->second);
      if (!candidate.served) continue;
      out.effect = Effect::substitute;
      out.served_model = current;
      out.obligations = std::move(candidate.decision.obligations);
      out.grants = std::move(candidate.decision.grants);
      out.widens = std::move(candidate.decision.widens);
      out.reasons.push_back("successor:" + tag(*d).substr(10) + "#" + current);
      return;
    }
  }
  out.reasons.emplace_back("successor:none");
}

void Deciding::directive(const Directive& d, const Definition* definition, const ModelRule& model,
                         Direct& out) {
  Standing at = standing(d, definition, model);
  Decision& decision = out.decision;
  if (at.covered == Tri::no) {
    for (std::string& proviso : at.provisos) decision.obligations.push_back(std::move(proviso));
    for (std::string& reason : at.reasons) decision.reasons.push_back(std::move(reason));
    return;
  }
  out.forbidding.push_back(&d);
  const bool denies = d.effect == Effect::deny || !d.broken.empty() ||
                      (at.covered == Tri::unknown && d.unknowns_denied);
  if (denies) out.denies = true;
  if (decision.notice.empty()) {
    decision.notice = d.notice;
    decision.status = d.status;
  }
  for (std::string& reason : at.reasons) decision.reasons.push_back(std::move(reason));
  decision.missing_facts.insert(decision.missing_facts.end(), at.missing.begin(), at.missing.end());
}

bool Deciding::evaluates(const ModelRule& model) const {
  const auto named = [&](const std::string& id) {
    return !id.empty() && std::find(model.evaluators.begin(), model.evaluators.end(), id) !=
                              model.evaluators.end();
  };
  if (facts_.end_user_missing) return false;
  if (facts_.end_user) return named(facts_.end_user->id);
  return named(facts_.holder.id) || (facts_.organisation && named(facts_.organisation->id));
}

void Deciding::access(const ModelRule& model, Direct& out) {
  if (model.released && program_.at() < *model.released) {
    if (evaluates(model)) {
      out.decision.reasons.emplace_back("model:early_access");
      return;
    }
    out.denies = true;
    out.decision.status = 404;
    out.decision.reasons.emplace_back("model:not_released");
    return;
  }
  if (!model.by_programme) {
    out.decision.reasons.emplace_back("model:open");
    return;
  }
  if (facts_.end_user_missing) {
    out.denies = true;
    out.decision.reasons.emplace_back("model:end_user_needed");
    out.decision.missing_facts.emplace_back("end_user");
  } else if (out.decision.grants.empty()) {
    out.denies = true;
    out.decision.reasons.emplace_back("model:no_grant");
  }
}

void Deciding::retention(const ModelRule& model, Direct& out) {
  if (model.retention_min_days == 0) return;
  if (facts_.retention_max_days && *facts_.retention_max_days < model.retention_min_days) {
    out.denies = true;
    out.decision.status = 400;
    out.decision.reasons.emplace_back("model:retention");
    return;
  }
  out.decision.obligations.push_back("retention_days>=" + std::to_string(model.retention_min_days));
}

std::vector<const Grant*> Deciding::candidates() const {
  std::vector<const Grant*> out;
  const auto add = [&](const std::string& key) {
    const auto found = program_.grants_.find(key);
    if (found != program_.grants_.end())
      out.insert(out.end(), found->second.begin(), found->second.end());
  };
  if (facts_.organisation) add("organisation " + facts_.organisation->id);
  const bool person = facts_.holder.kind == Kind::person;
  // A person's grant does not pass to the end users behind that person's key.
  if (!facts_.end_user && !facts_.end_user_missing)
    add((person ? "person " : "service ") + facts_.holder.id);
  else if (!person)
    add("service " + facts_.holder.id);
  if (facts_.end_user) add("person " + facts_.end_user->id);
  return out;
}

bool Deciding::applies(const Grant& grant, const ModelRule* model,
                       std::vector<std::string>& unmet) const {
  const auto found = program_.programmes_.find(grant.programme);
  if (found == program_.programmes_.end()) return false;
  const Programme& programme = *found->second;
  const WallTime at = program_.at();
  const auto listed = [](const std::vector<std::string>& names, const std::string& name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  if ((programme.from && at < *programme.from) || (programme.until && at >= *programme.until))
    return false;
  if (model != nullptr && (!listed(programme.models, model->id) ||
                           (!grant.models.empty() && !listed(grant.models, model->id))))
    return false;
  if (!programme.surfaces.empty() && !listed(programme.surfaces, surface_name_)) return false;
  if (!grant.surfaces.empty() && !listed(grant.surfaces, surface_name_)) return false;
  if (!grant.project.empty() && grant.project != facts_.project) return false;
  if (!grant.purpose.empty() && grant.purpose != facts_.purpose) return false;
  bool met = true;
  for (const Obligation& obligation : programme.obligations) {
    if (is_met(obligation, grant, facts_, at, until_)) continue;
    met = false;
    unmet.push_back("grant:" + grant.id + "#void:" + std::string(name_of(obligation.duty)));
  }
  return met;
}

void Deciding::grants(const ModelRule& model, Direct& out) {
  for (const Grant* grant : candidates()) {
    std::vector<std::string> unmet;
    if (applies(*grant, &model, unmet)) {
      out.decision.grants.push_back(grant->id);
      out.decision.reasons.push_back("grant:" + grant->id);
      out.decision.widens.insert(out.decision.widens.end(), grant->widens.begin(),
                                 grant->widens.end());
    }
    for (std::string& reason : unmet) out.decision.reasons.push_back(std::move(reason));
  }
}

}  // namespace sallyport::policy
