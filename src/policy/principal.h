#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "policy/country.h"
#include "policy/reader.h"

// A principal as registered: every attribute is a list of assertions, each with who says so, on
// what evidence, since when and until when. Nothing here is believed before resolve() (facts.h)
// looked at the times and at contradictions.
namespace sallyport::policy {

struct Evidence {
  std::string issuer;
  std::string evidence;
  WallTime at;
  std::optional<WallTime> expires;
};

template <class T>
struct Assertion {
  T value;
  Evidence evidence;
};
template <class T>
using Attribute = std::vector<Assertion<T>>;

enum class Kind : std::uint8_t { person, service, organisation };

// Who owns an organisation. Shares are in percent; what is missing up to 100 is of unknown owners.
// The over-50 % rule: an owner counts with its whole share where it is of a listed country itself,
// or where listed owners hold more than half of it.
struct Owner {
  double share_percent = 0;
  Country jurisdiction = kNoCountry;  // kNoCountry: unknown
  bool dispersed = false;             // many small holders, none of whom controls
  std::vector<Owner> owners;
  bool operator==(const Owner&) const = default;
};

struct PersonAttributes {
  Attribute<std::int64_t> identity_level;  // 0 to 3, as in NIST SP 800-63A
  Attribute<CountrySet> citizenships;      // "US" stands for citizens and nationals
  Attribute<CountrySet> former_citizenships;
  Attribute<CountrySet> permanent_residences;
  Attribute<Country> most_recent;  // country of the most recent citizenship or permanent residency
  Attribute<bool> protected_person;  // 8 USC 1324b(a)(3): refugee, asylee
  Attribute<std::string> employer;   // an organisation's id, or "none"
  Attribute<Country> location;
};

struct OrganisationAttributes {
  Attribute<Country> jurisdiction;  // under whose law it is organised
  Attribute<std::vector<Owner>> owners;
  Attribute<std::string> type;
  Attribute<std::vector<std::string>> annexes;       // sorted
  Attribute<bool> staff_attested;                    // it screens who uses its access
  Attribute<std::vector<std::string>> attestations;  // sorted: "sso", "managed_devices", …
};

struct Person {
  std::string id;
  Kind kind = Kind::person;
  PersonAttributes attributes;
};

struct Organisation {
  std::string id;
  OrganisationAttributes attributes;
};

enum class Mfa : std::uint8_t { none, any, phishing_resistant };

struct Credential {
  std::string kind;  // "api_key", "short_lived", "oidc", "mtls"; empty = unknown
  bool shared = false;
  std::optional<WallTime> issued;
  Duration lifetime{0};  // 0 = without end
  Mfa mfa = Mfa::none;
};

struct Principal {
  Person holder;
  std::optional<Organisation> organisation;
  std::optional<Person> end_user;
  std::string project;
  std::string purpose;
  std::string workspace;
  std::optional<std::int64_t> retention_max_days;  // of the workspace; empty = no limit of its own
  Credential credential;
};

inline constexpr std::size_t kMaxOwnerDepth = 8;
inline constexpr std::size_t kMaxOwners = 64;  // of one organisation
inline constexpr std::size_t kMaxAssertions = 32;
inline constexpr std::size_t kMaxPrincipalBytes = 1u << 20;

// Code::config with every problem and its place.
Result<Principal> read_principal(std::string_view json);
// Attributes as plain values, without evidence ("citizenships": ["US"]): for worked examples.
void read_plain_person(Reader& reader, PersonAttributes& out);
void read_plain_organisation(Reader& reader, OrganisationAttributes& out);

}  // namespace sallyport::policy
