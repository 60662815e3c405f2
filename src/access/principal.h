#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/limits.h"

namespace sallyport::access {

// What proved who is calling.
enum class CredentialKind : std::uint8_t { api_key };

std::string_view to_string(CredentialKind kind);

// Who is calling, as far as the credential proves it. A value; nothing in it is secret.
struct Principal {
  std::string organisation;
  std::string workspace;
  std::string key_id;    // "key_…": names the key in records and logs, useless as a credential
  std::string key_name;  // the operator's label
  // Asserted by the client, not proven; filled in per request, empty in a keyring.
  std::string end_user;
  std::string tier;
  // Model ids; "*" alone stands for every model. Empty = none, so that nothing lost widens
  // anything.
  std::vector<std::string> allowed_models;
  CredentialKind credential = CredentialKind::api_key;
  UsageLimits key_limits;
  UsageLimits organisation_limits;

  bool allows_model(std::string_view model) const;
};

}  // namespace sallyport::access
