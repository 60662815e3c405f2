#include "policy/programme.h"

#include <algorithm>

#include "json/writer.h"

namespace sallyport::policy {
namespace {

constexpr std::string_view kDuties[] = {
    "mfa",       "credential_kinds", "credential_age", "credential_lifetime",
    "retention", "end_user",         "seats",          "attestations"};

void read_obligation(Reader& reader, Obligation& out) {
  out.duty = static_cast<Duty>(reader.one_of("duty",
                                             {kDuties[0], kDuties[1], kDuties[2], kDuties[3],
                                              kDuties[4], kDuties[5], kDuties[6], kDuties[7]},
                                             true));
  out.from = reader.time("from");
  out.until = reader.time("until");
  const bool named =
      out.duty == Duty::mfa || out.duty == Duty::credential_kinds || out.duty == Duty::attestations;
  const bool timed = out.duty == Duty::credential_age || out.duty == Duty::credential_lifetime;
  const bool counted = out.duty == Duty::retention || out.duty == Duty::seats;
  if (named) {
    out.names = reader.ids("names");
    if (out.names.empty()) reader.problem("names", "is missing");
  }
  if (timed) {
    out.max = reader.duration("max");
    if (out.max == Duration(0)) reader.problem("max", "is missing");
  }
  if (counted) {
    out.count = reader.integer("count", 0, 1, 1'000'000);
    if (out.count == 0) reader.problem("count", "is missing");
  }
  if (out.duty == Duty::mfa && !out.names.empty() && out.names[0] != "any" &&
      out.names[0] != "phishing_resistant")
    reader.problem("names", "must be [\"any\"] or [\"phishing_resistant\"]");
  reader.finish();
}

void write_ids(json::Writer& w, std::string_view key, const std::vector<std::string>& ids) {
  w.key(key).begin_array();
  for (const std::string& id : ids) w.string(id);
  w.end_array();
}

void write_time(json::Writer& w, std::string_view key, const std::optional<WallTime>& time) {
  if (time) w.key(key).string(rfc3339(*time));
}

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

void lower(std::optional<WallTime>& until, WallTime moment) {
  if (!until || moment < *until) until = moment;
}

bool age_met(const Obligation& o, const Credential& credential, WallTime at,
             std::optional<WallTime>& until) {
  if (credential.kind.empty()) return false;
  if (credential.kind != "api_key") return true;
  if (!credential.issued || *credential.issued > at) return false;
  const WallTime end = *credential.issued + o.max;
  if (end <= at) return false;
  lower(until, end);
  return true;
}

bool seat_taken(const Grant& grant, const Facts& facts) {
  if (grant.seats.empty()) return false;
  if (facts.end_user) return contains(grant.seats, facts.end_user->id);
  if (facts.end_user_missing) return false;
  // Workload identities are not counted.
  return facts.holder.kind == Kind::service || contains(grant.seats, facts.holder.id);
}

bool attested(const Obligation& o, const Facts& facts) {
  if (!facts.organisation || !facts.organisation->attestations) return false;
  return std::all_of(o.names.begin(), o.names.end(), [&](const std::string& name) {
    return contains(*facts.organisation->attestations, name);
  });
}

}  // namespace

std::string_view name_of(Duty duty) { return kDuties[static_cast<std::size_t>(duty)]; }

bool is_met(const Obligation& o, const Grant& grant, const Facts& facts, WallTime at,
            std::optional<WallTime>& until) {
  if (o.from && at < *o.from) return true;
  if (o.until && at >= *o.until) return true;
  switch (o.duty) {
    case Duty::mfa:
      return facts.credential.mfa == Mfa::phishing_resistant ||
             (o.names[0] == "any" && facts.credential.mfa == Mfa::any);
    case Duty::credential_kinds:
      return contains(o.names, facts.credential.kind);
    case Duty::credential_age:
      return age_met(o, facts.credential, at, until);
    case Duty::credential_lifetime:
      return facts.credential.lifetime > Duration(0) && facts.credential.lifetime <= o.max;
    case Duty::retention:
      return !facts.retention_max_days || *facts.retention_max_days >= o.count;
    case Duty::end_user:
      return facts.end_user.has_value() ||
             (facts.holder.kind == Kind::person && !facts.end_user_missing);
    case Duty::seats:
      return seat_taken(grant, facts);
    default:
      return attested(o, facts);
  }
}

void read_programme(Reader& reader, Programme& out) {
  out.id = reader.id("id", true);
  out.name = reader.text("name");
  out.models = reader.ids("models");
  out.surfaces = reader.ids("surfaces");
  static constexpr std::string_view kHolders[] = {"organisation", "person", "service"};
  for (const std::size_t holder :
       reader.some_of("holders", {kHolders[0], kHolders[1], kHolders[2]}))
    out.holders.emplace_back(kHolders[holder]);
  if (out.holders.empty()) reader.problem("holders", "is missing");
  out.widens = reader.ids("widens");
  out.from = reader.time("from");
  out.until = reader.time("until");
  for (Reader& obligation : reader.objects("obligations"))
    read_obligation(obligation, out.obligations.emplace_back());
  if (const json::Value clocks = reader.take("clocks")) {
    for (const json::Member member : clocks.members())
      out.clocks[member.key.text()] = member.value.text();
  }
  reader.finish();
}

void read_grant(Reader& reader, Grant& out) {
  out.id = reader.id("id", true);
  out.programme = reader.id("programme", true);
  for (const std::string_view kind : {"organisation", "person", "service"}) {
    if (!reader.has(kind)) continue;
    if (!out.holder.empty()) reader.problem(kind, "a grant has one holder");
    out.holder_kind = kind;
    out.holder = reader.id(kind);
  }
  if (out.holder.empty()) reader.problem("", "must name an organisation, a person or a service");
  out.project = reader.id("project");
  out.purpose = reader.id("purpose");
  out.models = reader.ids("models");
  out.surfaces = reader.ids("surfaces");
  out.widens = reader.ids("widens");
  out.evidence = reader.texts("evidence");
  out.approvers = reader.ids("approvers");
  out.seats = reader.ids("seats");
  if (std::set<std::string>(out.approvers.begin(), out.approvers.end()).size() < 2)
    reader.problem("approvers", "must name two different people");
  if (out.evidence.empty()) reader.problem("evidence", "is missing");
  out.from = reader.time("from", true).value_or(WallTime{});
  out.until = reader.time("until", true).value_or(WallTime{});
  if (out.until <= out.from) reader.problem("until", "must be after from");
  out.revoked = reader.time("revoked");
  reader.finish();
}

std::string canonical(const Programme& p) {
  std::string out;
  json::Writer w(out);
  w.begin_object().key("id").string(p.id).key("name").string(p.name);
  write_ids(w, "models", p.models);
  write_ids(w, "surfaces", p.surfaces);
  write_ids(w, "holders", p.holders);
  write_ids(w, "widens", p.widens);
  write_time(w, "from", p.from);
  write_time(w, "until", p.until);
  w.key("obligations").begin_array();
  for (const Obligation& o : p.obligations) {
    w.begin_object().key("duty").string(name_of(o.duty));
    write_time(w, "from", o.from);
    write_time(w, "until", o.until);
    write_ids(w, "names", o.names);
    w.key("max_s").integer(std::chrono::duration_cast<std::chrono::seconds>(o.max).count());
    w.key("count").integer(o.count).end_object();
  }
  w.end_array().key("clocks").begin_object();
  for (const auto& [name, text] : p.clocks) w.key(name).string(text);
  w.end_object().end_object();
  return out;
}

std::string canonical(const Grant& g) {
  std::string out;
  json::Writer w(out);
  w.begin_object().key("id").string(g.id).key("programme").string(g.programme);
  w.key(g.holder_kind).string(g.holder).key("project").string(g.project);
  w.key("purpose").string(g.purpose);
  write_ids(w, "models", g.models);
  write_ids(w, "surfaces", g.surfaces);
  write_ids(w, "widens", g.widens);
  write_ids(w, "evidence", g.evidence);
  write_ids(w, "approvers", g.approvers);
  write_ids(w, "seats", g.seats);
  w.key("from").string(rfc3339(g.from)).key("until").string(rfc3339(g.until));
  write_time(w, "revoked", g.revoked);
  w.end_object();
  return out;
}

}  // namespace sallyport::policy
