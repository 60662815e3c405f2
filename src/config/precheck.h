#pragma once

#include <optional>
#include <string_view>

#include "config/problem.h"

namespace sallyport::config {

// What the TOML library must not be shown, because it recurses over its tree and 3.3.0 has
// undefined behaviour on it: brackets or dotted keys deeper than any sane configuration nests, and
// characters beyond ASCII outside of quotes and comments (which TOML 1.0 forbids anyway). nullopt
// where there is nothing of the kind.
std::optional<Problem> refuse_unparsed(std::string_view text);

}  // namespace sallyport::config
