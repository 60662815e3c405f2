#pragma once

#include <cstdint>
#include <optional>

namespace sallyport {

// What one key or one organisation may use; absent = not limited by this rule. Rules only ever
// narrow: where a key and its organisation both have one, both hold. Kept by access and config,
// enforced by metering.
struct UsageLimits {
  std::optional<std::int64_t> requests_per_minute{};
  std::optional<std::int64_t> input_tokens_per_minute{};
  std::optional<std::int64_t> output_tokens_per_minute{};
  std::optional<std::int64_t> concurrent_streams{};  // exchanges in flight, streamed or not
  std::optional<std::int64_t> nano_usd_per_month{};  // calendar month, UTC

  bool operator==(const UsageLimits&) const = default;
};

}  // namespace sallyport
