#pragma once

#include <span>
#include <string_view>

#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/limits.h"
#include "store/connection.h"
#include "store/migrate.h"

// Inside this room only: the tables of keys.
namespace sallyport::access::detail {

inline constexpr std::string_view kComponent = "access";
std::span<const store::Migration> migrations();

// The five limit columns, in the order in which every statement of this room names them.
#define SALLYPORT_LIMIT_COLUMNS                                              \
  "requests_per_minute, input_tokens_per_minute, output_tokens_per_minute, " \
  "concurrent_streams, nano_usd_per_month"

UsageLimits read_limits(const store::Row& row, int first_column);

// Times are milliseconds of Unix time.
std::optional<WallTime> read_time(const store::Row& row, int column);
std::optional<std::int64_t> millis(const std::optional<WallTime>& time);

// A list of model ids is stored with a line for each.
std::string join_lines(const std::vector<std::string>& lines);
std::vector<std::string> split_lines(std::string_view text);

}  // namespace sallyport::access::detail
