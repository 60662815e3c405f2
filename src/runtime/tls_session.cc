#include "runtime/tls_session.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/x509_vfy.h>

#include <algorithm>
#include <cstring>

#include "runtime/network.h"

namespace sallyport::runtime {
namespace {

constexpr std::size_t kRecordBytes = 16 * 1024;

}  // namespace

std::string take_openssl_error() {
  const unsigned long code = ERR_peek_error();
  ERR_clear_error();
  const char* const reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  return reason == nullptr ? "unknown tls error" : reason;
}

BIO_METHOD* TlsSession::method() {
  static BIO_METHOD* const instance = [] {
    BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "sallyport");
    BIO_meth_set_read(made, bio_read);
    BIO_meth_set_write(made, bio_write);
    BIO_meth_set_ctrl(made, bio_control);
    return made;
  }();
  return instance;
}

int TlsSession::bio_read(BIO* bio, char* into, int size) {
  auto& self = *static_cast<TlsSession*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  if (self.input_.empty()) {
    BIO_set_retry_read(bio);
    return -1;
  }
  const std::size_t taken = std::min(self.input_.size(), static_cast<std::size_t>(size));
  std::memcpy(into, self.input_.data(), taken);
  self.input_.remove_prefix(taken);
  return static_cast<int>(taken);
}

int TlsSession::bio_write(BIO* bio, const char* from, int size) {
  auto& self = *static_cast<TlsSession*>(BIO_get_data(bio));
  self.out_.append(std::string_view(from, static_cast<std::size_t>(size)));
  return size;
}

long TlsSession::bio_control(BIO*, int command, long, void*) {
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

TlsSession::TlsSession(SSL_CTX& context, OutBuffer& out) : ssl_(SSL_new(&context)), out_(out) {
  BIO* const bio = BIO_new(method());
  BIO_set_data(bio, this);
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl_.get(), bio, bio);
  SSL_set_mode(ssl_.get(), SSL_MODE_RELEASE_BUFFERS);
}

// OpenSSL takes a connection that was not shut down for an attacked one and would forbid its
// session; here it was only closed, which our own framing notices where it matters.
TlsSession::~TlsSession() {
  SSL_set_shutdown(ssl_.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
}

Result<std::unique_ptr<TlsSession>> TlsSession::server(SSL_CTX& context, OutBuffer& out) {
  std::unique_ptr<TlsSession> session(new TlsSession(context, out));
  SSL_set_accept_state(session->ssl_.get());
  return session;
}

Result<std::unique_ptr<TlsSession>> TlsSession::client(SSL_CTX& context, const std::string& host,
                                                       SSL_SESSION* resume, OutBuffer& out) {
  std::unique_ptr<TlsSession> session(new TlsSession(context, out));
  SSL* const ssl = session->ssl_.get();
  SSL_set_connect_state(ssl);
  SSL_set_verify(ssl, SSL_VERIFY_PEER, nullptr);
  const bool is_address = parse_address(host).has_value();
  // SNI carries names only (RFC 6066, 3).
  const int set = is_address ? X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host.c_str())
                             : SSL_set1_host(ssl, host.c_str()) &
                                   static_cast<int>(SSL_set_tlsext_host_name(ssl, host.c_str()));
  if (set != 1)
    return fail(Code::config, "`" + host + "` cannot be verified: " + take_openssl_error());
  if (resume != nullptr) SSL_set_session(ssl, resume);
  return session;
}

Failure TlsSession::failure(std::string_view doing) const {
  std::string detail = "tls " + std::string(doing) + ": ";
  const long verify = SSL_get_verify_result(ssl_.get());
  detail += take_openssl_error();
  if (verify != X509_V_OK)
    detail += std::string(" (") + X509_verify_cert_error_string(verify) + ")";
  return fail(Code::protocol, std::move(detail));
}

Result<void> TlsSession::handshake() {
  ERR_clear_error();
  const int done = SSL_do_handshake(ssl_.get());
  if (done == 1) {
    established_ = true;
    return {};
  }
  const int why = SSL_get_error(ssl_.get(), done);
  if (why == SSL_ERROR_WANT_READ) return {};
  return failure("handshake");
}

Result<void> TlsSession::feed(std::string_view cipher, std::span<char> plain,
                              const std::function<void(std::string_view)>& sink) {
  input_ = cipher;
  if (!established_) {
    if (auto step = handshake(); !step) return step;
    if (!established_ || plain.empty()) return {};
  }
  while (!peer_closed_) {
    ERR_clear_error();
    const int got = SSL_read(ssl_.get(), plain.data(), static_cast<int>(plain.size()));
    if (got > 0) {
      sink(std::string_view(plain.data(), static_cast<std::size_t>(got)));
      continue;
    }
    const int why = SSL_get_error(ssl_.get(), got);
    if (why == SSL_ERROR_WANT_READ) return {};
    if (why != SSL_ERROR_ZERO_RETURN) return failure("read");
    peer_closed_ = true;
  }
  return {};
}

Result<void> TlsSession::write(std::string_view plain) {
  while (!plain.empty()) {
    ERR_clear_error();
    const int size = static_cast<int>(std::min(plain.size(), kRecordBytes));
    const int put = SSL_write(ssl_.get(), plain.data(), size);
    if (put <= 0) return failure("write");
    plain.remove_prefix(static_cast<std::size_t>(put));
  }
  return {};
}

void TlsSession::close_notify() {
  if (!established_) return;
  ERR_clear_error();
  SSL_shutdown(ssl_.get());
  ERR_clear_error();
}

std::string TlsSession::peer_subject() const {
  const std::unique_ptr<X509, decltype(&X509_free)> certificate(
      SSL_get1_peer_certificate(ssl_.get()), X509_free);
  if (!certificate || SSL_get_verify_result(ssl_.get()) != X509_V_OK) return {};
  const std::unique_ptr<BIO, decltype(&BIO_free)> text(BIO_new(BIO_s_mem()), BIO_free);
  X509_NAME_print_ex(text.get(), X509_get_subject_name(certificate.get()), 0, XN_FLAG_RFC2253);
  char* data = nullptr;
  const long size = BIO_get_mem_data(text.get(), &data);
  return size <= 0 ? std::string() : std::string(data, static_cast<std::size_t>(size));
}

}  // namespace sallyport::runtime
