#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "simulator/answer.h"

// Simulated fallback credit: a token that carries its own facts in the clear. Worth nothing
// anywhere else.
namespace sallyport::simulator {

struct Credit {
  std::string model;  // that refused
  std::int64_t minted = 0;
  std::uint64_t fingerprint = 0;
  bool prefill_claim = false;
};

std::string mint_credit(const Credit& credit);
// The reason is one of the API's closed set, or "malformed".
CreditOutcome redeem_credit(const Ask& ask, WallTime now);
// The wording of a strict failure.
std::string credit_message(std::string_view reason);

}  // namespace sallyport::simulator
