#pragma once

#include <optional>
#include <string_view>

#include "base/clock.h"

namespace sallyport::policy {

// "2026-06-12T17:21:00-04:00", "…Z", or a day alone, which is its midnight UTC. Years 1970 to 2199;
// no leap seconds. Source: RFC 3339.
std::optional<WallTime> parse_time(std::string_view text);

}  // namespace sallyport::policy
