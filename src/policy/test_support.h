#pragma once

#include <initializer_list>
#include <memory>
#include <string>

#include "policy/program.h"
#include "policy/time_text.h"

// Principals without evidence in the way, for tests.
namespace sallyport::policy::test {

inline WallTime at(std::string_view text) { return parse_time(text).value(); }
inline Country country(std::string_view text) { return *parse_country(text); }
inline CountrySet countries(std::initializer_list<std::string_view> codes) {
  CountrySet out;
  for (const auto code : codes) out.add(country(code));
  return out;
}

template <class T>
void state(Attribute<T>& attribute, T value) {
  attribute.push_back({std::move(value), {"test", "stated", WallTime{}, std::nullopt}});
}

inline Person person(std::string id, Kind kind = Kind::person) {
  Person out;
  out.id = std::move(id);
  out.kind = kind;
  return out;
}

// A citizen of these countries; not a resident and not protected unless they hold a US passport.
inline Person citizen(std::string id, std::initializer_list<std::string_view> codes) {
  Person out = person(std::move(id));
  state(out.attributes.citizenships, countries(codes));
  state(out.attributes.permanent_residences, CountrySet());
  state(out.attributes.protected_person, false);
  return out;
}

inline Person resident(std::string id, std::initializer_list<std::string_view> codes) {
  Person out = person(std::move(id));
  state(out.attributes.citizenships, countries(codes));
  state(out.attributes.permanent_residences, countries({"US"}));
  return out;
}

inline Organisation organisation(std::string id, std::string_view jurisdiction) {
  Organisation out;
  out.id = std::move(id);
  state(out.attributes.jurisdiction, country(jurisdiction));
  state(out.attributes.type, std::string("company"));
  return out;
}

inline Principal of(Person holder) {
  Principal out;
  out.holder = std::move(holder);
  return out;
}

inline Principal staff(Person holder, Organisation organisation) {
  Principal out = of(std::move(holder));
  if (out.holder.kind == Kind::person) state(out.holder.attributes.employer, organisation.id);
  out.organisation = std::move(organisation);
  return out;
}

}  // namespace sallyport::policy::test
