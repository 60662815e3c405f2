#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "dialect/openai/chat_choices.h"
#include "dialect/openai/wire_events.h"

namespace sallyport::dialect::openai {

// What one Chat Completions answer has said so far, chunk by chunk; a whole answer is one chunk.
class ChatMessage {
 public:
  // Adds the events of one chunk. An error in the stream becomes an error event.
  Result<void> read(json::Value root, WireEvents& events);

  bool started() const { return started_; }
  bool failed() const { return failed_; }
  // Every choice that has begun has ended, and there is one.
  bool all_finished() const;
  // message_delta with what the whole came to; call after all_finished().
  Event ending() const;

 private:
  Result<void> read_choice(json::Value choice, WireEvents& events);
  void add_error(json::Value error, WireEvents& events);

  bool started_ = false;
  bool failed_ = false;
  std::string id_;
  std::vector<ChatChoice> choices_;
  std::optional<Usage> usage_;
};

}  // namespace sallyport::dialect::openai
