#pragma once

#include <string>
#include <vector>

#include "dialect/response_writer.h"

namespace sallyport::dialect::openai {

// An answer gathered from events, to be written at once in a dialect it did not come in.
class Collected {
 public:
  struct Block {
    BlockType type = BlockType::text;
    int index = 0;
    std::string text;  // or thinking, refusal, or the JSON of a call's arguments
    std::string tool_id;
    std::string tool_name;
  };

  void note(const Event& event);
  // A hop drops what the declined model said.
  void clear() { *this = Collected(); }

  const std::vector<Block>& blocks() const { return blocks_; }
  // How the answer ended, as far as events told.
  const Finish& ending() const { return ending_; }

 private:
  std::vector<Block> blocks_;
  Usage start_usage_;
  Finish ending_;
};

}  // namespace sallyport::dialect::openai
