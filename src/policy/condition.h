#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "policy/facts.h"
#include "policy/reader.h"
#include "policy/tri.h"

// A question about one subject, answered yes, no or unknown: a tree of all, any and not over
// single facts. Total: every tree has an answer for every subject, in time linear in its size.
namespace sallyport::policy {

enum class Ask : std::uint8_t {
  always,
  never,
  all,
  any,
  negate,
  foreign_person,  // what the directive's definition says
  deemed_country,  // the countries that the definition counts a release to, among these
  kind,
  identity_at_least,
  citizenship,          // holds one of these
  citizenship_outside,  // holds one that is not among these
  ever_citizenship,     // now or formerly
  permanent_residence,
  most_recent,
  protected_person,
  location,
  employer,
  employee_of_provider,
  jurisdiction,
  controlled_by,  // over 50 %
  organisation_type,
  annex,
  staff_attested,
};

struct Condition {
  Ask ask = Ask::always;
  std::vector<Condition> items;
  std::vector<Country> countries;
  std::vector<std::string> names;
  std::int64_t level = 0;
  bool operator==(const Condition&) const = default;
};

inline constexpr std::size_t kMaxConditionDepth = 16;
inline constexpr std::size_t kMaxConditionNodes = 1000;

// {"any": [{"location": ["CN"]}, {"not": {"citizenship": ["US"]}}]}; see docs/access.md.
Condition read_condition(json::Value value, const std::string& where, Problems& problems);
// Canonical: equal conditions give equal texts.
void write_condition(const Condition& condition, std::string& out);
std::string_view name_of(Ask ask);

struct Definition;

// Whom a condition is asked about. An organisation is a subject of its own: then `subject` is null.
struct View {
  const Subject* subject = nullptr;
  const OrganisationFacts* organisation = nullptr;  // null: belongs to none
  const Definition* definition = nullptr;           // null: "foreign_person" is unknown
  std::string_view provider;                        // id of the organisation that runs the gateway
};

Tri evaluate(const Condition& condition, const View& view);
// The facts whose absence makes the answer unknown, by name.
void missing_facts(const Condition& condition, const View& view, std::set<std::string>& out);

}  // namespace sallyport::policy
