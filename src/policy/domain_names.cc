#include "policy/domain_names.h"

#include <algorithm>

namespace sallyport::policy {
namespace {

void tidy(std::vector<std::string>& names) {
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
}

void add(std::vector<std::string>& out, const std::vector<std::string>& names) {
  out.insert(out.end(), names.begin(), names.end());
}

bool is_organisation_ask(Ask ask) {
  return ask == Ask::jurisdiction || ask == Ask::controlled_by || ask == Ask::organisation_type ||
         ask == Ask::annex || ask == Ask::staff_attested;
}

}  // namespace

void DomainNames::note(Ask axis, const std::vector<Country>& list) {
  asks.insert(axis);
  lists[axis].insert(list);
}

void DomainNames::read(const Condition& c, Deemed deemed) {
  for (const Condition& item : c.items) read(item, deemed);
  if (is_organisation_ask(c.ask)) organisations = true;
  switch (c.ask) {
    case Ask::citizenship_outside:
      note(Ask::citizenship, c.countries);
      return;
    case Ask::ever_citizenship:
      note(Ask::citizenship, c.countries);
      note(Ask::ever_citizenship, c.countries);
      return;
    case Ask::deemed_country:
      organisations = true;
      note(Ask::jurisdiction, c.countries);
      if (deemed == Deemed::most_recent) {
        note(Ask::most_recent, c.countries);
        return;
      }
      for (const Ask axis : {Ask::citizenship, Ask::ever_citizenship, Ask::permanent_residence})
        note(axis, c.countries);
      return;
    case Ask::employer:
      organisations = true;
      add(employers, c.names);
      return;
    case Ask::organisation_type:
      asks.insert(c.ask);
      add(types, c.names);
      return;
    case Ask::annex:
      asks.insert(c.ask);
      add(annexes, c.names);
      return;
    default:
      asks.insert(c.ask);
      if (!c.countries.empty()) lists[c.ask].insert(c.countries);
  }
}

void DomainNames::read(const Directive& d, const Policy& policy) {
  const Definition* definition = policy.definition(d.definition);
  read(d.who, definition == nullptr ? Deemed::most_recent : definition->deemed);
  if (definition != nullptr) {
    if (d.covers_persons) read(definition->person, definition->deemed);
    if (d.covers_organisations) read(definition->organisation, definition->deemed);
  }
  if (std::find(d.acts.begin(), d.acts.end(), "release") == d.acts.end()) {
    const std::vector<Country> us = {*parse_country("US")};
    note(Ask::location, us);
    if (d.covers_organisations) note(Ask::jurisdiction, us);
  }
  for (const Exemption& exemption : d.exemptions) {
    if (!exemption.annex.empty()) {
      organisations = true;
      annexes.push_back(exemption.annex);
      if (exemption.staff == Staff::attested) asks.insert(Ask::staff_attested);
    }
    if (exemption.provider_staff) organisations = true;
    if (!exemption.licence) continue;
    add(holders, exemption.licence->persons);
    add(organisation_ids, exemption.licence->organisations);
    if (!exemption.licence->destinations.empty())
      note(Ask::location, exemption.licence->destinations);
  }
}

void DomainNames::read(const Policy& policy) {
  if (!policy.provider.empty()) {
    organisation_ids.push_back(policy.provider);
    employers.push_back(policy.provider);
  }
  add(surfaces, policy.surfaces);
  for (const ModelRule& model : policy.models) {
    models.push_back(model.id);
    add(holders, model.evaluators);
    add(organisation_ids, model.evaluators);
  }
  for (const Grant& grant : policy.grants) {
    if (grant.holder_kind == "organisation")
      organisation_ids.push_back(grant.holder);
    else
      holders.push_back(grant.holder);
  }
  for (const Directive& directive : policy.directives) read(directive, policy);
}

DomainNames::DomainNames(const std::vector<const Policy*>& policies) {
  for (const Policy* policy : policies) read(*policy);
  if (!organisation_ids.empty()) organisations = true;
  for (auto* ids : {&holders, &organisation_ids, &employers}) ids->push_back("@other");
  if (!types.empty()) types.emplace_back("@other");
  for (auto* names :
       {&holders, &organisation_ids, &employers, &types, &annexes, &models, &surfaces})
    tidy(*names);
}

std::vector<Country> DomainNames::classes(Ask ask) const {
  const auto found = lists.find(ask);
  if (found == lists.end()) return {};
  // Countries with the same membership in every list are one class.
  std::map<std::vector<bool>, Country> out;
  for (Country country = 1; country <= 676; ++country) {
    std::vector<bool> membership;
    for (const auto& list : found->second)
      membership.push_back(std::find(list.begin(), list.end(), country) != list.end());
    out.emplace(std::move(membership), country);
  }
  std::vector<Country> countries;
  for (const auto& [membership, country] : out) countries.push_back(country);
  return countries;
}

}  // namespace sallyport::policy
