#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "http/message.h"

// The built-in upstream for demos and tests, as a script without I/O: it says what a real upstream
// would send and when; whoever drives it (the runtime with timers, the simulator with a virtual
// clock) does the waiting.
namespace sallyport::simulator {

// The response is complete.
struct End {};

// The connection breaks here, as a real one would.
struct Fault {
  Code code = Code::reset;  // connect_failed, timeout, reset, protocol, unavailable
  bool nothing_sent = false;
  std::string detail;
};

// One thing that happens `after` the step before it: first a head, then body bytes, then End; a
// Fault at any place.
struct Step {
  Duration after{0};
  std::variant<http::ResponseHead, std::string, End, Fault> what;
};

// Owned by one thread. Bounded memory: steps are made as they are asked for.
class Script {
 public:
  virtual ~Script() = default;
  // The next step; nullopt = nothing ever follows (a stall). Not called again after End, Fault or
  // nullopt.
  virtual std::optional<Step> next() = 0;
};

// What this request would be answered. `body` need not outlive the call; `random` is not kept.
std::unique_ptr<Script> make_script(const http::RequestHead& head, std::string_view body,
                                    Random& random, WallTime now);

}  // namespace sallyport::simulator
