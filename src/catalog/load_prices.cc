#include "catalog/loader.h"

namespace sallyport::catalog {
namespace {

using config::Section;

constexpr std::int64_t kTokensPerPrice = 1'000'000;

// Dollars per million tokens, as nano-dollars per token.
std::int64_t per_token(Section& section, const char* key, std::int64_t fallback) {
  if (!section.has(key)) return fallback;
  const std::int64_t nano_per_million = section.money_nano_usd(key, 0);
  if (nano_per_million % kTokensPerPrice != 0) {
    section.problem(key, "is finer than a thousandth of a dollar per million tokens",
                    "round it to three decimals");
  }
  return nano_per_million / kTokensPerPrice;
}

}  // namespace

std::vector<Price> load_prices(Section model) {
  std::vector<Price> prices;
  for (Section section : model.tables("prices")) {
    Price price;
    price.from = section.time("from", wall_from_unix_seconds(0));
    for (const char* key : {"input", "output"}) {
      if (!section.has(key))
        section.problem("", std::string("'") + key + "' is missing", "dollars per million tokens");
    }
    price.input_nano_usd = per_token(section, "input", 0);
    price.output_nano_usd = per_token(section, "output", 0);
    // The published multiples of the input price.
    price.cache_write_5m_nano_usd =
        per_token(section, "cache_write_5m", price.input_nano_usd * 5 / 4);
    price.cache_write_1h_nano_usd = per_token(section, "cache_write_1h", price.input_nano_usd * 2);
    price.cache_read_nano_usd = per_token(section, "cache_read", price.input_nano_usd / 10);
    if (!prices.empty() && price.from <= prices.back().from) {
      section.problem("from", "is not later than the price before it",
                      "list prices from the oldest to the newest");
    }
    prices.push_back(price);
  }
  return prices;
}

}  // namespace sallyport::catalog
