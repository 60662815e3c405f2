#pragma once

#include <string>
#include <string_view>

#include "dialect/error_shape.h"
#include "dialect/event.h"
#include "json/document.h"

// Bytes of a Messages stream.
namespace sallyport::dialect::anthropic {

// One event; its name always stands, for clients drop events without. A line break within `json`
// becomes one between data lines.
void append_event(std::string& out, std::string_view name, std::string_view json);

// The received event with its JSON replaced by `edited`, every other byte as it was.
void append_edited(std::string& out, const Event& event, std::string_view name,
                   std::string_view edited);

// The same with one value of the JSON replaced; allocates nothing.
void append_replaced(std::string& out, const Event& event, std::string_view name, json::Span span,
                     std::string_view value);

void append_ping(std::string& out);
void append_error(std::string& out, const PublicError& error);
void append_block_start(std::string& out, int index, std::string_view block_json);
void append_block_stop(std::string& out, int index);
// A delta with its text; nothing for a delta that has none.
void append_delta(std::string& out, int index, DeltaType type, std::string_view text);

// The content block that begins a block, its text still to come, of an event that has no wire.
// Empty where the block cannot be told in this dialect.
std::string starting_block_json(const Event& start);

// A content block complete with its text, out of the event that started it and what followed.
struct BlockText {
  std::string text;       // or thinking
  std::string signature;  // of thinking
  std::string input;      // of a tool call: JSON
  std::string citations;  // items of an array, with their commas
};
std::string complete_block_json(const Event& start, std::string_view start_json,
                                const BlockText& text);

}  // namespace sallyport::dialect::anthropic
