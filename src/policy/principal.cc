#include "policy/principal.h"

#include <algorithm>

namespace sallyport::policy {
namespace {

constexpr auto kOrganisationTypes = {
    "company",   "branch",     "government", "international_organisation",
    "nonprofit", "university", "individual"};

// --- one value of each type; problems are noted at `where`

void read_value(json::Value value, const std::string& where, Problems& problems,
                std::int64_t& out) {
  const auto read = value.integer();
  if (!read || *read < 0 || *read > 3)
    problems.push_back(where + ": must be an identity level from 0 to 3");
  else
    out = *read;
}

void read_value(json::Value value, const std::string& where, Problems& problems, bool& out) {
  const auto read = value.boolean();
  if (!read) problems.push_back(where + ": must be true or false");
  out = read.value_or(false);
}

void read_value(json::Value value, const std::string& where, Problems& problems, Country& out) {
  out = read_country(value, where, problems);
}

void read_value(json::Value value, const std::string& where, Problems& problems, std::string& out) {
  if (value.is_string()) out = value.text();
  if (out.empty() || out.size() > kMaxIdBytes)
    problems.push_back(where + ": must be a string of 1 to 256 bytes");
}

void read_value(json::Value value, const std::string& where, Problems& problems, CountrySet& out) {
  if (!value.is_array() || value.size() > 676) {
    problems.push_back(where + ": must be an array of country codes");
    return;
  }
  std::size_t index = 0;
  for (const json::Value item : value.items()) {
    const Country country =
        read_country(item, where + "[" + std::to_string(index++) + "]", problems);
    if (country != kNoCountry) out.add(country);
  }
}

void read_value(json::Value value, const std::string& where, Problems& problems,
                std::vector<std::string>& out) {
  if (!value.is_array() || value.size() > kMaxOwners) {
    problems.push_back(where + ": must be an array of at most 64 strings");
    return;
  }
  for (const json::Value item : value.items()) {
    out.emplace_back();
    read_value(item, where, problems, out.back());
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
}

void read_owners(json::Value value, const std::string& where, Problems& problems, std::size_t depth,
                 std::vector<Owner>& out) {
  if (!value.is_array() || value.size() > kMaxOwners || depth > kMaxOwnerDepth) {
    problems.push_back(where + ": must be an array of at most 64 owners, 8 deep");
    return;
  }
  double sum = 0;
  for (const json::Value item : value.items()) {
    Reader reader(item, where, problems);
    Owner owner;
    const auto share = reader.take("share_percent").number();
    if (!share || !(*share > 0) || *share > 100)
      reader.problem("share_percent", "must be a number above 0, at most 100");
    owner.share_percent = share.value_or(0);
    sum += owner.share_percent;
    owner.dispersed = reader.boolean("dispersed", false);
    reader.text("name");
    if (const json::Value country = reader.take("jurisdiction"))
      owner.jurisdiction = read_country(country, where + ".jurisdiction", problems);
    if (const json::Value below = reader.take("owners"))
      read_owners(below, where + ".owners", problems, depth + 1, owner.owners);
    reader.finish();
    out.push_back(std::move(owner));
  }
  if (sum > 100.0001) problems.push_back(where + ": the shares add up to more than 100");
}

void read_value(json::Value value, const std::string& where, Problems& problems,
                std::vector<Owner>& out) {
  read_owners(value, where, problems, 1, out);
}

// --- attributes

// Reads attributes as lists of assertions, or as plain values.
class Attributes {
 public:
  Attributes(Reader& reader, bool plain) : reader_(reader), plain_(plain) {}

  template <class T>
  void read(std::string_view key, Attribute<T>& out) {
    if (plain_) {
      if (const json::Value value = reader_.take(key)) {
        out.emplace_back();
        read_value(value, std::string(key), reader_.problems(), out.back().value);
      }
      return;
    }
    auto assertions = reader_.objects(key);
    if (assertions.size() > kMaxAssertions) reader_.problem(key, "has more than 32 assertions");
    for (Reader& assertion : assertions) {
      out.emplace_back();
      read_assertion(assertion, out.back());
    }
  }

 private:
  template <class T>
  static void read_assertion(Reader& reader, Assertion<T>& out) {
    if (const json::Value value = reader.take("value"))
      read_value(value, reader.path() + ".value", reader.problems(), out.value);
    else
      reader.problem("value", "is missing");
    out.evidence.issuer = reader.id("issuer", true);
    out.evidence.evidence = reader.text("evidence");
    if (out.evidence.evidence.empty()) reader.problem("evidence", "is missing");
    out.evidence.at = reader.time("at", true).value_or(WallTime{});
    out.evidence.expires = reader.time("expires");
    reader.finish();
  }

  Reader& reader_;
  bool plain_;
};

void read_person_attributes(Reader& reader, bool plain, PersonAttributes& out) {
  Attributes attributes(reader, plain);
  attributes.read("identity_level", out.identity_level);
  attributes.read("citizenships", out.citizenships);
  attributes.read("former_citizenships", out.former_citizenships);
  attributes.read("permanent_residences", out.permanent_residences);
  attributes.read("most_recent_country", out.most_recent);
  attributes.read("protected_person", out.protected_person);
  attributes.read("employer", out.employer);
  attributes.read("location", out.location);
}

void read_organisation_attributes(Reader& reader, bool plain, OrganisationAttributes& out) {
  Attributes attributes(reader, plain);
  attributes.read("jurisdiction", out.jurisdiction);
  attributes.read("owners", out.owners);
  attributes.read("type", out.type);
  attributes.read("annexes", out.annexes);
  attributes.read("staff_attested", out.staff_attested);
  attributes.read("attestations", out.attestations);
  for (const auto& type : out.type)
    if (std::find(kOrganisationTypes.begin(), kOrganisationTypes.end(), type.value) ==
        kOrganisationTypes.end())
      reader.problem("type", "is not a known type of organisation");
}

void read_person(Reader& reader, Person& out) {
  out.id = reader.id("id", true);
  out.kind = reader.one_of("kind", {"person", "service"}, true) == 0 ? Kind::person : Kind::service;
  if (auto attributes = reader.object("attributes")) {
    read_person_attributes(*attributes, false, out.attributes);
    attributes->finish();
  }
}

void read_organisation(Reader& reader, Organisation& out) {
  out.id = reader.id("id", true);
  if (auto attributes = reader.object("attributes")) {
    read_organisation_attributes(*attributes, false, out.attributes);
    attributes->finish();
  }
  reader.finish();
}

void read_credential(Reader& reader, Credential& out) {
  static constexpr std::string_view kKinds[] = {"", "api_key", "short_lived", "oidc", "mtls"};
  out.kind = reader.has("kind")
                 ? kKinds[1 + reader.one_of("kind", {"api_key", "short_lived", "oidc", "mtls"})]
                 : kKinds[0];
  out.shared = reader.boolean("shared", false);
  out.issued = reader.time("issued");
  out.lifetime = reader.duration("lifetime");
  out.mfa = static_cast<Mfa>(reader.one_of("mfa", {"none", "any", "phishing_resistant"}));
  reader.finish();
}

}  // namespace

void read_plain_person(Reader& reader, PersonAttributes& out) {
  read_person_attributes(reader, true, out);
}

void read_plain_organisation(Reader& reader, OrganisationAttributes& out) {
  read_organisation_attributes(reader, true, out);
}

Result<Principal> read_principal(std::string_view text) {
  json::Limits limits;
  limits.max_bytes = kMaxPrincipalBytes;
  limits.max_depth = 32;
  const auto document = json::Document::parse(text, limits);
  if (!document) return fail_within("reading a principal", document.error());
  Problems problems;
  Principal out;
  Reader reader(document->root(), "", problems);
  read_person(reader, out.holder);
  if (auto organisation = reader.object("organisation"))
    read_organisation(*organisation, out.organisation.emplace());
  if (auto end_user = reader.object("end_user")) {
    read_person(*end_user, out.end_user.emplace());
    end_user->finish();
  }
  out.project = reader.id("project");
  out.purpose = reader.id("purpose");
  out.workspace = reader.id("workspace");
  if (reader.has("retention_max_days"))
    out.retention_max_days = reader.integer("retention_max_days", 0, 0, 36'500);
  if (auto credential = reader.object("credential")) read_credential(*credential, out.credential);
  reader.finish();
  if (!problems.empty()) return fail_within("reading a principal", fail_with(problems).value());
  return out;
}

}  // namespace sallyport::policy
