#pragma once

#include <optional>
#include <string>
#include <vector>

#include "policy/principal.h"
#include "policy/tri.h"

// What is known of a principal at one moment: the attribute vector that a decision reads.
// Expired, missing and contradictory attributes are empty here, which is UNKNOWN.
namespace sallyport::policy {

struct Subject {
  std::string id;
  Kind kind = Kind::person;
  std::optional<std::int64_t> identity_level;
  std::optional<CountrySet> citizenships;
  std::optional<CountrySet> former_citizenships;
  std::optional<CountrySet> permanent_residences;
  std::optional<Country> most_recent;
  std::optional<bool> protected_person;
  std::optional<std::string> employer;  // of a service: the organisation that runs it
  std::optional<Country> location;
};

struct OrganisationFacts {
  std::string id;
  std::optional<Country> jurisdiction;
  std::optional<std::vector<Owner>> owners;
  std::optional<std::string> type;
  std::optional<std::vector<std::string>> annexes;
  std::optional<bool> staff_attested;
  std::optional<std::vector<std::string>> attestations;
};

struct Facts {
  Subject holder;
  std::optional<Subject> end_user;
  bool end_user_missing = false;  // a shared key, and nobody named
  std::optional<OrganisationFacts> organisation;
  std::string project;
  std::string purpose;
  std::optional<std::int64_t> retention_max_days;
  Credential credential;
  // No assertion begins or ends before this moment.
  std::optional<WallTime> valid_until;
};

Facts resolve(const Principal& principal, WallTime at);

// Two facts with equal keys get equal decisions from every policy at the same moment.
std::string key_of(const Facts& facts);

// Whether parties of the listed countries own more than half, directly or through others.
Tri controlled_by(const std::vector<Owner>& owners, const CountrySet& countries);

}  // namespace sallyport::policy
