#pragma once

#include <optional>
#include <string>

#include "dialect/parts.h"
#include "dialect/usage.h"
#include "json/document.h"
#include "sse/parser.h"

namespace sallyport::dialect::anthropic {

// Server-sent events of the Messages API as events. Holds one Event and one Document and uses them
// again, so that a stream in full flow allocates nothing.
//
// The order of events is checked as far as a client could read it two ways: message_start once and
// first, one block open at a time, indices rising, deltas and stops of the open block only, and
// deltas of a type that the block can have. Tolerated: a content_block_stop without a block (left
// out), several message_delta events, pings anywhere, comments, unknown events, blocks and deltas.
class StreamDecoder final : public ResponseDecoder {
 public:
  explicit StreamDecoder(const DecoderLimits& limits);
  Result<void> feed(std::string_view bytes, const EventSink& sink) override;
  Result<void> finish(const EventSink& sink) override;

 private:
  enum class Progress : std::uint8_t { before_start, in_message, stopped };

  // What became of one event: to be handed over, or left out.
  enum class Outcome : std::uint8_t { hand_over, leave_out };

  Result<void> take(const sse::Event& received, const EventSink& sink);
  Result<Outcome> read(json::Value root, json::Value type);
  Result<Outcome> read_message_start(json::Value root);
  Result<Outcome> read_block_start(json::Value root);
  Result<Outcome> read_block_delta(json::Value root);
  Result<Outcome> read_block_stop(json::Value root);
  Result<Outcome> read_message_delta(json::Value root);
  Result<Outcome> read_message_stop();
  Result<Outcome> read_error(json::Value root);

  json::Limits limits_;
  sse::Parser parser_;
  json::Document document_;
  Event event_;
  Usage usage_;  // as far as the stream has told
  Progress progress_ = Progress::before_start;
  bool first_ = true;
  bool errored_ = false;  // the upstream said so itself: the stream needs no proper end
  int last_index_ = -1;
  std::optional<BlockType> open_;
  std::optional<Error> failure_;
};

}  // namespace sallyport::dialect::anthropic
