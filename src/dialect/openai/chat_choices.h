#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "dialect/openai/json_extent.h"
#include "dialect/openai/wire_events.h"
#include "json/document.h"

namespace sallyport::dialect::openai {

// One of choices[n] while its deltas arrive: which blocks are open, and how it ended.
//
// Text, reasoning and refusal are open one at a time. A tool call is closed as soon as its
// arguments are a complete object and something else begins; until then several may be open,
// because some servers interleave them.
class ChatChoice {
 public:
  ChatChoice(int index, std::string message_id)
      : index_(index), message_id_(std::move(message_id)) {}

  // One choices[] entry of a chunk.
  Result<void> read(json::Value choice, WireEvents& events);

  int index() const { return index_; }
  bool finished() const { return finished_; }
  // In the Messages API's words.
  std::string stop_reason() const;
  const std::optional<std::string>& stop_sequence() const { return stop_sequence_; }
  const std::string& refusal() const { return refusal_; }

 private:
  struct Tool {
    std::int64_t upstream_index = 0;
    std::string id;
    int block = 0;
    bool open = true;
    JsonExtent arguments;
  };

  Event event(EventKind kind, int block, BlockType type) const;
  void add_text(BlockType type, DeltaType delta, json::Value text, WireEvents& events);
  Result<void> read_parts(json::Value parts, WireEvents& events);
  void close_text(WireEvents& events);
  void close_complete_tools(WireEvents& events);
  Result<void> read_tool(json::Value call, WireEvents& events);
  Tool* find_tool(json::Value call);
  Result<void> add_arguments(Tool& tool, json::Value function, WireEvents& events);
  void open_tool(std::int64_t upstream_index, json::Value call, json::Value function,
                 WireEvents& events);
  void finish(std::string_view reason, json::Value choice, WireEvents& events);

  int index_;
  std::string message_id_;
  int next_block_ = 0;
  std::optional<BlockType> open_text_;
  int open_text_block_ = 0;
  std::vector<Tool> tools_;
  bool finished_ = false;
  std::string finish_reason_;
  std::optional<std::string> stop_sequence_;
  std::string refusal_;
};

}  // namespace sallyport::dialect::openai
