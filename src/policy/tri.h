#pragma once

#include <cstdint>
#include <string_view>

// Kleene's three-valued logic: unknown is not no.
namespace sallyport::policy {

enum class Tri : std::uint8_t { no, unknown, yes };

constexpr Tri tri(bool value) { return value ? Tri::yes : Tri::no; }
constexpr Tri tri_and(Tri a, Tri b) { return a < b ? a : b; }
constexpr Tri tri_or(Tri a, Tri b) { return a < b ? b : a; }
constexpr Tri tri_not(Tri a) {
  return a == Tri::unknown ? a : (a == Tri::yes ? Tri::no : Tri::yes);
}
constexpr std::string_view to_string(Tri a) {
  return a == Tri::yes ? "yes" : (a == Tri::no ? "no" : "unknown");
}

}  // namespace sallyport::policy
