#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "catalog/catalog.h"
#include "catalog/routing.h"
#include "dialect/client_request.h"
#include "dialect/response_decoder.h"
#include "dialect/response_writer.h"
#include "dialect/upstream_request.h"
#include "exchange/port.h"
#include "metering/exchange_record.h"

namespace sallyport::exchange {

// An event that outlives its callback: the views point into strings of its own.
class OwnedEvent {
 public:
  explicit OwnedEvent(const dialect::Event& event);
  OwnedEvent(const OwnedEvent&) = delete;
  OwnedEvent& operator=(const OwnedEvent&) = delete;
  const dialect::Event& get() const { return event_; }

 private:
  std::string wire_, json_, block_json_;
  dialect::Event event_;
};

// One model's turn within an exchange, and the routes by which it can be reached.
struct HopState {
  const catalog::Model* model = nullptr;
  const dialect::FallbackEntry* entry = nullptr;  // the fallback entry that named it
  std::size_t number = 0;                         // 0 = the first model asked
  std::vector<catalog::Candidate> routes;         // in the order to try
  std::size_t next_route = 0;
  dialect::Continuation continuation = dialect::Continuation::none;
};

// One call of one route, and what came of it so far.
struct Attempt {
  AttemptId id = 0;  // 0 = none running
  const catalog::Upstream* upstream = nullptr;
  const catalog::Route* route = nullptr;
  dialect::Api api = dialect::Api::anthropic;
  Instant started;
  int status = 0;  // 0 until the response head is there
  http::Headers headers;
  std::unique_ptr<dialect::ResponseDecoder> decoder;  // of a 2xx answer of a model
  std::string raw_body;                               // of an error, and of count_tokens
  bool raw_body_cut = false;                          // it was longer than its bound
  std::unique_ptr<OwnedEvent> held_start;             // message_start, until it is known who speaks
  bool speaking = false;                              // something beyond message_start was released
  bool declined = false;
  bool complete = false;  // message_stop was seen
  dialect::Usage usage;
  // The tool call that is open or was last: complete only where its input parses.
  bool in_tool_call = false;
  bool tool_call_broken = false;
  std::string tool_json;
};

// A refusal, kept until it is delivered or superseded by a hop.
struct Refusal {
  const catalog::Model* model = nullptr;
  std::string spelled;  // as the `from` of a hop
  const catalog::Upstream* upstream = nullptr;
  dialect::Api api = dialect::Api::anthropic;
  dialect::StopDetails details;
  dialect::Usage usage;
  bool after_output = false;
  std::unique_ptr<OwnedEvent> start;  // its message_start, where that was not released
  std::unique_ptr<OwnedEvent> last;   // the upstream's final event, for its unknown members
};

// Counts come in message_start and, cumulative, in message_delta: the later word counts where it
// says something.
void merge_usage(dialect::Usage& into, const dialect::Usage& later);

}  // namespace sallyport::exchange
