#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "runtime/loop.h"
#include "runtime/out_buffer.h"
#include "runtime/tls_session.h"

namespace sallyport::runtime {

// Whose bytes a Transport moves. Every call comes within a turn; the user may close the transport
// in any of them.
class TransportUser {
 public:
  virtual ~TransportUser() = default;
  // The TLS handshake is done.
  virtual void on_secured() {}
  // Valid during the call only; all of them are the user's now.
  virtual void on_bytes(std::string_view bytes) = 0;
  // The peer sends no more, in good order.
  virtual void on_eof() = 0;
  // Reset, TLS failure, or an end where none may be. The transport is closed already.
  virtual void on_broken(const Error& error) = 0;
  // Some bytes left; unsent() says what remains.
  virtual void on_sent() {}
};

// One connected stream socket, plain or TLS, on one loop. Reads by waiting for readiness and then
// reading into the loop's scratch, so that a quiet connection holds no buffer. Writes are queued
// and leave at the end of the turn.
class Transport final : public Flushable, public std::enable_shared_from_this<Transport> {
 public:
  Transport(Loop& loop, StreamSocket socket, TransportUser& user);
  ~Transport() override;

  // Before anything else is read or written. The session must write into cipher_out().
  Result<void> start_tls(std::unique_ptr<TlsSession> session);
  OutBuffer& cipher_out() { return cipher_; }
  const TlsSession* tls() const { return tls_.get(); }

  // Takes up reading, or goes on with it.
  void read();
  // Takes bytes that were read before TLS began as its first.
  void feed_early(std::string_view cipher) { deliver(cipher); }
  // No more on_bytes() after the present event.
  void pause() { paused_ = true; }
  bool paused() const { return paused_; }

  void write(std::string_view bytes);
  void write(std::string&& bytes);
  void write(std::shared_ptr<const std::string> bytes);
  // Bytes that wait, before encryption or after it.
  std::size_t unsent() const { return plain_.size() + cipher_.size(); }
  // Whether any byte given to write() may have reached the peer.
  bool sent_any() const { return sent_any_; }
  void forget_sent() { sent_any_ = false; }

  // Sends what waits, then says that nothing follows; reading goes on.
  void finish_sending();
  bool sending_finished() const { return fin_sent_; }
  // At once. No call of the user follows.
  void close();
  // The same with a reset, so that the peer cannot take what it has for the whole.
  void reset();
  bool open() const { return !closed_; }
  // The connection is silent and alive as far as can be seen without waiting.
  bool quiet();
  // The user is going away.
  void forget_user() { user_ = nullptr; }

  void flush() override;

 private:
  void wait_readable();
  void on_readable(const ErrorCode& error);
  void receive();
  void deliver(std::string_view bytes);
  void end_of_stream();
  void wait_writable();
  void schedule_flush();
  bool encrypt();
  bool send_some(OutBuffer& out);
  void broken(Error error);

  Loop& loop_;
  StreamSocket socket_;
  TransportUser* user_;
  std::unique_ptr<TlsSession> tls_;
  OutBuffer plain_;
  OutBuffer cipher_;
  bool paused_ = true;
  bool read_waiting_ = false;
  bool write_waiting_ = false;
  bool flush_scheduled_ = false;
  bool eof_ = false;
  bool fin_wanted_ = false;
  bool notified_ = false;  // close_notify is written
  bool fin_sent_ = false;
  bool closed_ = false;
  bool sent_any_ = false;
};

}  // namespace sallyport::runtime
