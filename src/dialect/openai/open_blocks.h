#pragma once

#include <algorithm>
#include <optional>
#include <vector>

#include "dialect/event.h"

namespace sallyport::dialect::openai {

// Which blocks are open on the client's side.
class OpenBlocks {
 public:
  void note(const Event& event) {
    if (event.kind == EventKind::block_start) {
      blocks_.push_back({event.choice, event.index, event.block});
    } else if (event.kind == EventKind::block_stop) {
      std::erase_if(blocks_, [&](const Block& block) {
        return block.choice == event.choice && block.index == event.index;
      });
    }
  }
  void clear() { blocks_.clear(); }
  // Of several the one that forbids most: a tool call.
  std::optional<BlockType> deciding() const {
    if (blocks_.empty()) return std::nullopt;
    for (const Block& block : blocks_) {
      if (is_tool_call(block.type)) return block.type;
    }
    return blocks_.back().type;
  }

 private:
  struct Block {
    int choice = 0;
    int index = 0;
    BlockType type = BlockType::other;
  };
  std::vector<Block> blocks_;
};

}  // namespace sallyport::dialect::openai
