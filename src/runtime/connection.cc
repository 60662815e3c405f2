// From a request to its answer.
#include "runtime/connection.h"

#include "base/log.h"
#include "runtime/shard.h"

namespace sallyport::runtime {
namespace {

constexpr Duration kLinger = std::chrono::seconds(2);
constexpr http::HeadLimits head_limits(const ListenerLimits& limits) {
  http::HeadLimits heads;
  heads.max_header_bytes = limits.max_head_bytes;
  heads.max_fields = limits.max_header_count;
  return heads;
}

}  // namespace

Connection::Connection(Shard& shard, std::shared_ptr<ListenerState> listener, Peer peer)
    : shard_(shard),
      listener_(std::move(listener)),
      peer_(std::move(peer)),
      phase_timer_(shard.loop().wheel(), [this] { on_phase_timeout(); }),
      tick_timer_(shard.loop().wheel(), [this] { on_tick(); }),
      parser_(head_limits(listener_->spec->config.limits)) {}

Connection::~Connection() {
  if (transport_) {
    transport_->forget_user();
    transport_->close();
  }
  for (const auto& [id, attempt] : attempts_) attempt->cancel();
}

void Connection::settle_soon() {
  if (settle_scheduled_) return;
  settle_scheduled_ = true;
  shard_.loop().flush_at_end(shared_from_this());
}

void Connection::run_exchange(exchange::Arrival arrival) {
  shard_.counts().exchanges.add(1);
  told_gone_ = false;
  exchange_failed_ = false;
  exchange_ = shard_.make_exchange(*this);
  tick_timer_.set(Duration{0});
  tell([&arrival](exchange::Exchange& one) { one.on_request(std::move(arrival)); });
}

void Connection::exchange_threw(const std::exception& error) {
  log::error("exchange_threw", {{"request_id", exchange_->request_id()}, {"what", error.what()}});
  shard_.counts().exchange_failures.add();
  exchange_failed_ = true;
}

void Connection::answer(LocalResponse response) {
  if (!answerable()) return settle_soon();
  http::ResponseHead head;
  head.status = response.status;
  head.headers = std::move(response.headers);
  head.content_length = response.body.size();
  if (!framing_.head(std::move(head), shard_.loop().http_date())) {
    abort_wanted_ = true;
  } else {
    framing_.body(std::move(response.body));
    framing_.end();
  }
  settle_soon();
}

void Connection::answer_from_worker(std::function<LocalResponse()> work) {
  offload([self = shared_from_this(), work = std::move(work)] {
    const auto response = std::make_shared<LocalResponse>();
    try {
      *response = work();
    } catch (const std::exception& error) {
      log::error("local_answer_threw", {{"what", error.what()}});
      *response = self->shard_.error_page(500);
    }
    self->shard_.loop().post([self, response] { self->answer(std::move(*response)); });
  });
}

void Connection::respond(http::ResponseHead head) {
  if (!answerable() || framing_.begun()) return;
  if (!framing_.head(std::move(head), shard_.loop().http_date())) {
    log::error("response_head_unwritable", {{"request_id", exchange_->request_id()}});
    abort_wanted_ = true;
  }
  settle_soon();
}

void Connection::write(std::string bytes) {
  if (!answerable() || framing_.ended()) return;
  framing_.body(std::move(bytes));
  settle_soon();
}

void Connection::end() {
  if (!answerable()) return;
  framing_.end();
  settle_soon();
}

void Connection::abort() {
  abort_wanted_ = true;
  settle_soon();
}

// The end of a turn in which something happened here.
void Connection::flush() {
  settle_scheduled_ = false;
  if (exchange_ && work_outstanding_ == 0 && (exchange_failed_ || exchange_->finished())) {
    finish_exchange();
  }
  if (phase_ == Phase::busy) {
    if (framing_.broken()) abort_wanted_ = true;
    if (abort_wanted_) {
      shard_.counts().aborted.add();
      transport_->reset();
      client_gone();
    } else {
      if (std::string out = framing_.take(); !out.empty()) transport_->write(std::move(out));
      apply_backpressure();
      if (response_done()) after_response();
    }
  }
  if (phase_ == Phase::gone && !exchange_ && work_outstanding_ == 0) shard_.remove(*this);
}

// Answered, and the next request may be looked at: not while a client that reads nothing lets
// answers pile up.
bool Connection::response_done() const {
  return framing_.ended() && !exchange_ && work_outstanding_ == 0 &&
         transport_->unsent() <= listener_->spec->config.limits.high_water_bytes;
}

void Connection::finish_exchange() {
  tick_timer_.clear();
  for (const auto& [id, attempt] : attempts_) {
    attempt->cancel();
    shard_.loop().bury(attempt);
  }
  attempts_.clear();
  held_back_ = false;
  shard_.counts().exchanges.add(-1);
  exchange_.reset();
  if (phase_ != Phase::busy || framing_.ended()) return;
  if (framing_.begun()) {
    abort_wanted_ = true;
  } else {
    framing_.close_after();
    answer(shard_.error_page(500));
  }
}

void Connection::after_response() {
  if (!framing_.keep_alive() || client_sends_no_more_ || draining_) {
    phase_ = Phase::lingering;
    carry_ = {};
    if (transport_->unsent() > 0) {
      phase_timer_.set(listener_->spec->config.limits.write_timeout);
    } else {
      phase_timer_.set(kLinger);
    }
    transport_->finish_sending();
    transport_->read();
    return;
  }
  expect_request();
  if (transport_->unsent() > 0) phase_timer_.set(listener_->spec->config.limits.write_timeout);
  if (transport_->paused()) transport_->read();
  if (carry_.empty()) return;
  const std::string next = std::exchange(carry_, {});
  consume(next);
}

void Connection::on_sent() {
  const ListenerLimits& limits = listener_->spec->config.limits;
  if (phase_ == Phase::busy) {
    if (transport_->unsent() > 0) {
      phase_timer_.set(limits.write_timeout);
    } else {
      phase_timer_.clear();
    }
    apply_backpressure();
    if (framing_.ended()) settle_soon();
  } else if (phase_ == Phase::lingering) {
    if (transport_->unsent() > 0) {
      phase_timer_.set(limits.write_timeout);
    } else if (client_sends_no_more_) {
      close();
    } else if (transport_->sending_finished()) {
      phase_timer_.set(kLinger);
    }
  } else if (phase_ == Phase::idle && transport_->unsent() == 0) {
    phase_timer_.set(limits.idle_timeout);
  }
}

// A slow client holds back only its own upstream.
void Connection::apply_backpressure() {
  const ListenerLimits& limits = listener_->spec->config.limits;
  const std::size_t unsent = transport_->unsent();
  if (unsent > 0 && phase_ == Phase::busy && !phase_timer_.armed())
    phase_timer_.set(limits.write_timeout);
  if (!held_back_ && unsent > limits.high_water_bytes) {
    held_back_ = true;
    for (const auto& [id, attempt] : attempts_) attempt->pause();
  } else if (held_back_ && unsent < limits.low_water_bytes) {
    held_back_ = false;
    for (const auto& [id, attempt] : attempts_) attempt->resume();
  }
}

void Connection::on_broken(const Error& error) {
  if (phase_ == Phase::handshake) {
    shard_.counts().handshake_failures.add();
    listener_->failures.count(peer_.text, shard_.loop().clock().now());
    log::info("handshake_failed", {{"peer", peer_.text}, {"detail", error.detail}});
  }
  client_gone();
}

void Connection::client_gone() {
  if (phase_ == Phase::gone) return;
  phase_ = Phase::gone;
  phase_timer_.clear();
  carry_ = {};
  if (exchange_ && !told_gone_) {
    told_gone_ = true;
    shard_.counts().client_gone.add();
    tell([](exchange::Exchange& one) { one.on_client_gone(); });
  }
  settle_soon();
}

void Connection::close() {
  transport_->close();
  client_gone();
}

void Connection::drain() {
  draining_ = true;
  if (phase_ == Phase::busy) {
    framing_.close_after();
  } else if (phase_ == Phase::idle || phase_ == Phase::handshake || phase_ == Phase::proxy_header) {
    close();
  }
}

void Connection::cut() {
  if (phase_ != Phase::gone) close();
}

}  // namespace sallyport::runtime
