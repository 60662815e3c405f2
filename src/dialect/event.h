#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "dialect/usage.h"

// One vocabulary for what a model answers, whichever dialect it came in and whether it was streamed
// or not: the events of the Messages API, because they are the most expressive. Decoders produce
// them, the exchange reads them, writers turn them into the client's dialect.
namespace sallyport::dialect {

enum class EventKind : std::uint8_t {
  message_start,
  block_start,
  block_delta,
  block_stop,
  message_delta,  // carries stop reason, details and usage
  message_stop,
  ping,
  error,   // an error inside a stream
  opaque,  // anything unknown: relayed in the same dialect, never interpreted
};

enum class BlockType : std::uint8_t {
  text,
  thinking,
  redacted_thinking,
  tool_use,
  server_tool_use,
  mcp_tool_use,
  refusal,   // OpenAI's refusal part
  fallback,  // a hop that an upstream made itself
  other,     // tool results, citations carriers, anything new
};

// True for the blocks that, while open, forbid a retry: a tool call cut in half cannot be
// continued.
bool is_tool_call(BlockType type);

enum class DeltaType : std::uint8_t {
  text,
  thinking,
  signature,
  input_json,
  citations,
  refusal,
  other
};

struct StopDetails {
  std::optional<std::string> category;  // open set: cyber, bio, …; absent = null on the wire
  std::optional<std::string> explanation;
  std::optional<std::string> credit_token;  // an upstream's own; never leaves unwrapped
  std::optional<bool> has_prefill_claim;
  std::optional<std::string> recommended_model;
};

// Views and the event itself live only during the sink call that hands it over; what must outlive
// it is copied.
struct Event {
  EventKind kind = EventKind::opaque;

  // Exactly the bytes received for this event, ready to relay in the same dialect: an SSE event
  // with its blank line. Of an answer that was not streamed, only message_stop has them: the whole
  // body. Empty where one wire event became several of these (the last one has the bytes) or where
  // the event is ours.
  std::string_view wire;
  // The JSON of the wire event (its data), for whoever must read every string leaf. Empty as above.
  std::string_view json;

  // message_start
  std::string id;
  std::string model;  // the upstream's name of the model that answers

  // block_start, block_delta, block_stop
  // Of the content block, as the upstream counted. Tool calls of an OpenAI upstream may be open
  // side by side; other blocks are open one at a time.
  int index = -1;
  int choice = 0;  // OpenAI's choices[n]; 0 elsewhere
  BlockType block = BlockType::other;
  std::string_view
      block_json;  // block_start: the content_block object (Messages shape), where there is one
  std::string tool_id;  // block_start of a tool call
  std::string tool_name;

  // block_delta
  DeltaType delta = DeltaType::other;
  // Unescaped: text, thinking, partial JSON, signature or refusal. At a block_start, what a text or
  // thinking block begins with, nearly always nothing; the deltas follow it and do not repeat it.
  std::string text;

  // message_delta
  std::string stop_reason;  // in the Messages API's words: end_turn, max_tokens, stop_sequence,
                            // tool_use, refusal, …
  std::optional<std::string> stop_sequence;
  std::optional<StopDetails> stop_details;

  // message_start and message_delta: all that was told so far, for later events may name only some
  // counts.
  std::optional<Usage> usage;

  // error
  std::string error_type;  // overloaded_error, api_error, …
  std::string error_message;
};

}  // namespace sallyport::dialect
