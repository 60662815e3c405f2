#include <algorithm>

#include "policy/deciding.h"

// How one directive stands to the parties of one request.
namespace sallyport::policy {
namespace {

bool listed(const std::vector<std::string>& names, const std::string& name) {
  return !name.empty() && std::find(names.begin(), names.end(), name) != names.end();
}

std::string tag(const Directive& d) {
  return "directive:" + d.id + "@" + std::to_string(d.version);
}

const Country kUnitedStates = *parse_country("US");

}  // namespace

Tri Deciding::acts_reach(const Directive& d, const Party& party) const {
  // A release reaches people wherever they are; an export, reexport or transfer those abroad.
  if (std::find(d.acts.begin(), d.acts.end(), "release") != d.acts.end() || d.acts.empty())
    return Tri::yes;
  const std::optional<Country>& place = party.view.subject == nullptr
                                            ? party.view.organisation->jurisdiction
                                            : party.view.subject->location;
  return place ? tri(*place != kUnitedStates) : Tri::unknown;
}

Tri Deciding::employed_by_own(const Party& party) const {
  if (party.view.subject == nullptr) return Tri::yes;
  if (!party.view.subject->employer) return Tri::unknown;
  return tri(*party.view.subject->employer == party.view.organisation->id);
}

Tri Deciding::annex(const Exemption& exemption, const Party& party) const {
  if (party.view.organisation == nullptr) return Tri::no;
  const OrganisationFacts& organisation = *party.view.organisation;
  const Tri on_list =
      organisation.annexes ? tri(listed(*organisation.annexes, exemption.annex)) : Tri::unknown;
  if (party.view.subject == nullptr) return on_list;
  Tri staff = Tri::no;
  if (exemption.staff == Staff::all) staff = Tri::yes;
  // An organisation's clearance is no person's: it must say that it screens its staff.
  if (exemption.staff == Staff::attested)
    staff = organisation.staff_attested ? tri(*organisation.staff_attested) : Tri::unknown;
  return tri_and(tri_and(on_list, staff), employed_by_own(party));
}

Tri Deciding::licensed(const Licence& licence, const Party& party) const {
  if (licence.expires && *licence.expires <= program_.at()) return Tri::no;
  const Subject* subject = party.view.subject;
  Tri named = Tri::no;
  if (party.view.organisation != nullptr &&
      listed(licence.organisations, party.view.organisation->id))
    named = employed_by_own(party);
  if (subject != nullptr && listed(licence.persons, subject->id)) named = Tri::yes;
  if (licence.destinations.empty() || named == Tri::no) return named;
  // Where the exchange goes to: where the people are. An organisation goes nowhere itself.
  if (subject == nullptr) return named;
  const Tri there = subject->location
                        ? tri(CountrySet(licence.destinations).has(*subject->location))
                        : Tri::unknown;
  return tri_and(named, there);
}

bool Deciding::holds_programme(const Exemption& exemption) const {
  std::vector<std::string> unmet;
  for (const Grant* grant : candidates())
    if (listed(exemption.programmes, grant->programme) && applies(*grant, nullptr, unmet))
      return true;
  return false;
}

Tri Deciding::exempt_by(const Exemption& exemption, const Party& party) const {
  if (!exemption.annex.empty()) return annex(exemption, party);
  if (exemption.licence) return licensed(*exemption.licence, party);
  if (!exemption.programmes.empty()) return tri(holds_programme(exemption));
  const std::string_view provider = party.view.provider;
  if (!exemption.provider_staff || provider.empty()) return Tri::no;
  if (party.view.subject == nullptr) return tri(party.view.organisation->id == provider);
  return party.view.subject->employer ? tri(*party.view.subject->employer == provider)
                                      : Tri::unknown;
}

Tri Deciding::exempt(const Directive& d, const ModelRule& model, const Party& party,
                     Standing& out) const {
  Tri all = Tri::no;
  for (const Exemption& exemption : d.exemptions) {
    if (!exemption.models.empty() && !listed(exemption.models, model.id)) continue;
    if (exemption.until && *exemption.until <= program_.at()) continue;
    const Tri one = exempt_by(exemption, party);
    all = tri_or(all, one);
    if (one == Tri::yes) {
      out.reasons.push_back(tag(d) + "#exempt:" + exemption.id);
      if (exemption.licence)
        out.provisos.insert(out.provisos.end(), exemption.licence->provisos.begin(),
                            exemption.licence->provisos.end());
    }
    if (one == Tri::unknown)
      out.missing.insert(std::string(party.name) + ".exemption:" + exemption.id);
  }
  return all;
}

Deciding::Standing Deciding::standing(const Directive& d, const Definition* definition,
                                      const ModelRule& model) const {
  Standing out;
  if (!d.broken.empty() || definition == nullptr) {
    out.covered = Tri::yes;
    out.reasons.push_back(tag(d) + "#cannot_be_evaluated");
    return out;
  }
  for (Party party : parties_) {
    party.view.definition = definition;
    if (!(party.view.subject == nullptr ? d.covers_organisations : d.covers_persons)) continue;
    const Tri who = tri_and(evaluate(d.who, party.view), acts_reach(d, party));
    if (who == Tri::no) continue;
    Standing here;
    const Tri covered = tri_and(who, tri_not(exempt(d, model, party, here)));
    out.covered = tri_or(out.covered, covered);
    out.provisos.insert(out.provisos.end(), here.provisos.begin(), here.provisos.end());
    if (covered == Tri::no) {
      out.reasons.insert(out.reasons.end(), here.reasons.begin(), here.reasons.end());
      continue;
    }
    out.reasons.push_back(tag(d) + (covered == Tri::yes ? "#who:" : "#unknown:") +
                          std::string(party.name));
    if (covered == Tri::yes) continue;
    out.missing.insert(here.missing.begin(), here.missing.end());
    std::set<std::string> facts;
    missing_facts(d.who, party.view, facts);
    if (acts_reach(d, party) == Tri::unknown) facts.insert("location");
    for (const std::string& fact : facts) out.missing.insert(std::string(party.name) + "." + fact);
  }
  return out;
}

}  // namespace sallyport::policy
