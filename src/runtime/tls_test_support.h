#pragma once

#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <memory>
#include <string>
#include <string_view>

#include "runtime/test_support.h"
#include "runtime/tls_session.h"

namespace sallyport::runtime::test {

// A certificate with its key as PEM files in the test's directory.
class Certificate {
 public:
  // Signed by `issuer`, or by itself where that is null. `name`: common name, and a DNS name or IP
  // address it is for.
  Certificate(const std::string& name, const Certificate* issuer, bool authority = false,
              bool expired = false);
  std::string cert_file() const { return base_ + ".pem"; }
  std::string key_file() const { return base_ + ".key"; }
  // Writes it over the files of another.
  void replace(const Certificate& other) const;

 private:
  struct Free {
    void operator()(X509* x) const { X509_free(x); }
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  };
  void write_to(const std::string& base) const;

  std::string base_;
  std::unique_ptr<EVP_PKEY, Free> key_;
  std::unique_ptr<X509, Free> cert_;
};

// One end of a TLS connection over a blocking socket, for tests.
class TlsSocket {
 public:
  static SslContext client_context(const std::string& ca_file);
  static SslContext server_context(const Certificate& certificate,
                                   const std::string& client_ca_file = "");

  // Shakes hands; `ok()` says whether that worked.
  TlsSocket(Socket socket, SSL_CTX& context, bool server, const std::string& host = "",
            SSL_SESSION* resume = nullptr);
  // Over a socket that is somebody else's.
  TlsSocket(int fd, SSL_CTX& context);
  bool ok() const { return ok_; }
  bool send(std::string_view bytes);
  std::string receive();  // "" at the end, "<error>" where it is no good end
  std::string receive_until(std::string_view mark);
  std::string response();  // with content-length; the body
  void finish_sending() { SSL_shutdown(ssl_.get()); }
  SSL* raw() { return ssl_.get(); }

 private:
  Socket socket_;
  std::unique_ptr<SSL, SslFree> ssl_;
  bool ok_ = false;
  std::string kept_;
};

}  // namespace sallyport::runtime::test
