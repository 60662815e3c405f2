#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "dialect/usage.h"
#include "metering/exchange_record.h"
#include "store/connection.h"

namespace sallyport::metering {

struct UsageGrouping {
  bool day = false;  // UTC
  bool organisation = false;
  bool workspace = false;
  bool key = false;
  bool end_user = false;
  // Tokens and money belong to the model of their attempt, exchanges to the model that served, or
  // else was asked for.
  bool model = false;
};

struct UsageQuery {
  WallTime from;  // by the start of the exchange, inclusive
  WallTime to;    // exclusive
  UsageGrouping by;
  // Only these; empty = all.
  std::string organisation;
  std::string workspace;
  std::string key_id;
  std::string end_user;
  std::string model;
};

// One group; what it was not grouped by is empty.
struct UsageSummary {
  std::string day;  // "2026-11-21"
  std::string organisation;
  std::string workspace;
  std::string key_id;
  std::string end_user;
  std::string model;
  std::int64_t exchanges = 0;
  std::array<std::int64_t, kOutcomes> outcomes{};  // by Outcome; sums to exchanges
  std::int64_t attempts = 0;
  std::int64_t billed_attempts = 0;
  dialect::Usage usage;  // of all attempts, billed or not
  std::int64_t cost_nano_usd = 0;

  std::int64_t with(Outcome outcome) const { return outcomes[static_cast<std::size_t>(outcome)]; }
};

// In the order of their names: day, organisation, workspace, key, end user, model. Empty where
// nothing was used.
Result<std::vector<UsageSummary>> summarise_usage(store::Connection& connection,
                                                  const UsageQuery& query);

}  // namespace sallyport::metering
