#pragma once

#include <cstdint>

#include "dialect/usage.h"

namespace sallyport::metering {

// Nano-dollars for each token: $10 per million tokens is 10'000. Every rate is given, none derived,
// so that a price list which breaks the usual ratios (cache write 1.25x or 2x, read 0.1x of input)
// needs no code. Which rates are in force at a date is the catalog's business.
struct Rates {
  std::int64_t input_nano_usd = 0;
  std::int64_t output_nano_usd = 0;
  std::int64_t cache_write_5m_nano_usd = 0;
  std::int64_t cache_write_1h_nano_usd = 0;
  std::int64_t cache_read_nano_usd = 0;
};

// Exact; saturates at the largest value instead of wrapping. Negative counts are taken as 0. Cache
// writes that the upstream did not split by lifetime are charged as 5-minute ones. Thinking tokens
// are part of output_tokens.
std::int64_t cost_nano_usd(const Rates& rates, const dialect::Usage& usage);

}  // namespace sallyport::metering
