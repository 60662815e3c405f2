#include "policy/program.h"

#include <algorithm>
#include <map>

namespace sallyport::policy {
namespace {

void collect(const Condition& condition, std::unordered_set<std::string>& out) {
  if (condition.ask == Ask::employer) out.insert(condition.names.begin(), condition.names.end());
  for (const Condition& item : condition.items) collect(item, out);
}

bool on_surface(const std::vector<std::string>& surfaces, const std::string& surface) {
  return surfaces.empty() || std::find(surfaces.begin(), surfaces.end(), surface) != surfaces.end();
}

}  // namespace

void Program::ends(const std::optional<WallTime>& moment) {
  if (moment && *moment > at_ && (!valid_until_ || *moment < *valid_until_)) valid_until_ = moment;
}

void Program::put_directives() {
  // Of each directive the latest version that is effective.
  std::map<std::string, const Directive*> in_force;
  for (const Directive& directive : policy_->directives) {
    ends(directive.effective);
    if (directive.effective > at_) continue;
    const Directive*& current = in_force[directive.id];
    if (current == nullptr || directive.version > current->version) current = &directive;
  }
  cells_.resize(policy_->models.size() * policy_->surfaces.size());
  for (const auto& [id, directive] : in_force) {
    ends(directive->expires);
    if (directive->expires && *directive->expires <= at_) continue;
    for (const Exemption& exemption : directive->exemptions) {
      ends(exemption.until);
      if (exemption.licence) ends(exemption.licence->expires);
    }
    for (std::size_t m = 0; m < policy_->models.size(); ++m) {
      if (!covers(directive->scope, policy_->models[m])) continue;
      for (std::size_t s = 0; s < policy_->surfaces.size(); ++s)
        if (on_surface(directive->scope.surfaces, policy_->surfaces[s]))
          cells_[cell(m, s)].directives.emplace_back(directive,
                                                     policy_->definition(directive->definition));
    }
  }
}

void Program::put_grants() {
  for (const Programme& programme : policy_->programmes) {
    programmes_.emplace(programme.id, &programme);
    granted_surfaces_.insert(programme.surfaces.begin(), programme.surfaces.end());
    ends(programme.from);
    ends(programme.until);
    for (const Obligation& obligation : programme.obligations) {
      ends(obligation.from);
      ends(obligation.until);
    }
  }
  for (const Grant& grant : policy_->grants) {
    ends(grant.from);
    ends(grant.until);
    ends(grant.revoked);
    if (grant.from > at_ || grant.until <= at_ || (grant.revoked && *grant.revoked <= at_))
      continue;
    granted_surfaces_.insert(grant.surfaces.begin(), grant.surfaces.end());
    grants_[grant.holder_kind + " " + grant.holder].push_back(&grant);
  }
}

void Program::collect_names() {
  names_.insert(policy_->provider);
  names_.insert("none");
  for (const ModelRule& model : policy_->models)
    names_.insert(model.evaluators.begin(), model.evaluators.end());
  for (const Grant& grant : policy_->grants) {
    names_.insert({grant.holder, grant.project, grant.purpose});
    names_.insert(grant.seats.begin(), grant.seats.end());
  }
  for (const Directive& directive : policy_->directives) {
    collect(directive.who, names_);
    for (const Exemption& exemption : directive.exemptions) {
      if (!exemption.licence) continue;
      names_.insert(exemption.licence->persons.begin(), exemption.licence->persons.end());
      names_.insert(exemption.licence->organisations.begin(),
                    exemption.licence->organisations.end());
    }
  }
  for (const Definition& definition : policy_->definitions) {
    collect(definition.person, names_);
    collect(definition.organisation, names_);
  }
}

Program Program::compile(std::shared_ptr<const Policy> policy, WallTime at, std::uint64_t epoch) {
  Program out;
  out.policy_ = std::move(policy);
  out.at_ = at;
  out.epoch_ = epoch;
  out.hash_ = hash_of(*out.policy_);
  for (std::size_t i = 0; i < out.policy_->models.size(); ++i) {
    out.models_.emplace(out.policy_->models[i].id, i);
    out.ends(out.policy_->models[i].released);
  }
  for (std::size_t i = 0; i < out.policy_->surfaces.size(); ++i)
    out.surfaces_.emplace(out.policy_->surfaces[i], i);
  out.put_directives();
  out.put_grants();
  out.collect_names();
  return out;
}

std::size_t Program::same_surface(std::size_t surface) const {
  const auto& names = policy_->surfaces;
  if (granted_surfaces_.contains(names[surface])) return surface;
  for (std::size_t other = 0; other < surface; ++other) {
    if (granted_surfaces_.contains(names[other])) continue;
    // Successors are decided on the same surface, so all models must agree.
    bool same = true;
    for (std::size_t m = 0; same && m < policy_->models.size(); ++m)
      same = cells_[cell(m, other)] == cells_[cell(m, surface)];
    if (same) return other;
  }
  return surface;
}

bool Program::grants_to(const Facts& facts) const {
  return grants_.contains("person " + facts.holder.id) ||
         grants_.contains("service " + facts.holder.id) ||
         (facts.organisation && grants_.contains("organisation " + facts.organisation->id)) ||
         (facts.end_user && grants_.contains("person " + facts.end_user->id));
}

void Program::project(Facts& facts, const Program& a, const Program& b) {
  const auto named = [&](const std::string& id) {
    return a.names_.contains(id) || b.names_.contains(id);
  };
  const auto blank = [&](std::string& id) {
    if (!named(id)) id.clear();
  };
  const std::string own = facts.organisation ? facts.organisation->id : "";
  const auto employer = [&](std::optional<std::string>& id) {
    if (id && !named(*id)) id = *id == own ? "@own" : "@other";
  };
  const bool granted = a.grants_to(facts) || b.grants_to(facts);
  employer(facts.holder.employer);
  blank(facts.holder.id);
  if (facts.end_user) {
    employer(facts.end_user->employer);
    blank(facts.end_user->id);
  }
  if (facts.organisation && !named(own)) facts.organisation->id = "@own";
  blank(facts.project);
  blank(facts.purpose);
  if (granted) return;
  // Only obligations of grants look at the rest.
  const bool shared = facts.credential.shared;
  facts.credential = {};
  facts.credential.shared = shared;
  if (facts.organisation) facts.organisation->attestations = std::nullopt;
}

}  // namespace sallyport::policy
