#include "runtime/link.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "http/writer.h"
#include "runtime/pool.h"

namespace sallyport::runtime {
namespace {

constexpr http::HeadLimits kProxyLimits{1024, 8 * 1024, 64};

Error connect_error(std::string detail) {
  return {Code::connect_failed, Source::upstream, true, std::move(detail)};
}

std::string bracketed(const std::string& host) {
  return host.find(':') == std::string::npos ? host : "[" + host + "]";
}

}  // namespace

Link::Link(std::shared_ptr<Pool> pool)
    : pool_(std::move(pool)),
      socket_(pool_->context().loop.io()),
      timer_(pool_->context().loop.wheel(), [this] { on_timer(); }) {}

Link::~Link() = default;

void Link::connect(LinkUser& user) {
  user_ = &user;
  const catalog::Upstream& upstream = pool_->upstream();
  const bool proxied = !upstream.proxy_host.empty();
  pool_->context().resolver.resolve(proxied ? upstream.proxy_host : upstream.host,
                                    proxied ? upstream.proxy_port : upstream.port, weak_from_this(),
                                    [this](const Result<std::vector<Endpoint>>& result) {
                                      if (state_ != State::connecting) return;
                                      if (!result) return failed(result.error());
                                      addresses_ = *result;
                                      try_next_address();
                                    });
}

void Link::try_next_address() {
  if (next_address_ == addresses_.size()) return failed(connect_error(last_error_));
  const Endpoint& endpoint = addresses_[next_address_++];
  // Every address but the last gets its share of the time; the last may use what the user allows.
  if (next_address_ < addresses_.size()) {
    timer_.set(pool_->upstream().connect_timeout / static_cast<std::int64_t>(addresses_.size()));
  } else {
    timer_.clear();
  }
  socket_ = StreamSocket(pool_->context().loop.io());
  socket_.async_connect(
      asio::generic::stream_protocol::endpoint(endpoint),
      [self = shared_from_this(), attempt = next_address_](const ErrorCode& error) {
        if (self->state_ != State::connecting || self->next_address_ != attempt) return;
        const Loop::Turn turn(self->pool_->context().loop);
        if (error) {
          self->last_error_ = "connecting: " + error.message();
          self->try_next_address();
        } else {
          self->connected();
        }
      });
}

void Link::on_timer() {
  if (state_ == State::connecting) {
    last_error_ = "connecting: no answer in time";
    ErrorCode ignored;
    socket_.close(ignored);
    try_next_address();
  } else if (state_ == State::idle) {
    pool_->forget_idle(*this);
    close();
  }
}

void Link::connected() {
  timer_.clear();
  const int on = 1;
  ::setsockopt(socket_.native_handle(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  ::setsockopt(socket_.native_handle(), SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  // Connecting left the socket registered for writability, which from now on would wake the loop
  // with every acknowledgement; a new registration is for reading only.
  ErrorCode error;
  const asio::generic::stream_protocol protocol(addresses_[next_address_ - 1].protocol());
  const int fd = socket_.release(error);
  if (error) return failed(connect_error("connecting: " + error.message()));
  StreamSocket fresh(pool_->context().loop.io(), protocol, fd);
  transport_ = std::make_shared<Transport>(pool_->context().loop, std::move(fresh), *this);
  pool_->counts().connects.add();
  if (!pool_->upstream().proxy_host.empty()) {
    ask_proxy();
  } else if (pool_->tls() != nullptr) {
    secure();
  } else {
    ready(false);
  }
}

void Link::ask_proxy() {
  state_ = State::proxying;
  const catalog::Upstream& upstream = pool_->upstream();
  const std::string target = bracketed(upstream.host) + ":" + std::to_string(upstream.port);
  std::string ask = "CONNECT " + target + " HTTP/1.1\r\nHost: " + target + "\r\n";
  if (!upstream.proxy_authorization.empty())
    ask += "Proxy-Authorization: " + upstream.proxy_authorization + "\r\n";
  ask += "\r\n";
  proxy_answer_ = std::make_unique<http::ResponseParser>(kProxyLimits);
  transport_->write(std::move(ask));
  transport_->read();
}

void Link::read_proxy(std::string_view bytes) {
  const auto fed = proxy_answer_->feed(bytes);
  if (fed.progress == http::Progress::need_more) return;
  if (fed.progress == http::Progress::failed) {
    return failed(connect_error("proxy: " + std::string(proxy_answer_->refusal().detail)));
  }
  const int status = proxy_answer_->head().status;
  if (status < 200 || status > 299) {
    return failed(connect_error("proxy: refused to connect, status " + std::to_string(status)));
  }
  if (fed.consumed != bytes.size()) return failed(connect_error("proxy: bytes beyond its answer"));
  proxy_answer_.reset();
  if (pool_->tls() != nullptr) {
    secure();
  } else {
    ready(false);
  }
}

void Link::secure() {
  state_ = State::securing;
  auto session = pool_->tls()->session(pool_->upstream().host, transport_->cipher_out());
  if (!session) return failed(session.error());
  if (auto started = transport_->start_tls(std::move(*session)); !started)
    return failed(started.error());
  transport_->read();
}

void Link::on_secured() {
  if (state_ == State::securing) ready(false);
}

void Link::ready(bool reused) {
  state_ = State::busy;
  transport_->forget_sent();
  transport_->read();
  user_->on_link_ready(reused);
}

void Link::reuse(LinkUser& user) {
  user_ = &user;
  timer_.clear();
  ready(true);
}

void Link::release() {
  user_ = nullptr;
  state_ = State::idle;
  transport_->read();
  timer_.set(pool_->context().config.upstream_idle_timeout);
  pool_->keep(shared_from_this());
}

void Link::close() {
  if (state_ == State::closed) return;
  state_ = State::closed;
  user_ = nullptr;
  timer_.clear();
  ErrorCode ignored;
  socket_.close(ignored);
  const auto self = shared_from_this();  // the pool may hold the last reference
  if (transport_) {
    transport_->forget_user();
    transport_->close();
  }
  pool_->link_closed();
}

bool Link::quiet() { return state_ == State::idle && transport_->quiet(); }

void Link::failed(Error error) {
  pool_->counts().connect_failures.add();
  LinkUser* const user = user_;
  const auto self = shared_from_this();
  close();
  if (user == nullptr) return;
  error.code = Code::connect_failed;
  user->on_link_failed(error);
}

void Link::on_bytes(std::string_view bytes) {
  switch (state_) {
    case State::proxying:
      return read_proxy(bytes);
    case State::busy:
      return user_->on_link_bytes(bytes);
    case State::idle:
      // Nobody asked: what follows on this connection could be taken for the answer to another
      // request.
      pool_->forget_idle(*this);
      return close();
    case State::connecting:
    case State::securing:
    case State::closed:
      return;
  }
}

void Link::on_eof() {
  if (state_ == State::busy) return user_->on_link_eof();
  on_broken(connect_error("closed by the peer"));
}

void Link::on_broken(const Error& error) {
  switch (state_) {
    case State::connecting:
    case State::proxying:
    case State::securing:
      return failed(connect_error(error.detail));
    case State::busy:
      return user_->on_link_broken(error);
    case State::idle:
      pool_->forget_idle(*this);
      return close();
    case State::closed:
      return;
  }
}

void Link::on_sent() {
  if (state_ == State::busy) user_->on_link_sent();
}

}  // namespace sallyport::runtime
