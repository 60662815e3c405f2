#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "dialect/openai/wire_events.h"
#include "json/document.h"

namespace sallyport::dialect::openai {

// What one Responses answer has said so far, event by event.
//
// The API says every text several times: as deltas, when the part is done, when the item is done
// and when the response is. What was said before must be the beginning of what is said again; what
// is new becomes a delta, and a contradiction is an error. So no text is relayed that was not also
// handed over as an event.
class ResponsesMessage {
 public:
  // Adds the events of one wire event.
  Result<void> read(json::Value root, WireEvents& events);
  // The same for an answer that was not streamed.
  Result<void> read_body(json::Value response, WireEvents& events);

  bool ended() const { return ended_; }    // the terminal event was read; message_delta was added
  bool failed() const { return failed_; }  // an error event was added

 private:
  enum class Kind : std::uint8_t { content, summary, arguments, item };
  struct Part {
    std::int64_t output_index = 0;
    std::int64_t part_index = 0;
    Kind kind = Kind::content;
    BlockType type = BlockType::text;
    int block = 0;
    bool open = true;
    std::string text;
  };

  Result<void> read_delta(json::Value root, std::string_view type, WireEvents& events);
  Result<void> read_done(json::Value root, std::string_view type, WireEvents& events);
  Result<void> read_part(json::Value root, bool done, WireEvents& events);
  Result<void> read_item(std::int64_t output_index, json::Value item, bool done,
                         WireEvents& events);
  Result<void> read_content(std::int64_t output_index, json::Value list, Kind kind,
                            WireEvents& events);
  Result<void> read_end(json::Value response, WireEvents& events);
  Result<void> read_failure(json::Value error, WireEvents& events);
  void start(json::Value response, WireEvents& events);

  Part* find(std::int64_t output_index, std::int64_t part_index, Kind kind);
  Result<Part*> find_or_open(std::int64_t output_index, std::int64_t part_index, Kind kind,
                             BlockType type, json::Value item, WireEvents& events);
  Result<void> append(Part& part, std::string text, WireEvents& events);
  Result<void> settle(Part& part, const std::string& whole, WireEvents& events);
  void close(Part& part, WireEvents& events);
  void close_item(std::int64_t output_index, WireEvents& events);
  void end(Event ending, WireEvents& events);

  bool started_ = false;
  bool ended_ = false;
  bool failed_ = false;
  bool called_tools_ = false;
  int next_block_ = 0;
  std::size_t text_bytes_ = 0;
  std::string refusal_;
  std::vector<Part> parts_;
};

}  // namespace sallyport::dialect::openai
