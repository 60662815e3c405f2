#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "dialect/api.h"
#include "dialect/error_shape.h"
#include "dialect/event.h"

namespace sallyport::dialect {

// A switch from one model to another within one answer.
struct Hop {
  std::string from;  // the client's own spelling where it is the requested model
  std::string to;    // the catalog's id
  std::string trigger = "refusal";
  std::optional<std::string> category;
  // The next model answers anew instead of continuing the text: dialects without blocks set the two
  // apart.
  bool restated = false;
};

// One attempt in usage.iterations.
struct Iteration {
  bool served_as_fallback = false;  // "fallback_message", else "message"
  std::string model;
  Usage usage;
};

struct CreditOutcome {
  bool redeemed = false;
  std::string reason;  // where not redeemed: the closed set of the API
  std::vector<std::string> remove_to_redeem;
};

// How the answer ends, where it cannot simply be relayed.
struct Finish {
  std::string stop_reason;
  std::optional<std::string> stop_sequence;
  std::optional<StopDetails> stop_details;  // credit_token here is ours, already wrapped
  Usage usage;                              // of the attempt that served
  std::vector<Iteration> iterations;        // written where the client asked for them by a beta
  std::optional<CreditOutcome> credit;
  std::vector<Hop> hops;  // every hop of the answer, for dialects that report them at the end
};

struct WriterOptions {
  Api client = Api::anthropic;
  bool stream = false;
  bool include_usage = false;  // chat streams
  bool show_fallback =
      false;  // fallback blocks and iterations (Messages API: the client sent the beta)
  bool show_credit =
      false;  // the three credit members of stop_details (client sent a credit or fallback beta)
  std::string message_id;       // for answers that have none
  std::string requested_model;  // as the client spelled it
  WallTime created;
  // Responses API: members of the request that the response object repeats, as JSON.
  std::string request_echo_json;
};

// Writes one answer in the client's dialect. In a stream, bytes are appended to `out` as they
// become due; otherwise the whole body is appended by finish() or relay(message_stop). Used by one
// thread.
//
// Same dialect and nothing of ours in the way: relay() appends the received bytes unchanged.
class ResponseWriter {
 public:
  virtual ~ResponseWriter() = default;

  // The catalog id of the model that the following events come from, and the dialect of its
  // upstream (a chain may cross dialects on the way); before the first event and at each hop.
  virtual void serving(const std::string& model, Api upstream) = 0;
  virtual void relay(const Event& event, std::string& out) = 0;
  // Closes an open block, writes the fallback block (where shown) and shifts later indices. In an
  // answer that is not streamed, what was collected is dropped. A message_start relayed after a hop
  // is written only if none was yet.
  virtual void hop(const Hop& hop, std::string& out) = 0;
  // Ends the answer. `last` is the upstream's final event, whose unknown members are kept: in a
  // stream its message_delta, otherwise its message_stop, which has the whole body; nullptr where
  // the end is ours alone, or where the body of a declined attempt is no longer there. Before any
  // message_start one is made. Closes an open block first. In a stream this writes everything up to
  // and including the end mark (message_stop, [DONE]).
  virtual void finish(const Event* last, const Finish& finish, std::string& out) = 0;
  // Ends a stream with an error in the client's shape. Only after bytes were written; before,
  // answer with a status.
  virtual void fail(const PublicError& error, std::string& out) = 0;
  // Keeps the connection alive without saying anything.
  virtual void ping(std::string& out) = 0;

  // A content block is open on the client's stream, and its type.
  virtual std::optional<BlockType> open_block() const = 0;
};

std::unique_ptr<ResponseWriter> make_writer(const WriterOptions& options);

}  // namespace sallyport::dialect
