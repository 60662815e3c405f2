#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "policy/condition.h"
#include "policy/facts.h"

// Access programmes, and the grants made under them.
namespace sallyport::policy {

enum class Duty : std::uint8_t {
  mfa,                  // `names`: "any" or "phishing_resistant"
  credential_kinds,     // one of `names`
  credential_age,       // of static API keys: issued at most `max` ago
  credential_lifetime,  // ends at most `max` after its issue
  retention,            // the workspace keeps at least `days`
  end_user,             // every request names its end user
  seats,                // at most `count` people; the grant lists them
  attestations,         // the organisation attests all of `names`
};

// What must hold for a grant to count, from and until dates of its own.
struct Obligation {
  Duty duty = Duty::end_user;
  std::optional<WallTime> from;
  std::optional<WallTime> until;
  std::vector<std::string> names;
  Duration max{0};
  std::int64_t count = 0;
};

struct Programme {
  std::string id;
  std::string name;
  std::vector<std::string> models;
  std::vector<std::string> surfaces;  // empty = all
  std::vector<std::string> holders;   // "organisation", "person", "service"
  std::vector<std::string> widens;    // profile rows that a grant may widen
  std::optional<WallTime> from;
  std::optional<WallTime> until;
  std::vector<Obligation> obligations;
  std::map<std::string, std::string> clocks;  // "breach_report": "72h"; for the holder's console
};

struct Grant {
  std::string id;
  std::string programme;
  std::string holder_kind;            // organisation, person, service
  std::string holder;                 // id
  std::string project;                // empty = any
  std::string purpose;                // empty = any
  std::vector<std::string> models;    // empty = the programme's
  std::vector<std::string> surfaces;  // empty = the programme's
  std::vector<std::string> widens;
  std::vector<std::string> evidence;
  std::vector<std::string> approvers;  // two at least
  std::vector<std::string> seats;      // ids of people; empty = not limited to named ones
  WallTime from;
  WallTime until;
  std::optional<WallTime> revoked;
};

void read_programme(Reader& reader, Programme& out);
void read_grant(Reader& reader, Grant& out);
std::string canonical(const Programme& programme);
std::string canonical(const Grant& grant);

std::string_view name_of(Duty duty);
// Whether the obligation, where it is in force, is met. Unknown counts as not met. A meeting that
// will end by itself lowers `until`.
bool is_met(const Obligation& obligation, const Grant& grant, const Facts& facts, WallTime at,
            std::optional<WallTime>& until);

}  // namespace sallyport::policy
