#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "dialect/api.h"
#include "dialect/usage.h"

// What one exchange leaves behind: who, which model, how it ended, what it cost. Never content. The
// words of to_string() stand in the database and in metrics; they do not change.
namespace sallyport::metering {

enum class Outcome : std::uint8_t {
  answered,         // the requested model served
  refused,          // a refusal reached the client
  fallback_served,  // another model served after a refusal
  denied,           // our own decision: credential, limit, model not allowed
  client_error,     // the request was no good, by our check or the upstream's
  upstream_error,   // no upstream could answer
  client_gone,      // the client left before the end
  internal_error,
};
inline constexpr int kOutcomes = 8;

enum class AttemptKind : std::uint8_t { message, fallback_message };

// How one call of an upstream ended.
enum class AttemptOutcome : std::uint8_t {
  served,
  refused,
  failed,     // connect, timeout, reset, protocol, 429 or 5xx
  rejected,   // any other 4xx
  cancelled,  // by us: client gone, or the hop was declined by our own gate
};

std::string_view to_string(Outcome outcome);
std::string_view to_string(AttemptKind kind);
std::string_view to_string(AttemptOutcome outcome);

struct AttemptRecord {
  std::int32_t hop = 0;  // 0 = the requested model; failover within a hop keeps its number
  std::string model;     // the catalog's id
  std::string upstream;
  std::string upstream_model;
  AttemptKind kind = AttemptKind::message;
  AttemptOutcome outcome = AttemptOutcome::failed;
  std::int32_t http_status = 0;  // 0 = no response head
  bool billed = false;
  dialect::Usage usage;  // as reported, also where it is not billed
  std::int64_t cost_nano_usd = 0;
  std::string upstream_request_id;
};

struct ExchangeRecord {
  std::string request_id;
  WallTime started_at;
  Duration duration{0};
  Duration time_to_first_byte{0};  // of the answer's body; 0 where there was none
  std::string organisation;
  std::string workspace;
  std::string key_id;
  std::string end_user;
  dialect::Api api = dialect::Api::anthropic;
  dialect::Operation operation = dialect::Operation::create;
  bool stream = false;
  std::string requested_model;
  std::string served_model;  // empty where none did
  Outcome outcome = Outcome::internal_error;
  std::int32_t http_status = 0;
  std::string stop_reason;
  std::string category;  // of a refusal
  std::string
      reason;  // why denied or failed: a code of base/result.h or a policy's reason, never content
  std::vector<AttemptRecord> attempts;

  // Over all attempts that were billed.
  std::int64_t cost_nano_usd() const;
};

}  // namespace sallyport::metering
