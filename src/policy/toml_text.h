#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace sallyport::policy {

// The same document as JSON; times become RFC 3339 texts. Times without a zone are refused.
Result<std::string> toml_to_json(std::string_view toml);

}  // namespace sallyport::policy
