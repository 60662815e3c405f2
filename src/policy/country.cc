#include "policy/country.h"

namespace sallyport::policy {
namespace {

bool is_capital(char c) { return c >= 'A' && c <= 'Z'; }

}  // namespace

std::optional<Country> parse_country(std::string_view text) {
  if (text.size() != 2 || !is_capital(text[0]) || !is_capital(text[1])) return std::nullopt;
  return static_cast<Country>((text[0] - 'A') * 26 + (text[1] - 'A') + 1);
}

std::string country_text(Country country) {
  if (country == kNoCountry || country > 676) return "unknown";
  const int index = country - 1;
  return {static_cast<char>('A' + index / 26), static_cast<char>('A' + index % 26)};
}

CountrySet::CountrySet(const std::vector<Country>& countries) {
  for (const Country country : countries) add(country);
}

bool CountrySet::empty() const {
  for (const std::uint64_t word : words_)
    if (word != 0) return false;
  return true;
}

bool CountrySet::meets(const CountrySet& other) const {
  for (std::size_t i = 0; i < words_.size(); ++i)
    if ((words_[i] & other.words_[i]) != 0) return true;
  return false;
}

bool CountrySet::exceeds(const CountrySet& other) const {
  for (std::size_t i = 0; i < words_.size(); ++i)
    if ((words_[i] & ~other.words_[i]) != 0) return true;
  return false;
}

std::vector<Country> CountrySet::members() const {
  std::vector<Country> out;
  for (Country country = 1; country <= 676; ++country)
    if (has(country)) out.push_back(country);
  return out;
}

}  // namespace sallyport::policy
