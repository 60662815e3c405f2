#include <algorithm>

#include "policy/condition.h"
#include "policy/definition.h"

namespace sallyport::policy {
namespace {

bool among(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool among(const std::vector<Country>& countries, Country country) {
  return std::find(countries.begin(), countries.end(), country) != countries.end();
}

Tri meets(const std::optional<CountrySet>& held, const std::vector<Country>& wanted) {
  if (!held) return Tri::unknown;
  return tri(std::any_of(wanted.begin(), wanted.end(), [&](Country c) { return held->has(c); }));
}

Tri is_one(const std::optional<Country>& country, const std::vector<Country>& wanted) {
  return country ? tri(among(wanted, *country)) : Tri::unknown;
}

Tri is_one(const std::optional<std::string>& name, const std::vector<std::string>& wanted) {
  return name ? tri(among(wanted, *name)) : Tri::unknown;
}

std::string_view kind_name(const View& view) {
  if (view.subject == nullptr) return "organisation";
  return view.subject->kind == Kind::person ? "person" : "service";
}

// Questions about a person or service; of an organisation the answer is no.
Tri ask_person(const Condition& c, const Subject& s, std::string_view provider) {
  switch (c.ask) {
    case Ask::identity_at_least:
      return s.identity_level ? tri(*s.identity_level >= c.level) : Tri::unknown;
    case Ask::citizenship:
      return meets(s.citizenships, c.countries);
    case Ask::citizenship_outside:
      return s.citizenships ? tri(s.citizenships->exceeds(CountrySet(c.countries))) : Tri::unknown;
    case Ask::ever_citizenship:
      return tri_or(meets(s.citizenships, c.countries), meets(s.former_citizenships, c.countries));
    case Ask::permanent_residence:
      return meets(s.permanent_residences, c.countries);
    case Ask::most_recent:
      return is_one(s.most_recent, c.countries);
    case Ask::protected_person:
      return s.protected_person ? tri(*s.protected_person) : Tri::unknown;
    case Ask::location:
      return is_one(s.location, c.countries);
    case Ask::employer:
      return is_one(s.employer, c.names);
    default:  // employee_of_provider
      return s.employer ? tri(*s.employer == provider) : Tri::unknown;
  }
}

// Questions about the organisation behind; of somebody without one the answer is no.
Tri ask_organisation(const Condition& c, const OrganisationFacts& o) {
  switch (c.ask) {
    case Ask::jurisdiction:
      return is_one(o.jurisdiction, c.countries);
    case Ask::controlled_by:
      return o.owners ? policy::controlled_by(*o.owners, CountrySet(c.countries)) : Tri::unknown;
    case Ask::organisation_type:
      return is_one(o.type, c.names);
    case Ask::annex:
      if (!o.annexes) return Tri::unknown;
      return tri(std::any_of(c.names.begin(), c.names.end(),
                             [&](const std::string& n) { return among(*o.annexes, n); }));
    default:  // staff_attested
      return o.staff_attested ? tri(*o.staff_attested) : Tri::unknown;
  }
}

Tri ask_deemed(const Condition& c, const View& view) {
  if (view.definition == nullptr) return Tri::unknown;
  if (view.subject == nullptr)
    return view.organisation == nullptr ? Tri::no
                                        : is_one(view.organisation->jurisdiction, c.countries);
  const Subject& s = *view.subject;
  if (view.definition->deemed == Deemed::most_recent) return is_one(s.most_recent, c.countries);
  return tri_or(
      tri_or(meets(s.citizenships, c.countries), meets(s.former_citizenships, c.countries)),
      meets(s.permanent_residences, c.countries));
}

}  // namespace

Tri evaluate(const Condition& condition, const View& view) {
  switch (condition.ask) {
    case Ask::always:
      return Tri::yes;
    case Ask::never:
      return Tri::no;
    case Ask::all: {
      Tri out = Tri::yes;
      for (const Condition& item : condition.items) out = tri_and(out, evaluate(item, view));
      return out;
    }
    case Ask::any: {
      Tri out = Tri::no;
      for (const Condition& item : condition.items) out = tri_or(out, evaluate(item, view));
      return out;
    }
    case Ask::negate:
      return tri_not(evaluate(condition.items.front(), view));
    case Ask::foreign_person:
      return view.definition == nullptr ? Tri::unknown : is_foreign(*view.definition, view);
    case Ask::deemed_country:
      return ask_deemed(condition, view);
    case Ask::kind:
      return tri(among(condition.names, std::string(kind_name(view))));
    case Ask::jurisdiction:
    case Ask::controlled_by:
    case Ask::organisation_type:
    case Ask::annex:
    case Ask::staff_attested:
      return view.organisation == nullptr ? Tri::no
                                          : ask_organisation(condition, *view.organisation);
    default:
      return view.subject == nullptr ? Tri::no
                                     : ask_person(condition, *view.subject, view.provider);
  }
}

void missing_facts(const Condition& condition, const View& view, std::set<std::string>& out) {
  if (evaluate(condition, view) != Tri::unknown) return;
  for (const Condition& item : condition.items) missing_facts(item, view, out);
  if (!condition.items.empty()) return;
  if (condition.ask == Ask::foreign_person && view.definition != nullptr) {
    missing_facts(view.subject == nullptr ? view.definition->organisation : view.definition->person,
                  view, out);
    return;
  }
  switch (condition.ask) {
    case Ask::citizenship:
    case Ask::citizenship_outside:
      out.emplace("citizenships");
      return;
    case Ask::employee_of_provider:
      out.emplace("employer");
      return;
    case Ask::permanent_residence:
      out.emplace("permanent_residences");
      return;
    case Ask::identity_at_least:
      out.emplace("identity_level");
      return;
    default:
      out.emplace(name_of(condition.ask));
  }
}

Tri is_foreign(const Definition& definition, const View& view) {
  return evaluate(view.subject == nullptr ? definition.organisation : definition.person, view);
}

Tri outcome(const Definition& definition, const DefinitionCase& example) {
  View view;
  view.definition = &definition;
  if (example.is_organisation)
    view.organisation = &example.organisation;
  else
    view.subject = &example.subject;
  return is_foreign(definition, view);
}

}  // namespace sallyport::policy
