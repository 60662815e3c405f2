#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "catalog/model.h"
#include "http/message.h"

// The border between the exchange, which does no I/O, and whoever moves bytes for it: the runtime
// with sockets, the simulator and the tests with a virtual clock.
namespace sallyport::exchange {

using AttemptId = std::uint32_t;

// One call of an upstream.
struct UpstreamCall {
  const catalog::Upstream* upstream = nullptr;  // lives as long as the exchange's catalog snapshot
  http::RequestHead
      head;  // method, path and headers but for host, length and framing, which the port adds
  std::string body;
  bool stream = false;
};

// How a call ended without a complete response.
struct UpstreamFailure {
  Code code = Code::connect_failed;  // connect_failed, timeout, reset, protocol, unavailable
  // No byte of the request reached the upstream, so another route may be tried without asking
  // anything twice.
  bool nothing_sent = false;
  std::string detail;  // for the log
};

// What an exchange asks of the world. Calls never re-enter the exchange: what they cause comes back
// later, through Exchange's on_… functions, from the same thread.
class Port {
 public:
  virtual ~Port() = default;

  // Upstream side. The port applies connect, first-byte and idle timeouts of call.upstream.
  virtual void start_attempt(AttemptId id, UpstreamCall call) = 0;
  // Nothing more of this attempt will be reported. Closes its connection unless it ended cleanly.
  virtual void cancel_attempt(AttemptId id) = 0;

  // Client side. respond() once; then body bytes; then end(). A content-length response passes it
  // in the head; otherwise the port frames the body. Bytes are sent as soon as the current callback
  // returns, in one write.
  virtual void respond(http::ResponseHead head) = 0;
  virtual void write(std::string bytes) = 0;
  virtual void end() = 0;
  // Breaks the connection: the answer cannot be completed and the client must notice.
  virtual void abort() = 0;

  // Runs `work` on a worker thread, then calls on_work_done() of the exchange. For what would stall
  // an event loop.
  virtual void offload(std::function<void()> work) = 0;
};

}  // namespace sallyport::exchange
