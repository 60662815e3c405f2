#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "exchange/port.h"
#include "http/message.h"

namespace sallyport::exchange {

struct Services;  // services.h: snapshots, limits, sinks; outlives every exchange of its shard

// Where a request came in.
struct Arrival {
  http::RequestHead head;
  std::string body;          // complete, framing removed, content coding as sent
  std::string peer_address;  // of the client: from PROXY protocol where a trusted peer said so
  bool tls = false;
  std::string listener;        // the name of the listener it came in by
  std::string client_subject;  // RFC 2253 name of a verified client certificate, or empty
};

// One request with its response: the whole way from accept to record, as a state machine without
// I/O.
//
// Owned by one thread. The owner calls on_… functions and never from within a Port call. After
// finished() is true the record has been handed over and the object may be destroyed; destroying it
// earlier counts as the client going away.
class Exchange {
 public:
  static std::unique_ptr<Exchange> make(Services& services, Port& port);
  // False where the answer is an error whatever the body says: an unknown path or key. Such a
  // request is given to on_request() with an empty body, so that strangers cost no memory.
  static bool wants_body(const Services& services, const http::RequestHead& head);
  virtual ~Exchange() = default;

  // Begins. Everything else follows from events.
  virtual void on_request(Arrival arrival) = 0;

  virtual void on_upstream_head(AttemptId id, const http::ResponseHead& head) = 0;
  virtual void on_upstream_body(AttemptId id, std::string_view bytes) = 0;
  virtual void on_upstream_end(AttemptId id) = 0;
  virtual void on_upstream_failure(AttemptId id, const UpstreamFailure& failure) = 0;

  virtual void on_work_done() = 0;
  virtual void on_client_gone() = 0;
  // About every 100 ms while the exchange lives.
  virtual void on_tick() = 0;

  virtual bool finished() const = 0;
  virtual const std::string& request_id() const = 0;
};

}  // namespace sallyport::exchange
