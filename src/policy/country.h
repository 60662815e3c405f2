#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// Countries by two capital letters (ISO 3166-1 alpha-2), as numbers from 1 to 676; 0 is no country.
namespace sallyport::policy {

using Country = std::uint16_t;
inline constexpr Country kNoCountry = 0;

std::optional<Country> parse_country(std::string_view text);
std::string country_text(Country country);

class CountrySet {
 public:
  CountrySet() = default;
  explicit CountrySet(const std::vector<Country>& countries);

  void add(Country country) { words_[country / 64] |= 1ull << (country % 64); }
  bool has(Country country) const { return (words_[country / 64] >> (country % 64) & 1) != 0; }
  bool empty() const;
  bool meets(const CountrySet& other) const;
  // Has a member that `other` has not.
  bool exceeds(const CountrySet& other) const;
  std::vector<Country> members() const;  // ascending
  bool operator==(const CountrySet&) const = default;

 private:
  std::array<std::uint64_t, 11> words_{};
};

}  // namespace sallyport::policy
