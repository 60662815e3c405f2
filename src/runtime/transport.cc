#include "runtime/transport.h"

#include <sys/socket.h>

#include <cerrno>
#include <system_error>

namespace sallyport::runtime {
namespace {

constexpr int kReadsPerEvent = 4;                 // then others get their turn
constexpr std::size_t kCipherBytes = 256 * 1024;  // encrypted ahead of the socket at most

Error reset_error(std::string_view doing, int number) {
  return {Code::reset, Source::internal, false,
          std::string(doing) + ": " + std::generic_category().message(number)};
}

}  // namespace

Transport::Transport(Loop& loop, StreamSocket socket, TransportUser& user)
    : loop_(loop), socket_(std::move(socket)), user_(&user) {}

Transport::~Transport() = default;

Result<void> Transport::start_tls(std::unique_ptr<TlsSession> session) {
  tls_ = std::move(session);
  if (SSL_is_server(&tls_->raw()) == 0) {
    if (auto started = tls_->start(); !started) return started;
  }
  schedule_flush();
  return {};
}

void Transport::read() {
  paused_ = false;
  wait_readable();
}

void Transport::wait_readable() {
  if (read_waiting_ || paused_ || closed_ || eof_) return;
  read_waiting_ = true;
  socket_.async_wait(StreamSocket::wait_read, [self = shared_from_this()](const ErrorCode& error) {
    self->on_readable(error);
  });
}

void Transport::on_readable(const ErrorCode& error) {
  read_waiting_ = false;
  if (closed_) return;
  const Loop::Turn turn(loop_);
  if (error) {
    broken({Code::io, Source::internal, false, "waiting for a socket: " + error.message()});
    return;
  }
  receive();
  wait_readable();
}

void Transport::receive() {
  const std::span<char> scratch = loop_.scratch();
  for (int round = 0; round < kReadsPerEvent && !paused_ && !closed_; ++round) {
    const ssize_t got = ::recv(socket_.native_handle(), scratch.data(), scratch.size(), 0);
    if (got < 0) {
      if (errno == EINTR) continue;
      if (errno == EAGAIN || errno == EWOULDBLOCK) return;
      broken(reset_error("reading", errno));
      return;
    }
    if (got == 0) {
      end_of_stream();
      return;
    }
    deliver(std::string_view(scratch.data(), static_cast<std::size_t>(got)));
    // A short read emptied the socket; if not, the next wait says so.
    if (static_cast<std::size_t>(got) < scratch.size()) return;
  }
}

void Transport::deliver(std::string_view bytes) {
  if (!tls_) {
    if (user_ != nullptr) user_->on_bytes(bytes);
    return;
  }
  const bool was_established = tls_->established();
  bool told = was_established;
  const auto sink = [this, &told](std::string_view plain) {
    if (!told && user_ != nullptr) user_->on_secured();
    told = true;
    if (user_ != nullptr && !closed_) user_->on_bytes(plain);
  };
  const auto fed = tls_->feed(bytes, loop_.plain_scratch(), sink);
  if (closed_) return;
  if (!told && tls_->established() && user_ != nullptr) user_->on_secured();
  schedule_flush();
  if (!fed) {
    flush();  // the alert, as far as it goes at once
    broken(fed.error());
    return;
  }
  if (tls_->peer_closed() && !eof_ && !closed_) {
    eof_ = true;
    if (user_ != nullptr) user_->on_eof();
  }
}

void Transport::end_of_stream() {
  eof_ = true;
  if (tls_ && !tls_->peer_closed()) {
    // Without close_notify the end may be an attacker's.
    broken({Code::reset, Source::internal, false, "connection ended without tls close_notify"});
    return;
  }
  if (user_ != nullptr) user_->on_eof();
}

void Transport::write(std::string_view bytes) {
  if (closed_) return;
  plain_.append(bytes);
  schedule_flush();
}

void Transport::write(std::string&& bytes) {
  if (closed_) return;
  plain_.append(std::move(bytes));
  schedule_flush();
}

void Transport::write(std::shared_ptr<const std::string> bytes) {
  if (closed_) return;
  plain_.append(std::move(bytes));
  schedule_flush();
}

void Transport::schedule_flush() {
  if (flush_scheduled_ || write_waiting_ || closed_) return;
  flush_scheduled_ = true;
  loop_.flush_at_end(shared_from_this());
}

// False where the connection broke.
bool Transport::encrypt() {
  while (!plain_.empty() && cipher_.size() < kCipherBytes) {
    const std::string_view piece = plain_.front().substr(0, kCipherBytes);
    if (auto written = tls_->write(piece); !written) {
      broken(written.error());
      return false;
    }
    plain_.consume(piece.size());
    sent_any_ = true;
  }
  return true;
}

// True where something left.
bool Transport::send_some(OutBuffer& out) {
  iovec pieces[16];
  msghdr message{};
  message.msg_iov = pieces;
  message.msg_iovlen = out.gather(pieces);
  const std::size_t offered = out.size();
  const ssize_t put = ::sendmsg(socket_.native_handle(), &message, MSG_NOSIGNAL | MSG_DONTWAIT);
  if (put < 0) {
    if (errno == EINTR) return send_some(out);
    if (errno == EAGAIN || errno == EWOULDBLOCK) {
      wait_writable();
    } else {
      broken(reset_error("writing", errno));
    }
    return false;
  }
  if (!tls_) sent_any_ = true;
  out.consume(static_cast<std::size_t>(put));
  if (static_cast<std::size_t>(put) < offered && message.msg_iovlen < std::size(pieces))
    wait_writable();
  return true;
}

void Transport::flush() {
  flush_scheduled_ = false;
  bool progress = false;
  while (!closed_ && !write_waiting_) {
    if (tls_ && tls_->established() && !encrypt()) return;
    if (tls_ && fin_wanted_ && !notified_ && plain_.empty()) {
      notified_ = true;
      tls_->close_notify();
    }
    OutBuffer& out = tls_ ? cipher_ : plain_;
    if (out.empty()) break;
    if (!send_some(out)) break;
    progress = true;
  }
  if (closed_) return;
  if (fin_wanted_ && !fin_sent_ && unsent() == 0) {
    fin_sent_ = true;
    ::shutdown(socket_.native_handle(), SHUT_WR);
    progress = true;
  }
  if (progress && user_ != nullptr) user_->on_sent();
}

void Transport::wait_writable() {
  if (write_waiting_ || closed_) return;
  write_waiting_ = true;
  socket_.async_wait(StreamSocket::wait_write, [self = shared_from_this()](const ErrorCode& error) {
    self->write_waiting_ = false;
    if (self->closed_) return;
    const Loop::Turn turn(self->loop_);
    if (error) {
      self->broken({Code::io, Source::internal, false, "waiting for a socket: " + error.message()});
      return;
    }
    self->flush();
  });
}

void Transport::finish_sending() {
  if (closed_ || fin_wanted_) return;
  fin_wanted_ = true;
  schedule_flush();
}

void Transport::close() {
  if (closed_) return;
  closed_ = true;
  ErrorCode ignored;
  socket_.close(ignored);
  plain_.clear();
  cipher_.clear();
}

void Transport::reset() {
  if (closed_) return;
  const linger now{1, 0};
  ::setsockopt(socket_.native_handle(), SOL_SOCKET, SO_LINGER, &now, sizeof now);
  close();
}

bool Transport::quiet() {
  if (closed_ || eof_) return false;
  char byte = 0;
  const ssize_t got = ::recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

void Transport::broken(Error error) {
  if (closed_) return;
  close();
  if (user_ != nullptr) user_->on_broken(error);
}

}  // namespace sallyport::runtime
