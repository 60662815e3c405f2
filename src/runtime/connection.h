#pragma once

#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "exchange/exchange.h"
#include "http/body.h"
#include "http/request_parser.h"
#include "runtime/attempt.h"
#include "runtime/hooks.h"
#include "runtime/listener.h"
#include "runtime/response_framing.h"
#include "runtime/transport.h"

namespace sallyport::runtime {

class Shard;

// One client connection: reads requests one at a time, makes each an exchange (or has it answered
// locally), is its Port, and sends what it answers. Belongs to one shard, which holds it until it
// is over: closed, and its exchange finished.
//
// What the exchange asks for during a callback is gathered and acted on in flush(), at the end of
// the turn.
class Connection final : public TransportUser,
                         public AttemptListener,
                         public exchange::Port,
                         public Flushable,
                         public std::enable_shared_from_this<Connection> {
 public:
  Connection(Shard& shard, std::shared_ptr<ListenerState> listener, Peer peer);
  ~Connection() override;

  void start(StreamSocket socket);
  // No request after the present one; closes at once where there is none.
  void drain();
  // The shard's time is over: the exchange hears that its client is gone.
  void cut();
  ListenerState& listener() { return *listener_; }

  std::size_t shard_index = 0;  // the shard's place for it

  // exchange::Port
  void start_attempt(exchange::AttemptId id, exchange::UpstreamCall call) override;
  void cancel_attempt(exchange::AttemptId id) override;
  void respond(http::ResponseHead head) override;
  void write(std::string bytes) override;
  void end() override;
  void abort() override;
  void offload(std::function<void()> work) override;

  void flush() override;

 private:
  enum class Phase : std::uint8_t {
    proxy_header,
    handshake,
    idle,  // between requests
    head,
    body,
    busy,       // a request is being answered
    lingering,  // answered and said to be the last; waits for the client to close
    gone,
  };

  // connection_request.cc: from bytes to a request
  void on_secured() override;
  void on_bytes(std::string_view bytes) override;
  void on_eof() override;
  void consume(std::string_view bytes);
  bool consume_proxy_header(std::string_view bytes);
  std::size_t consume_some(std::string_view bytes);
  void begin_body();
  void begin_tls();
  void expect_request();
  void dispatch();
  void refuse(int status);
  void on_phase_timeout();
  void on_body_stall();
  bool half_closed() const;

  // connection.cc: from a request to its answer
  void on_broken(const Error& error) override;
  void on_sent() override;
  void settle_soon();
  // Calls the exchange, if there is one. Whatever it throws ends it: the client gets an error, or a
  // broken connection where the answer has begun; nothing goes on as if it were well.
  template <class Call>
  void tell(Call&& call) {
    settle_soon();
    if (!exchange_ || exchange_failed_) return;
    try {
      call(*exchange_);
    } catch (const std::exception& error) {
      exchange_threw(error);
    }
  }
  void exchange_threw(const std::exception& error);
  void run_exchange(exchange::Arrival arrival);
  void answer(LocalResponse response);
  void answer_from_worker(std::function<LocalResponse()> work);
  void client_gone();
  bool response_done() const;
  void finish_exchange();
  void after_response();
  void apply_backpressure();
  void close();

  // attempts and work of the exchange
  void on_attempt_head(exchange::AttemptId id, const http::ResponseHead& head) override;
  void on_attempt_body(exchange::AttemptId id, std::string_view bytes) override;
  void on_attempt_end(exchange::AttemptId id) override;
  void on_attempt_failure(exchange::AttemptId id,
                          const exchange::UpstreamFailure& failure) override;
  std::shared_ptr<Attempt> take_attempt(exchange::AttemptId id);
  void submit_work();
  void on_tick();
  bool answerable() const { return phase_ == Phase::busy; }

  Shard& shard_;
  std::shared_ptr<ListenerState> listener_;
  Peer peer_;
  std::shared_ptr<Transport> transport_;
  Phase phase_ = Phase::idle;
  Timer phase_timer_;
  Timer tick_timer_;

  http::RequestParser parser_;
  http::BodyReader body_;
  std::string content_;
  std::string carry_;  // bytes read beyond the present request
  std::string client_subject_;
  Instant body_began_;
  Instant request_ended_;
  std::uint64_t body_seen_ = 0;  // at the last look for progress
  std::size_t lingered_bytes_ = 0;
  bool unread_body_ = false;  // of a request that is refused by its head: the last one here

  std::unique_ptr<exchange::Exchange> exchange_;
  std::vector<std::pair<exchange::AttemptId, std::shared_ptr<Attempt>>> attempts_;
  ResponseFraming framing_;
  std::deque<std::function<void()>> work_;  // not taken by a worker yet
  unsigned work_outstanding_ = 0;           // with work_
  bool settle_scheduled_ = false;
  bool abort_wanted_ = false;
  bool exchange_failed_ = false;
  bool held_back_ = false;  // the client is slow and the attempts are paused
  bool told_gone_ = false;
  bool client_sends_no_more_ = false;
  bool draining_ = false;
};

}  // namespace sallyport::runtime
