#include "metering/price.h"

#include <gtest/gtest.h>

#include "metering/exchange_record.h"

namespace sallyport::metering {
namespace {

// $10 and $50 for a million tokens; cache writes at 1.25x and 2x, reads at 0.1x of input.
constexpr Rates kFlagship{10'000, 50'000, 12'500, 20'000, 1'000};

TEST(Price, IsExact) {
  dialect::Usage usage;
  usage.input_tokens = 1'000'000;
  usage.output_tokens = 1'000'000;
  EXPECT_EQ(cost_nano_usd(kFlagship, usage), 60'000'000'000);
  usage = {};
  usage.input_tokens = 1;
  EXPECT_EQ(cost_nano_usd(kFlagship, usage), 10'000);
  EXPECT_EQ(cost_nano_usd(kFlagship, {}), 0);
}

TEST(Price, CacheWritesAndReadsHaveTheirOwnRates) {
  dialect::Usage usage;
  usage.input_tokens = 400;
  usage.output_tokens = 300;
  usage.cache_read_input_tokens = 100'000;
  EXPECT_EQ(cost_nano_usd(kFlagship, usage), 400 * 10'000 + 300 * 50'000 + 100'000 * 1'000);
  usage = {};
  usage.cache_creation_input_tokens = 1000;
  EXPECT_EQ(cost_nano_usd(kFlagship, usage), 1000 * 12'500);
  usage.cache_creation_1h_tokens = 400;
  EXPECT_EQ(cost_nano_usd(kFlagship, usage), 600 * 12'500 + 400 * 20'000);
  usage.cache_creation_5m_tokens = 600;
  EXPECT_EQ(cost_nano_usd(kFlagship, usage), 600 * 12'500 + 400 * 20'000);
  usage.cache_creation_input_tokens = 0;  // only the parts were said
  EXPECT_EQ(cost_nano_usd(kFlagship, usage), 600 * 12'500 + 400 * 20'000);
}

TEST(Price, AbsurdCountsNeitherWrapNorEarn) {
  dialect::Usage usage;
  usage.input_tokens = INT64_MAX;
  usage.output_tokens = INT64_MAX;
  usage.cache_read_input_tokens = INT64_MAX;
  EXPECT_EQ(cost_nano_usd(kFlagship, usage), INT64_MAX);
  usage = {};
  usage.input_tokens = -5;
  usage.output_tokens = 1;
  EXPECT_EQ(cost_nano_usd(kFlagship, usage), 50'000);
}

TEST(ExchangeRecord, CostsWhatItsBilledAttemptsCost) {
  ExchangeRecord record;
  record.attempts.resize(3);
  record.attempts[0].cost_nano_usd = 5;
  record.attempts[1].cost_nano_usd = 7;
  record.attempts[1].billed = true;
  record.attempts[2].cost_nano_usd = 11;
  record.attempts[2].billed = true;
  EXPECT_EQ(record.cost_nano_usd(), 18);
}

}  // namespace
}  // namespace sallyport::metering
