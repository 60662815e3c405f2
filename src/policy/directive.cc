#include "policy/directive.h"

#include <algorithm>

#include "base/encoding.h"
#include "json/writer.h"

namespace sallyport::policy {
namespace {

void write_ids(json::Writer& w, std::string_view key, const std::vector<std::string>& ids) {
  if (ids.empty()) return;
  w.key(key).begin_array();
  for (const std::string& id : ids) w.string(id);
  w.end_array();
}

void write_text(json::Writer& w, std::string_view key, const std::string& text) {
  if (!text.empty()) w.key(key).string(text);
}

void write_time(json::Writer& w, std::string_view key, const std::optional<WallTime>& time) {
  if (time) w.key(key).string(rfc3339(*time));
}

void read_scope(Reader& reader, Scope& out) {
  out.models = reader.ids("models");
  out.capability_classes = reader.ids("capability_classes");
  out.upstreams = reader.ids("upstreams");
  out.vendors = reader.ids("vendors");
  out.surfaces = reader.ids("surfaces");
  out.everything = reader.boolean("everything", false);
  const bool names = !out.models.empty() || !out.capability_classes.empty() ||
                     !out.upstreams.empty() || !out.vendors.empty();
  if (names == out.everything)
    reader.problem("",
                   "must name models, capability_classes, upstreams or vendors, or else say "
                   "everything = true");
  reader.finish();
}

void write_scope(json::Writer& w, const Scope& scope) {
  w.key("scope").begin_object();
  write_ids(w, "models", scope.models);
  write_ids(w, "capability_classes", scope.capability_classes);
  write_ids(w, "upstreams", scope.upstreams);
  write_ids(w, "vendors", scope.vendors);
  write_ids(w, "surfaces", scope.surfaces);
  if (scope.everything) w.key("everything").boolean(true);
  w.end_object();
}

void read_licence(Reader& reader, Licence& out) {
  out.number = reader.id("number", true);
  out.persons = reader.ids("persons");
  out.organisations = reader.ids("organisations");
  out.destinations = reader.countries("destinations");
  out.provisos = reader.texts("provisos");
  out.expires = reader.time("expires", true);
  if (out.persons.empty() && out.organisations.empty())
    reader.problem("", "must name persons or organisations");
  reader.finish();
}

void write_licence(json::Writer& w, const Licence& licence) {
  w.key("licence").begin_object().key("number").string(licence.number);
  write_ids(w, "persons", licence.persons);
  write_ids(w, "organisations", licence.organisations);
  if (!licence.destinations.empty()) {
    w.key("destinations").begin_array();
    for (const Country country : licence.destinations) w.string(country_text(country));
    w.end_array();
  }
  write_ids(w, "provisos", licence.provisos);
  write_time(w, "expires", licence.expires);
  w.end_object();
}

void read_exemption(Reader& reader, Exemption& out) {
  out.id = reader.id("id", true);
  out.models = reader.ids("models");
  out.until = reader.time("until");
  out.annex = reader.id("annex");
  out.staff = static_cast<Staff>(reader.one_of("staff", {"attested", "all", "none"}));
  out.provider_staff = reader.boolean("provider_staff", false);
  out.programmes = reader.ids("programmes");
  if (auto licence = reader.object("licence")) read_licence(*licence, out.licence.emplace());
  const int said = (out.annex.empty() ? 0 : 1) + (out.provider_staff ? 1 : 0) +
                   (out.programmes.empty() ? 0 : 1) + (out.licence ? 1 : 0);
  if (said != 1)
    reader.problem("", "must have exactly one of annex, provider_staff, programmes, licence");
  reader.finish();
}

void write_exemption(json::Writer& w, const Exemption& exemption) {
  static constexpr std::string_view kStaff[] = {"attested", "all", "none"};
  w.begin_object().key("id").string(exemption.id);
  write_ids(w, "models", exemption.models);
  write_time(w, "until", exemption.until);
  write_text(w, "annex", exemption.annex);
  if (!exemption.annex.empty())
    w.key("staff").string(kStaff[static_cast<std::size_t>(exemption.staff)]);
  if (exemption.provider_staff) w.key("provider_staff").boolean(true);
  write_ids(w, "programmes", exemption.programmes);
  if (exemption.licence) write_licence(w, *exemption.licence);
  w.end_object();
}

void read_successors(Reader& reader, Directive& out) {
  const json::Value map = reader.take("successors");
  if (!map) return;
  if (!map.is_object()) {
    reader.problem("successors", "must be an object from model to model");
    return;
  }
  for (const json::Member member : map.members()) {
    if (!member.value.is_string() || member.value.text().empty())
      reader.problem("successors", "must be an object from model to model");
    else
      out.successors[member.key.text()] = member.value.text();
  }
}

void read_signature(Reader& reader, Directive& out) {
  auto signature = reader.object("signature");
  if (!signature) return;
  out.signing_key = signature->id("key", true);
  const auto bytes = base64_decode(signature->id("ed25519", true));
  if (!bytes || bytes->size() != crypto::kEd25519SignatureBytes)
    signature->problem("ed25519", "must be 64 bytes in base64");
  else
    out.signature = *bytes;
  signature->finish();
}

void read_who(Reader& reader, Directive& out) {
  out.definition = reader.id("definition", true);
  const auto subjects = reader.some_of("subjects", {"persons", "organisations"});
  if (!subjects.empty()) {
    out.covers_persons = subjects.contains(0);
    out.covers_organisations = subjects.contains(1);
  }
  out.who.ask = Ask::foreign_person;
  if (const json::Value who = reader.take("who"))
    out.who = read_condition(who, reader.path() + ".who", reader.problems());
}

void read_effect(Reader& reader, Directive& out) {
  out.effect = static_cast<Effect>(reader.one_of("effect", {"deny", "substitute"}, true));
  read_successors(reader, out);
  if (out.effect == Effect::substitute && out.successors.empty())
    reader.problem("successors", "is missing: a substitution needs a successor for each model");
  out.unknowns_denied = reader.one_of("unknowns", {"deny", "as_covered"}) == 0;
  out.notice = reader.text("notice");
  out.status = reader.integer("status", 403, 403, 451);
  if (out.status != 403 && out.status != 404 && out.status != 451)
    reader.problem("status", "must be 403, 404 or 451");
}

}  // namespace

std::string_view to_string(Effect effect) {
  static constexpr std::string_view kNames[] = {"deny", "substitute", "serve"};
  return kNames[static_cast<std::size_t>(effect)];
}

void read_directive(Reader& reader, Directive& out) {
  static constexpr std::string_view kForms[] = {"verbal", "letter", "published"};
  out.id = reader.id("id", true);
  out.version = reader.integer("version", 1, 1, 1'000'000);
  out.issuer = reader.text("issuer");
  if (out.issuer.empty()) reader.problem("issuer", "is missing");
  out.form = kForms[reader.one_of("form", {"verbal", "letter", "published"}, true)];
  out.confirmed = reader.boolean("confirmed", false);
  out.legal_reference = reader.text("legal_reference");
  out.received = reader.time("received", true);
  out.effective = reader.time("effective", true).value_or(WallTime{});
  out.expires = reader.time("expires");
  out.review = reader.time("review");
  if (out.expires && *out.expires <= out.effective)
    reader.problem("expires", "must be after effective");
  if (auto scope = reader.object("scope"))
    read_scope(*scope, out.scope);
  else
    reader.problem("scope", "is missing");
  for (const std::size_t act :
       reader.some_of("acts", {"export", "reexport", "transfer", "release"})) {
    static constexpr std::string_view kActs[] = {"export", "reexport", "transfer", "release"};
    out.acts.emplace_back(kActs[act]);
  }
  if (out.acts.empty()) reader.problem("acts", "must name at least one act");
  read_who(reader, out);
  for (Reader& exemption : reader.objects("exemptions"))
    read_exemption(exemption, out.exemptions.emplace_back());
  read_effect(reader, out);
  out.lift_conditions = reader.texts("lift_conditions");
  read_signature(reader, out);
  reader.finish();
}

std::string canonical(const Directive& d) {
  std::string out, who;
  json::Writer w(out);
  write_condition(d.who, who);
  w.begin_object().key("id").string(d.id).key("version").integer(d.version);
  w.key("issuer").string(d.issuer).key("form").string(d.form);
  w.key("confirmed").boolean(d.confirmed);
  write_text(w, "legal_reference", d.legal_reference);
  write_time(w, "received", d.received);
  write_time(w, "effective", d.effective);
  write_time(w, "expires", d.expires);
  write_time(w, "review", d.review);
  write_scope(w, d.scope);
  write_ids(w, "acts", d.acts);
  w.key("definition").string(d.definition);
  w.key("subjects").begin_array();
  if (d.covers_persons) w.string("persons");
  if (d.covers_organisations) w.string("organisations");
  w.end_array().key("who").raw(who).key("exemptions").begin_array();
  for (const Exemption& exemption : d.exemptions) write_exemption(w, exemption);
  w.end_array().key("effect").string(to_string(d.effect));
  if (!d.successors.empty()) {
    w.key("successors").begin_object();
    for (const auto& [model, successor] : d.successors) w.key(model).string(successor);
    w.end_object();
  }
  w.key("unknowns").string(d.unknowns_denied ? "deny" : "as_covered");
  write_text(w, "notice", d.notice);
  w.key("status").integer(d.status);
  write_ids(w, "lift_conditions", d.lift_conditions);
  w.end_object();
  return out;
}

std::string signed_text(const Directive& directive) {
  return "sallyport directive 1\n" + canonical(directive);
}

bool signature_holds(const Directive& directive, const crypto::Ed25519PublicKey& key) {
  crypto::Ed25519Signature signature{};
  if (directive.signature.size() != signature.size()) return false;
  std::copy(directive.signature.begin(), directive.signature.end(), signature.begin());
  return crypto::ed25519_verify(key, signed_text(directive), signature);
}

}  // namespace sallyport::policy
