#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/random.h"
#include "dialect/usage.h"
#include "simulator/ask.h"

namespace sallyport::simulator {

enum class BlockKind : std::uint8_t { thinking, text, tool };

struct Block {
  BlockKind kind = BlockKind::text;
  std::string text;  // or a tool call's arguments, as JSON
  std::string tool_id;
  std::string tool_name;
};

struct Refusal {
  std::optional<std::string> category;
  std::optional<std::string> explanation;
  std::optional<std::string> credit_token;
  bool has_prefill_claim = false;
  bool credit_members = false;  // the client asked for them by a beta
};

struct CreditOutcome {
  bool redeemed = false;
  std::string reason;
};

// The whole of one answer, before it is written in a dialect and cut by faults.
struct Answer {
  std::string id;
  std::string model;
  std::vector<Block> blocks;
  std::string stop_reason = "end_turn";  // in the Messages API's words
  std::optional<std::string> stop_sequence;
  std::optional<Refusal> refusal;
  std::optional<CreditOutcome> credit;
  dialect::Usage usage;
  std::int64_t created = 0;  // Unix seconds
};

// A redemption that must fail instead of being served.
struct Rejected {
  std::string message;
};

// The same answer for the same request, but for its ids. nullopt with `rejected` set: a 400.
std::optional<Answer> make_answer(const Ask& ask, Random& random, WallTime now, Rejected& rejected);

}  // namespace sallyport::simulator
