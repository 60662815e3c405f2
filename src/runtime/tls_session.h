#pragma once

#include <openssl/ssl.h>

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "runtime/out_buffer.h"

namespace sallyport::runtime {

struct SslFree {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  void operator()(SSL_SESSION* session) const { SSL_SESSION_free(session); }
};
using SslContext = std::unique_ptr<SSL_CTX, SslFree>;
using SslSession = std::unique_ptr<SSL_SESSION, SslFree>;

// TLS over OpenSSL as a filter without I/O: ciphertext in by feed(), ciphertext out appended to an
// OutBuffer, so that a whole flight or record leaves in one write and no buffer is held between
// events. Owned by one thread.
class TlsSession {
 public:
  ~TlsSession();
  // `out` outlives the session.
  static Result<std::unique_ptr<TlsSession>> server(SSL_CTX& context, OutBuffer& out);
  // Verifies that the peer is `host` (a name or an IP address) and offers `resume` where given.
  static Result<std::unique_ptr<TlsSession>> client(SSL_CTX& context, const std::string& host,
                                                    SSL_SESSION* resume, OutBuffer& out);

  // Takes all of `cipher`; hands plain bytes on in pieces of at most plain.size(). Goes on with the
  // handshake while that is not done. An error is final; what the peer should be told of it is in
  // `out`.
  Result<void> feed(std::string_view cipher, std::span<char> plain,
                    const std::function<void(std::string_view)>& sink);
  // A client's first flight.
  Result<void> start() { return feed({}, {}, nullptr); }

  bool established() const { return established_; }
  // The peer said that it sends no more.
  bool peer_closed() const { return peer_closed_; }
  bool resumed() const { return SSL_session_reused(ssl_.get()) == 1; }

  // Only when established. `plain` becomes records of at most 16 KiB each.
  Result<void> write(std::string_view plain);
  void close_notify();

  // RFC 2253 form of the verified peer certificate's subject; empty where there is none.
  std::string peer_subject() const;
  SSL& raw() { return *ssl_; }

 private:
  TlsSession(SSL_CTX& context, OutBuffer& out);
  Result<void> handshake();
  Failure failure(std::string_view doing) const;

  static BIO_METHOD* method();
  static int bio_read(BIO* bio, char* into, int size);
  static int bio_write(BIO* bio, const char* from, int size);
  static long bio_control(BIO* bio, int command, long number, void* pointer);

  std::unique_ptr<SSL, SslFree> ssl_;
  OutBuffer& out_;
  std::string_view input_;  // of the feed() under way
  bool established_ = false;
  bool peer_closed_ = false;
};

// "certificate verify failed (self-signed certificate)" and the like, from OpenSSL's queue, which
// is emptied.
std::string take_openssl_error();

}  // namespace sallyport::runtime
