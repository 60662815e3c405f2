#pragma once

#include <string_view>

namespace sallyport::policy {

// JSON Schema (2020-12) of "principal", "directive", "grant" or "decision"; empty for other names.
// The readers are stricter where a schema cannot say it: unknown names, loops, times in order.
std::string_view schema(std::string_view name);

}  // namespace sallyport::policy
