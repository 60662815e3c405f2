#pragma once

#include <string>
#include <vector>

#include "policy/condition.h"
#include "policy/principal.h"

namespace sallyport::policy {

// Which countries a release to a person counts as an export to.
enum class Deemed : std::uint8_t {
  most_recent,  // 15 CFR 734.13(b)
  all_held,     // 22 CFR 120.50(b)
};

struct DefinitionCase {
  std::string name;
  Subject subject;
  bool is_organisation = false;
  OrganisationFacts organisation;
  Tri expected = Tri::unknown;
};

// Who is a foreign person, by one text. Named "ear@1" and never changed after: a new reading is a
// new version. Its worked examples are part of it and are tried whenever it is read.
struct Definition {
  std::string id;
  std::string source;
  std::string note;
  Condition person;        // asked of persons and services
  Condition organisation;  // asked of organisations
  Deemed deemed = Deemed::most_recent;
  std::vector<DefinitionCase> cases;
};

void read_definition(Reader& reader, Definition& out);
std::string canonical(const Definition& definition);

// Whether the view's subject is a foreign person.
Tri is_foreign(const Definition& definition, const View& view);
Tri outcome(const Definition& definition, const DefinitionCase& example);

}  // namespace sallyport::policy
