#include "dialect/openai/collected.h"

#include "dialect/openai/usage_json.h"

namespace sallyport::dialect::openai {

void Collected::note(const Event& event) {
  switch (event.kind) {
    case EventKind::message_start:
      if (event.usage) start_usage_ = *event.usage;
      return;
    case EventKind::block_start:
      if (event.block == BlockType::text || event.block == BlockType::thinking ||
          event.block == BlockType::refusal || event.block == BlockType::tool_use) {
        blocks_.push_back({event.block, event.index, {}, event.tool_id, event.tool_name});
      }
      return;
    case EventKind::block_delta:
      if (event.delta == DeltaType::signature || event.delta == DeltaType::citations ||
          event.delta == DeltaType::other) {
        return;
      }
      for (auto block = blocks_.rbegin(); block != blocks_.rend(); ++block) {
        if (block->index != event.index) continue;
        block->text += event.text;
        return;
      }
      return;
    case EventKind::block_stop:
      for (Block& block : blocks_) {
        const bool empty_call = block.type == BlockType::tool_use && block.text.empty();
        if (block.index == event.index && empty_call) block.text = "{}";
      }
      return;
    case EventKind::message_delta:
      if (!event.stop_reason.empty()) ending_.stop_reason = event.stop_reason;
      if (event.stop_details) ending_.stop_details = event.stop_details;
      ending_.stop_sequence = event.stop_sequence;
      ending_.usage = merge_usage(start_usage_, event.usage.value_or(Usage{}));
      return;
    default:
      return;
  }
}

}  // namespace sallyport::dialect::openai
