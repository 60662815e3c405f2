#pragma once

#include <string_view>

#include "dialect/event.h"
#include "json/document.h"

// Reading the parts of an answer that its streamed and its whole form have in common.
namespace sallyport::dialect::anthropic {

// Empties the event for reuse; its strings keep their memory.
void reset(Event& event);

BlockType block_type(json::Value type);

// Whether a block can have such a delta. Clients show or hide a delta by its block; of a block or a
// delta that is unknown nothing is known.
bool fits(DeltaType delta, BlockType block);

// Takes the text of `value` into `out`; nothing where it is no string.
void read_text(json::Value value, std::string& out);

// The members of a message that begin an answer: id and model.
void read_start(json::Value message, Event& event);
// Type, tool id and name of a content block; block_json.
void read_block(json::Value block, Event& event);
// stop_reason, stop_sequence and stop_details, from a message or the delta of a message_delta.
void read_stop(json::Value holder, Event& event);

}  // namespace sallyport::dialect::anthropic
