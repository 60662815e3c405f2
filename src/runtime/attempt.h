#pragma once

#include <memory>
#include <string_view>

#include "exchange/port.h"

namespace sallyport::runtime {

// Who hears of an attempt. Within any of these the listener may cancel it.
class AttemptListener {
 public:
  virtual ~AttemptListener() = default;
  virtual void on_attempt_head(exchange::AttemptId id, const http::ResponseHead& head) = 0;
  virtual void on_attempt_body(exchange::AttemptId id, std::string_view bytes) = 0;
  virtual void on_attempt_end(exchange::AttemptId id) = 0;
  virtual void on_attempt_failure(exchange::AttemptId id,
                                  const exchange::UpstreamFailure& failure) = 0;
};

// One call of an upstream under way. Reports later than start(), and either an end or a failure
// last.
class Attempt {
 public:
  virtual ~Attempt() = default;
  virtual void start() = 0;
  // Reports nothing more. Destroying it takes Loop::bury(), since it may be on the stack.
  virtual void cancel() = 0;
  // The client is slow: report no more bytes than are on their way already, until resume().
  virtual void pause() = 0;
  virtual void resume() = 0;
};

}  // namespace sallyport::runtime
