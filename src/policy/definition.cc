#include "policy/definition.h"

#include "json/writer.h"

namespace sallyport::policy {
namespace {

bool asks_definition(const Condition& condition) {
  if (condition.ask == Ask::foreign_person || condition.ask == Ask::deemed_country) return true;
  for (const Condition& item : condition.items)
    if (asks_definition(item)) return true;
  return false;
}

Condition read_part(Reader& reader, std::string_view key) {
  const json::Value value = reader.take(key);
  if (!value) {
    reader.problem(key, "is missing");
    return {};
  }
  Condition out = read_condition(value, reader.path() + "." + std::string(key), reader.problems());
  if (asks_definition(out)) reader.problem(key, "a definition cannot refer to a definition");
  return out;
}

void read_case(Reader& reader, DefinitionCase& out) {
  out.name = reader.text("name");
  if (auto person = reader.object("person")) {
    Principal principal;
    read_plain_person(*person, principal.holder.attributes);
    person->finish();
    out.subject = resolve(principal, WallTime{}).holder;
  }
  if (auto organisation = reader.object("organisation")) {
    out.is_organisation = true;
    Principal principal;
    read_plain_organisation(*organisation, principal.organisation.emplace().attributes);
    organisation->finish();
    out.organisation = *resolve(principal, WallTime{}).organisation;
  }
  static constexpr Tri kExpected[] = {Tri::no, Tri::unknown, Tri::yes};
  out.expected = kExpected[reader.one_of("foreign", {"no", "unknown", "yes"}, true)];
  reader.finish();
}

}  // namespace

void read_definition(Reader& reader, Definition& out) {
  out.id = reader.id("id", true);
  if (out.id.find('@') == std::string::npos)
    reader.problem("id", "must name its version, such as \"ear@1\"");
  out.source = reader.text("source");
  if (out.source.empty()) reader.problem("source", "is missing");
  out.note = reader.text("note");
  out.person = read_part(reader, "person");
  out.organisation = read_part(reader, "organisation");
  out.deemed =
      static_cast<Deemed>(reader.one_of("deemed", {"most_recent_country", "all_held"}, true));
  for (Reader& example : reader.objects("cases")) read_case(example, out.cases.emplace_back());
  reader.finish();
  if (!reader.problems().empty()) return;
  for (const DefinitionCase& example : out.cases) {
    const Tri found = outcome(out, example);
    if (found != example.expected)
      reader.problem("cases", "'" + example.name + "' expects " +
                                  std::string(to_string(example.expected)) + " and gets " +
                                  std::string(to_string(found)));
  }
}

std::string canonical(const Definition& definition) {
  std::string out;
  json::Writer w(out);
  std::string person, organisation;
  write_condition(definition.person, person);
  write_condition(definition.organisation, organisation);
  w.begin_object().key("id").string(definition.id).key("source").string(definition.source);
  w.key("person").raw(person).key("organisation").raw(organisation);
  w.key("deemed").string(definition.deemed == Deemed::all_held ? "all_held"
                                                               : "most_recent_country");
  w.end_object();
  return out;
}

}  // namespace sallyport::policy
