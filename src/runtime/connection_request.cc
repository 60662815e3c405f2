// From bytes to a request.
#include "base/log.h"
#include "http/writer.h"
#include "runtime/connection.h"
#include "runtime/proxy_header.h"
#include "runtime/shard.h"

namespace sallyport::runtime {
namespace {

constexpr std::size_t kCarryBytes = 64 * 1024;  // read ahead while a request is answered
constexpr std::size_t kLingerBytes =
    1024 * 1024;  // of a refused body, dropped so that the client reads our answer

}  // namespace

void Connection::start(StreamSocket socket) {
  transport_ = std::make_shared<Transport>(shard_.loop(), std::move(socket), *this);
  const NetworkSet& balancers = listener_->spec->proxy_protocol_from;
  if (peer_.address && balancers.contains(*peer_.address)) {
    phase_ = Phase::proxy_header;
    phase_timer_.set(listener_->spec->config.limits.handshake_timeout);
    transport_->read();
  } else {
    begin_tls();
  }
}

void Connection::begin_tls() {
  if (!listener_->tls) {
    expect_request();
    transport_->read();
    return;
  }
  phase_ = Phase::handshake;
  phase_timer_.set(listener_->spec->config.limits.handshake_timeout);
  auto session = TlsSession::server(*listener_->tls, transport_->cipher_out());
  if (!session || !transport_->start_tls(std::move(*session))) return close();
  transport_->read();
}

void Connection::on_secured() {
  client_subject_ = transport_->tls()->peer_subject();
  expect_request();
}

void Connection::expect_request() {
  phase_ = Phase::idle;
  phase_timer_.set(listener_->spec->config.limits.idle_timeout);
}

void Connection::on_bytes(std::string_view bytes) {
  if (phase_ == Phase::gone) return;
  if (phase_ == Phase::lingering) {
    lingered_bytes_ += bytes.size();
    if (lingered_bytes_ > kLingerBytes) close();
    return;
  }
  if (phase_ == Phase::busy) {
    carry_ += bytes;
    if (carry_.size() >= kCarryBytes) transport_->pause();
    return;
  }
  if (phase_ == Phase::proxy_header) {
    if (!consume_proxy_header(bytes)) return;
    bytes = {};
  }
  if (carry_.empty()) {
    consume(bytes);
  } else {
    const std::string all = std::exchange(carry_, {}) + std::string(bytes);
    consume(all);
  }
}

// True where the header is complete; what follows it is then in carry_. A balancer sends the header
// in one piece, so bytes after it within the same read are the client's, in clear; TLS after it
// starts anew with them.
bool Connection::consume_proxy_header(std::string_view bytes) {
  carry_ += bytes;
  const auto parsed = parse_proxy_header(carry_);
  if (!parsed) {
    shard_.counts().handshake_failures.add();
    listener_->failures.count(peer_.text, shard_.loop().clock().now());
    refuse(400);
    return false;
  }
  if (!*parsed) return false;
  if (const auto& client = (*parsed)->client) peer_.text = print_address(*client);
  carry_.erase(0, (*parsed)->size);
  if (listener_->tls) {
    const std::string cipher = std::exchange(carry_, {});
    begin_tls();
    if (phase_ == Phase::handshake && !cipher.empty()) transport_->feed_early(cipher);
    return false;
  }
  begin_tls();
  return !carry_.empty();
}

void Connection::consume(std::string_view bytes) {
  while (!bytes.empty() &&
         (phase_ == Phase::idle || phase_ == Phase::head || phase_ == Phase::body)) {
    bytes.remove_prefix(consume_some(bytes));
  }
  if (!bytes.empty() && phase_ == Phase::busy) carry_.assign(bytes);
}

std::size_t Connection::consume_some(std::string_view bytes) {
  if (phase_ == Phase::body) {
    const auto part = body_.read(bytes);
    content_ += part.data;
    if (body_.progress() == http::Progress::failed) {
      refuse(body_.refusal().status);
    } else if (body_.progress() == http::Progress::complete) {
      dispatch();
    }
    return part.consumed;
  }
  if (phase_ == Phase::idle) {
    phase_ = Phase::head;
    phase_timer_.set(listener_->spec->config.limits.header_timeout);
  }
  const auto fed = parser_.feed(bytes);
  if (fed.progress == http::Progress::failed) {
    refuse(parser_.refusal().status);
  } else if (fed.progress == http::Progress::complete) {
    begin_body();
  }
  return fed.consumed;
}

void Connection::begin_body() {
  const ListenerLimits& limits = listener_->spec->config.limits;
  http::BodyLimits body_limits;
  body_limits.max_bytes = limits.max_body_bytes;
  const http::RequestHead& head = parser_.head();
  body_ = http::BodyReader(head, body_limits);
  if (body_.progress() == http::Progress::failed) return refuse(body_.refusal().status);
  if (body_.progress() == http::Progress::complete) return dispatch();
  const auto& wants_body = shard_.hooks().wants_body;
  if (wants_body && !listener_->spec->config.local_only && !wants_body(shard_.index(), head)) {
    unread_body_ = true;
    return dispatch();
  }
  if (head.expects_continue) transport_->write(http::kContinue);
  if (head.content_length) content_.reserve(static_cast<std::size_t>(*head.content_length));
  phase_ = Phase::body;
  body_began_ = shard_.loop().clock().now();
  body_seen_ = 0;
  phase_timer_.set(limits.body_stall_timeout);
}

void Connection::on_phase_timeout() {
  switch (phase_) {
    case Phase::handshake:
    case Phase::proxy_header:
      shard_.counts().handshake_failures.add();
      listener_->failures.count(peer_.text, shard_.loop().clock().now());
      return close();
    case Phase::idle:
      return close();
    case Phase::head:
      return refuse(408);
    case Phase::body:
      return on_body_stall();
    case Phase::busy:
      // Bytes wait and the client takes none.
      shard_.counts().slow_readers.add();
      transport_->reset();
      return client_gone();
    case Phase::lingering:
      return close();
    case Phase::gone:
      return;
  }
}

void Connection::on_body_stall() {
  const ListenerLimits& limits = listener_->spec->config.limits;
  const bool stalled = body_.size() - body_seen_ < limits.body_stall_bytes;
  if (stalled || shard_.loop().clock().now() - body_began_ > limits.body_timeout)
    return refuse(408);
  body_seen_ = body_.size();
  phase_timer_.set(limits.body_stall_timeout);
}

void Connection::on_eof() {
  client_sends_no_more_ = true;
  if (phase_ == Phase::busy && (framing_.ended() || half_closed())) return;
  close();
}

// Half-close and leaving look alike until something is written. Who half-closes does so right after
// the request; who leaves does so while waiting or reading.
bool Connection::half_closed() const {
  const ListenerConfig& config = listener_->spec->config;
  const Duration since = shard_.loop().clock().now() - request_ended_;
  return !config.half_close_is_gone && !framing_.begun() && since < config.half_close_window;
}

// The connection cannot go on after this answer: where the next request would begin is unknown.
void Connection::refuse(int status) {
  shard_.counts().count_refusal(status);
  content_ = {};
  carry_ = {};
  framing_.start(false, 1, false);
  phase_ = Phase::busy;
  phase_timer_.clear();
  answer(shard_.error_page(status));
}

void Connection::dispatch() {
  phase_timer_.clear();
  phase_ = Phase::busy;
  request_ended_ = shard_.loop().clock().now();
  http::RequestHead& head = parser_.head();
  shard_.counts().requests.add();
  framing_.start(head.method == "HEAD", head.minor_version,
                 head.keep_alive && head.minor_version >= 1 && !draining_ &&
                     !client_sends_no_more_ && !unread_body_);
  exchange::Arrival arrival;
  arrival.head = std::move(head);
  arrival.body = std::exchange(content_, {});
  arrival.peer_address = peer_.text;
  arrival.tls = transport_->tls() != nullptr;
  arrival.listener = listener_->spec->config.name;
  arrival.client_subject = client_subject_;
  parser_.reset();
  const LocalHandler& local = shard_.hooks().local;
  if (auto response = local ? local(arrival) : std::nullopt) {
    if (response->later) return answer_from_worker(std::move(response->later));
    return answer(std::move(*response));
  }
  if (listener_->spec->config.local_only) return answer(shard_.error_page(404));
  run_exchange(std::move(arrival));
}

}  // namespace sallyport::runtime
