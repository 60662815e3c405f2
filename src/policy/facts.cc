#include "policy/facts.h"

#include <algorithm>

namespace sallyport::policy {
namespace {

// Collects the next moment at which an assertion begins or ends.
class Moment {
 public:
  Moment(WallTime at, std::optional<WallTime>& until) : at_(at), until_(until) {}

  template <class T>
  std::optional<T> value(const Attribute<T>& attribute) {
    std::optional<T> found;
    bool contradictory = false;
    for (const Assertion<T>& assertion : attribute) {
      if (!holds(assertion.evidence)) continue;
      if (found && !(*found == assertion.value)) contradictory = true;
      found = assertion.value;
    }
    return contradictory ? std::nullopt : found;
  }

 private:
  bool holds(const Evidence& evidence) {
    if (evidence.at > at_) {
      until(evidence.at);
      return false;
    }
    if (!evidence.expires) return true;
    if (*evidence.expires <= at_) return false;
    until(*evidence.expires);
    return true;
  }
  void until(WallTime moment) {
    if (!until_ || moment < *until_) until_ = moment;
  }

  WallTime at_;
  std::optional<WallTime>& until_;
};

Subject subject_of(const Person& person, Moment& moment) {
  Subject out;
  out.id = person.id;
  out.kind = person.kind;
  const PersonAttributes& a = person.attributes;
  out.identity_level = moment.value(a.identity_level);
  out.citizenships = moment.value(a.citizenships);
  out.former_citizenships = moment.value(a.former_citizenships);
  out.permanent_residences = moment.value(a.permanent_residences);
  out.most_recent = moment.value(a.most_recent);
  out.protected_person = moment.value(a.protected_person);
  out.employer = moment.value(a.employer);
  out.location = moment.value(a.location);
  return out;
}

OrganisationFacts organisation_of(const Organisation& organisation, Moment& moment) {
  OrganisationFacts out;
  out.id = organisation.id;
  const OrganisationAttributes& a = organisation.attributes;
  out.jurisdiction = moment.value(a.jurisdiction);
  out.owners = moment.value(a.owners);
  out.type = moment.value(a.type);
  out.annexes = moment.value(a.annexes);
  out.staff_attested = moment.value(a.staff_attested);
  out.attestations = moment.value(a.attestations);
  return out;
}

// --- keys: every field with its length or a mark, so that no two facts share one

void put(std::string& out, std::string_view text) {
  out += std::to_string(text.size());
  out += ':';
  out += text;
}
void put(std::string& out, std::int64_t value) { out += std::to_string(value) + ";"; }
void put(std::string& out, bool value) { out += value ? 'y' : 'n'; }
void put(std::string& out, Country value) { out += std::to_string(value) + ";"; }
void put(std::string& out, const CountrySet& set) {
  for (const Country country : set.members()) put(out, country);
  out += '.';
}
void put(std::string& out, const std::vector<std::string>& names) {
  for (const std::string& name : names) put(out, std::string_view(name));
  out += '.';
}
void put(std::string& out, const std::vector<Owner>& owners) {
  for (const Owner& owner : owners) {
    put(out, static_cast<std::int64_t>(owner.share_percent * 10'000));
    put(out, owner.jurisdiction);
    put(out, owner.dispersed);
    put(out, owner.owners);
  }
  out += '.';
}
void put(std::string& out, const std::string& text) { put(out, std::string_view(text)); }

template <class T>
void put_known(std::string& out, const std::optional<T>& value) {
  out += value ? '=' : '?';
  if (value) put(out, *value);
}

void put_subject(std::string& out, const Subject& subject) {
  put(out, std::string_view(subject.id));
  put(out, static_cast<std::int64_t>(subject.kind));
  put_known(out, subject.identity_level);
  put_known(out, subject.citizenships);
  put_known(out, subject.former_citizenships);
  put_known(out, subject.permanent_residences);
  put_known(out, subject.most_recent);
  put_known(out, subject.protected_person);
  put_known(out, subject.employer);
  put_known(out, subject.location);
}

// Shares in percent, of owners who count, who do not, and of whom it is not known.
struct Shares {
  double counted = 0;
  double innocent = 0;
};

Tri verdict(const Shares& shares) {
  if (shares.counted > 50) return Tri::yes;
  // What is left over may all belong to the listed.
  return 100 - shares.innocent > 50 ? Tri::unknown : Tri::no;
}

Tri counts(const Owner& owner, const CountrySet& countries) {
  if (owner.dispersed) return Tri::no;
  const Tri own =
      owner.jurisdiction == kNoCountry ? Tri::unknown : tri(countries.has(owner.jurisdiction));
  if (own == Tri::yes) return Tri::yes;
  // An owner whose own owners are not stated is taken to be what its jurisdiction says.
  if (owner.owners.empty()) return own;
  return tri_or(own, controlled_by(owner.owners, countries));
}

}  // namespace

Tri controlled_by(const std::vector<Owner>& owners, const CountrySet& countries) {
  Shares shares;
  for (const Owner& owner : owners) {
    const Tri counted = counts(owner, countries);
    if (counted == Tri::yes) shares.counted += owner.share_percent;
    if (counted == Tri::no) shares.innocent += owner.share_percent;
  }
  return verdict(shares);
}

Facts resolve(const Principal& principal, WallTime at) {
  Facts out;
  Moment moment(at, out.valid_until);
  out.holder = subject_of(principal.holder, moment);
  if (principal.organisation) out.organisation = organisation_of(*principal.organisation, moment);
  if (out.holder.kind == Kind::service && out.organisation)
    out.holder.employer = out.organisation->id;
  if (principal.end_user) out.end_user = subject_of(*principal.end_user, moment);
  out.end_user_missing = principal.credential.shared && !principal.end_user;
  out.project = principal.project;
  out.purpose = principal.purpose;
  out.retention_max_days = principal.retention_max_days;
  out.credential = principal.credential;
  return out;
}

std::string key_of(const Facts& facts) {
  std::string out;
  out.reserve(256);
  put_subject(out, facts.holder);
  out += facts.end_user ? 'u' : (facts.end_user_missing ? 'm' : '-');
  if (facts.end_user) put_subject(out, *facts.end_user);
  out += facts.organisation ? 'o' : '-';
  if (facts.organisation) {
    const OrganisationFacts& o = *facts.organisation;
    put(out, std::string_view(o.id));
    put_known(out, o.jurisdiction);
    put_known(out, o.owners);
    put_known(out, o.type);
    put_known(out, o.annexes);
    put_known(out, o.staff_attested);
    put_known(out, o.attestations);
  }
  put(out, facts.project);
  put(out, facts.purpose);
  put_known(out, facts.retention_max_days);
  put(out, facts.credential.kind);
  put(out, facts.credential.shared);
  put(out, facts.credential.issued ? unix_seconds(*facts.credential.issued) : std::int64_t{-1});
  put(out, std::int64_t{facts.credential.lifetime.count()});
  put(out, static_cast<std::int64_t>(facts.credential.mfa));
  return out;
}

}  // namespace sallyport::policy
