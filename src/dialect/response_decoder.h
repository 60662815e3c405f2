#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "base/result.h"
#include "dialect/api.h"
#include "dialect/event.h"

namespace sallyport::dialect {

using EventSink = std::function<void(const Event&)>;

// Turns the body of one successful upstream response into events. One object per attempt, used by
// one thread.
class ResponseDecoder {
 public:
  virtual ~ResponseDecoder() = default;

  // Hands over every event that became complete, in order. Malformed bytes, events out of order
  // that would make the answer ambiguous, and sizes over their bounds are errors with source
  // upstream.
  virtual Result<void> feed(std::string_view bytes, const EventSink& sink) = 0;
  // The body ended. An error where it ended before message_stop (or [DONE], or the end of the
  // JSON).
  virtual Result<void> finish(const EventSink& sink) = 0;
};

struct DecoderLimits {
  std::size_t max_event_bytes = 4u << 20;
  std::size_t max_body_bytes = 64u << 20;  // of an answer that is not streamed
};

std::unique_ptr<ResponseDecoder> make_decoder(Api upstream, bool stream,
                                              const DecoderLimits& limits = {});

}  // namespace sallyport::dialect
