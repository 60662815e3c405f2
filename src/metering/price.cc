#include "metering/price.h"

#include <algorithm>
#include <limits>

namespace sallyport::metering {

std::int64_t cost_nano_usd(const Rates& rates, const dialect::Usage& usage) {
  __extension__ using Wide = __int128;
  const auto count = [](std::int64_t tokens) { return Wide{std::max<std::int64_t>(tokens, 0)}; };
  // What the upstream did not split is the rest of the sum; where the parts exceed the sum, the
  // parts count.
  const Wide split = count(usage.cache_creation_5m_tokens) + count(usage.cache_creation_1h_tokens);
  const Wide unsplit = std::max<Wide>(count(usage.cache_creation_input_tokens) - split, 0);
  const Wide parts[][2] = {
      {count(usage.input_tokens), Wide{rates.input_nano_usd}},
      {count(usage.output_tokens), Wide{rates.output_nano_usd}},
      {count(usage.cache_creation_5m_tokens) + unsplit, Wide{rates.cache_write_5m_nano_usd}},
      {count(usage.cache_creation_1h_tokens), Wide{rates.cache_write_1h_nano_usd}},
      {count(usage.cache_read_input_tokens), Wide{rates.cache_read_nano_usd}},
  };
  constexpr Wide kMost = std::numeric_limits<std::int64_t>::max();
  Wide sum = 0;
  for (const auto& [tokens, rate] : parts) {
    // Both are below 2^63, so a product fits; the sum is held below 2^63 after each step.
    sum = std::min(sum + std::min(tokens * std::max<Wide>(rate, 0), kMost), kMost);
  }
  return static_cast<std::int64_t>(sum);
}

}  // namespace sallyport::metering
