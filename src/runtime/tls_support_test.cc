#include <gtest/gtest.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdio>

#include "runtime/network.h"
#include "runtime/tls_test_support.h"

namespace sallyport::runtime::test {
namespace {

void add_extension(X509* cert, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, cert, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
  X509_add_ext(cert, extension, -1);
  X509_EXTENSION_free(extension);
}

}  // namespace

Certificate::Certificate(const std::string& name, const Certificate* issuer, bool authority,
                         bool expired)
    : key_(EVP_EC_gen("P-256")), cert_(X509_new()) {
  static std::atomic<int> serial{1};
  const int number = serial.fetch_add(1);
  base_ = ::testing::TempDir() + "sallyport_" + std::to_string(::getpid()) + "_" +
          std::to_string(number);
  X509* const cert = cert_.get();
  X509_set_version(cert, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(cert), number);
  X509_gmtime_adj(X509_getm_notBefore(cert), -86'400);
  X509_gmtime_adj(X509_getm_notAfter(cert), expired ? -3600 : 86'400);
  X509_set_pubkey(cert, key_.get());
  X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  X509* const parent = issuer == nullptr ? cert : issuer->cert_.get();
  X509_set_issuer_name(cert, X509_get_subject_name(parent));
  add_extension(cert, parent, NID_basic_constraints, authority ? "critical,CA:TRUE" : "CA:FALSE");
  add_extension(cert, parent, NID_subject_key_identifier, "hash");
  if (!authority)
    add_extension(cert, parent, NID_subject_alt_name,
                  (parse_address(name) ? "IP:" : "DNS:") + name);
  X509_sign(cert, issuer == nullptr ? key_.get() : issuer->key_.get(), EVP_sha256());
  write_to(base_);
}

void Certificate::write_to(const std::string& base) const {
  std::FILE* file = std::fopen((base + ".pem").c_str(), "w");
  PEM_write_X509(file, cert_.get());
  std::fclose(file);
  file = std::fopen((base + ".key").c_str(), "w");
  PEM_write_PrivateKey(file, key_.get(), nullptr, nullptr, 0, nullptr, nullptr);
  std::fclose(file);
}

void Certificate::replace(const Certificate& other) const { write_to(other.base_); }

SslContext TlsSocket::client_context(const std::string& ca_file) {
  std::signal(SIGPIPE, SIG_IGN);  // OpenSSL's socket writes do not suppress it
  SslContext context(SSL_CTX_new(TLS_client_method()));
  if (!ca_file.empty()) {
    SSL_CTX_load_verify_file(context.get(), ca_file.c_str());
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  }
  return context;
}

SslContext TlsSocket::server_context(const Certificate& certificate,
                                     const std::string& client_ca_file) {
  SslContext context(SSL_CTX_new(TLS_server_method()));
  SSL_CTX_use_certificate_chain_file(context.get(), certificate.cert_file().c_str());
  SSL_CTX_use_PrivateKey_file(context.get(), certificate.key_file().c_str(), SSL_FILETYPE_PEM);
  if (!client_ca_file.empty()) {
    SSL_CTX_load_verify_file(context.get(), client_ca_file.c_str());
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  }
  return context;
}

TlsSocket::TlsSocket(Socket socket, SSL_CTX& context, bool server, const std::string& host,
                     SSL_SESSION* resume)
    : socket_(std::move(socket)), ssl_(SSL_new(&context)) {
  SSL_set_fd(ssl_.get(), socket_.fd());
  if (!host.empty()) {
    SSL_set1_host(ssl_.get(), host.c_str());
    SSL_set_tlsext_host_name(ssl_.get(), host.c_str());
  }
  if (resume != nullptr) SSL_set_session(ssl_.get(), resume);
  ok_ = (server ? SSL_accept(ssl_.get()) : SSL_connect(ssl_.get())) == 1;
  ERR_clear_error();
}

TlsSocket::TlsSocket(int fd, SSL_CTX& context) : ssl_(SSL_new(&context)) {
  SSL_set_fd(ssl_.get(), fd);
  ok_ = SSL_accept(ssl_.get()) == 1;
  ERR_clear_error();
}

bool TlsSocket::send(std::string_view bytes) {
  return SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size())) > 0;
}

std::string TlsSocket::receive() {
  char bytes[16 * 1024];
  const int got = SSL_read(ssl_.get(), bytes, sizeof bytes);
  if (got > 0) return std::string(bytes, static_cast<std::size_t>(got));
  const bool ended = SSL_get_error(ssl_.get(), got) == SSL_ERROR_ZERO_RETURN;
  ERR_clear_error();
  return ended ? "" : "<error>";
}

std::string TlsSocket::receive_until(std::string_view mark) {
  std::size_t at = 0;
  while ((at = kept_.find(mark)) == std::string::npos) {
    const std::string more = receive();
    if (more.empty() || more == "<error>") return std::exchange(kept_, {}) + more;
    kept_ += more;
  }
  const std::string out = kept_.substr(0, at + mark.size());
  kept_.erase(0, out.size());
  return out;
}

std::string TlsSocket::response() {
  Socket::Response response;
  response.head = receive_until("\r\n\r\n");
  const std::size_t size = std::strtoul(response.header("content-length").c_str(), nullptr, 10);
  while (kept_.size() < size) {
    const std::string more = receive();
    if (more.empty() || more == "<error>") break;
    kept_ += more;
  }
  const std::string body = kept_.substr(0, size);
  kept_.erase(0, body.size());
  return body;
}

}  // namespace sallyport::runtime::test
