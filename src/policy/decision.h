#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "policy/directive.h"

namespace sallyport::policy {

// One answer, with everything that led to it.
struct Decision {
  Effect effect = Effect::deny;
  std::string model;                     // asked for
  std::string served_model;              // empty where denied
  std::vector<std::string> obligations;  // what must hold while serving; sorted
  std::vector<std::string> grants;       // that hold, by id; sorted
  std::vector<std::string> widens;       // profile rows of those grants; sorted
  std::vector<std::string> reasons;      // "directive:june@2#who", "grant:g1"; in the order found
  std::vector<std::string>
      missing_facts;  // "holder.citizenships": evidence might change the answer
  std::string notice;
  std::int64_t status = 403;  // for a client, where denied
  std::uint64_t epoch = 0;
  std::string policy_hash;
  // The same question may have another answer from then on.
  std::optional<WallTime> valid_until;
};

std::string to_json(const Decision& decision);

}  // namespace sallyport::policy
