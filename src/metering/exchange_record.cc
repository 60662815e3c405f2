#include "metering/exchange_record.h"

namespace sallyport::metering {

std::string_view to_string(Outcome outcome) {
  switch (outcome) {
    case Outcome::answered:
      return "answered";
    case Outcome::refused:
      return "refused";
    case Outcome::fallback_served:
      return "fallback_served";
    case Outcome::denied:
      return "denied";
    case Outcome::client_error:
      return "client_error";
    case Outcome::upstream_error:
      return "upstream_error";
    case Outcome::client_gone:
      return "client_gone";
    case Outcome::internal_error:
      return "internal_error";
  }
  return "internal_error";
}

std::string_view to_string(AttemptKind kind) {
  return kind == AttemptKind::message ? "message" : "fallback_message";
}

std::string_view to_string(AttemptOutcome outcome) {
  switch (outcome) {
    case AttemptOutcome::served:
      return "served";
    case AttemptOutcome::refused:
      return "refused";
    case AttemptOutcome::failed:
      return "failed";
    case AttemptOutcome::rejected:
      return "rejected";
    case AttemptOutcome::cancelled:
      return "cancelled";
  }
  return "failed";
}

std::int64_t ExchangeRecord::cost_nano_usd() const {
  std::int64_t sum = 0;
  for (const AttemptRecord& attempt : attempts) {
    if (attempt.billed) sum += attempt.cost_nano_usd;
  }
  return sum;
}

}  // namespace sallyport::metering
