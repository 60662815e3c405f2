#include "access/principal.h"

#include <algorithm>

namespace sallyport::access {

std::string_view to_string(CredentialKind kind) {
  switch (kind) {
    case CredentialKind::api_key:
      return "api_key";
  }
  return "unknown";
}

bool Principal::allows_model(std::string_view model) const {
  return std::any_of(allowed_models.begin(), allowed_models.end(), [&](const std::string& allowed) {
    return allowed == "*" || allowed == model;
  });
}

}  // namespace sallyport::access
