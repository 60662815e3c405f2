#include <set>
#include <string>
#include <vector>

#include "dialect/anthropic/request_edits.h"

// An assistant turn that several models wrote holds `fallback` blocks. A model that reads it later
// must not see what only their writers can take up: before the last such block of the turn,
// thinking and unanswered tool calls go, and the blocks themselves go. Nothing else does.
//
// The API tells clients to send no tool_result for a dropped tool_use; where one comes anyhow it
// goes too, since alone it would make the history invalid. A turn that loses all its blocks goes
// as a whole; only if it is the last turn, and the user's, it stays with one word of ours, for
// without it the turn before would become a prefill.
//
// Source: platform.claude.com/docs/en/build-with-claude/refusals-and-fallback (2026-09-26).
namespace sallyport::dialect::anthropic {
namespace {

constexpr std::string_view kEmptiedTurn = R"([{"type":"text","text":"Continue."}])";

struct TurnRepair {
  std::vector<std::size_t> drop;      // indices of content blocks
  std::set<std::string> dropped_ids;  // of client tool calls
};

std::size_t last_fallback(json::Value content) {
  std::size_t index = 0;
  std::size_t found = 0;  // one behind the block
  for (const json::Value block : content.items()) {
    ++index;
    if (block["type"].equals("fallback")) found = index;
  }
  return found;
}

// Ids that some block of the turn answers.
std::set<std::string> answered_ids(json::Value content) {
  std::set<std::string> ids;
  for (const json::Value block : content.items()) {
    const json::Value id = block["tool_use_id"];
    if (id.is_string()) ids.insert(id.text());
  }
  return ids;
}

bool drops(json::Value block, const std::set<std::string>& answered) {
  const json::Value type = block["type"];
  if (type.equals("server_tool_use")) {
    const json::Value id = block["id"];
    return !id.is_string() || !answered.contains(id.text());
  }
  return type.equals("fallback") || type.equals("thinking") || type.equals("redacted_thinking") ||
         type.equals("connector_text") || type.equals("tool_use");
}

TurnRepair repair_turn(json::Value content) {
  TurnRepair repair;
  const std::size_t end = last_fallback(content);
  if (end == 0) return repair;
  const std::set<std::string> answered = answered_ids(content);
  std::size_t index = 0;
  for (const json::Value block : content.items()) {
    const bool tool_use = block["type"].equals("tool_use") && block["id"].is_string();
    if (index < end && drops(block, answered)) {
      repair.drop.push_back(index);
      if (tool_use) repair.dropped_ids.insert(block["id"].text());
    } else if (tool_use) {
      repair.dropped_ids.erase(block["id"].text());
    }
    ++index;
  }
  return repair;
}

std::vector<std::size_t> results_of(json::Value content, const std::set<std::string>& ids) {
  std::vector<std::size_t> indices;
  if (ids.empty()) return indices;
  std::size_t index = 0;
  for (const json::Value block : content.items()) {
    const json::Value id = block["tool_use_id"];
    if (block["type"].equals("tool_result") && id.is_string() && ids.contains(id.text())) {
      indices.push_back(index);
    }
    ++index;
  }
  return indices;
}

}  // namespace

void repair_echoes(json::Value messages, json::Splice& splice) {
  std::vector<std::size_t> dropped_turns;
  std::set<std::string> dropped_ids;  // of the assistant turn before
  const std::size_t count = messages.size();
  std::size_t number = 0;
  for (const json::Value turn : messages.items()) {
    const json::Value content = turn["content"];
    std::vector<std::size_t> drop;
    if (turn["role"].equals("assistant")) {
      TurnRepair repair = repair_turn(content);
      drop = std::move(repair.drop);
      dropped_ids = std::move(repair.dropped_ids);
    } else if (turn["role"].equals("user")) {
      drop = results_of(content, dropped_ids);
      dropped_ids.clear();
    }
    const bool emptied = !drop.empty() && drop.size() == content.size();
    const bool last_of_user = number + 1 == count && turn["role"].equals("user");
    if (emptied && last_of_user) {
      splice.replace(content.span(), kEmptiedTurn);
    } else if (emptied) {
      dropped_turns.push_back(number);
    } else {
      splice.remove_items(content, drop);
    }
    ++number;
  }
  splice.remove_items(messages, dropped_turns);
}

}  // namespace sallyport::dialect::anthropic
