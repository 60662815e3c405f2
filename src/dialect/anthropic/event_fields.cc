#include "dialect/anthropic/event_fields.h"

#include <array>
#include <utility>

namespace sallyport::dialect::anthropic {
namespace {

constexpr std::array<std::pair<std::string_view, BlockType>, 7> kBlockTypes = {{
    {"text", BlockType::text},
    {"thinking", BlockType::thinking},
    {"redacted_thinking", BlockType::redacted_thinking},
    {"tool_use", BlockType::tool_use},
    {"server_tool_use", BlockType::server_tool_use},
    {"mcp_tool_use", BlockType::mcp_tool_use},
    {"fallback", BlockType::fallback},
}};

std::optional<std::string> optional_text(json::Value value) {
  if (!value.is_string()) return std::nullopt;
  return value.text();
}

}  // namespace

void reset(Event& event) {
  event.kind = EventKind::opaque;
  event.wire = {};
  event.json = {};
  event.id.clear();
  event.model.clear();
  event.index = -1;
  event.choice = 0;
  event.block = BlockType::other;
  event.block_json = {};
  event.tool_id.clear();
  event.tool_name.clear();
  event.delta = DeltaType::other;
  event.text.clear();
  event.stop_reason.clear();
  event.stop_sequence.reset();
  event.stop_details.reset();
  event.usage.reset();
  event.error_type.clear();
  event.error_message.clear();
}

BlockType block_type(json::Value type) {
  for (const auto& [name, known] : kBlockTypes) {
    if (type.equals(name)) return known;
  }
  return BlockType::other;
}

bool fits(DeltaType delta, BlockType block) {
  if (block == BlockType::other || delta == DeltaType::other) return true;
  switch (delta) {
    case DeltaType::text:
    case DeltaType::citations:
      return block == BlockType::text;
    case DeltaType::thinking:
    case DeltaType::signature:
      return block == BlockType::thinking;
    case DeltaType::input_json:
      return is_tool_call(block);
    default:
      return true;
  }
}

void read_text(json::Value value, std::string& out) {
  out.clear();
  if (value.is_string()) value.append_text(out);
}

void read_start(json::Value message, Event& event) {
  event.kind = EventKind::message_start;
  read_text(message["id"], event.id);
  read_text(message["model"], event.model);
}

void read_block(json::Value block, Event& event) {
  event.kind = EventKind::block_start;
  event.block = block_type(block["type"]);
  event.block_json = block.raw();
  if (!is_tool_call(event.block)) return;
  read_text(block["id"], event.tool_id);
  read_text(block["name"], event.tool_name);
}

void read_stop(json::Value holder, Event& event) {
  read_text(holder["stop_reason"], event.stop_reason);
  event.stop_sequence = optional_text(holder["stop_sequence"]);
  const json::Value details = holder["stop_details"];
  if (!details.is_object()) return;
  StopDetails& read = event.stop_details.emplace();
  read.category = optional_text(details["category"]);
  read.explanation = optional_text(details["explanation"]);
  read.credit_token = optional_text(details["fallback_credit_token"]);
  read.has_prefill_claim = details["fallback_has_prefill_claim"].boolean();
  read.recommended_model = optional_text(details["recommended_model"]);
}

}  // namespace sallyport::dialect::anthropic
