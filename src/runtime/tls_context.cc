#include "runtime/tls_context.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <algorithm>

namespace sallyport::runtime {
namespace {

constexpr std::size_t kKeptSessions = 8;
// For TLS 1.2; 1.3 has none that are weak.
constexpr const char* kCiphers12 = "ECDHE+AESGCM:ECDHE+CHACHA20";

Failure unusable(std::string_view what, const std::string& file) {
  return fail(Code::config, std::string(what) + " `" + file + "`: " + take_openssl_error());
}

Result<SslContext> make_context(const SSL_METHOD* method) {
  ERR_clear_error();
  SslContext context(SSL_CTX_new(method));
  if (!context) return fail(Code::internal, "no tls context: " + take_openssl_error());
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_cipher_list(context.get(), kCiphers12);
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                         SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE);
  return context;
}

Result<void> use_certificate(SSL_CTX& context, const std::string& cert_file,
                             const std::string& key_file) {
  if (SSL_CTX_use_certificate_chain_file(&context, cert_file.c_str()) != 1) {
    return unusable("certificate", cert_file);
  }
  if (SSL_CTX_use_PrivateKey_file(&context, key_file.c_str(), SSL_FILETYPE_PEM) != 1) {
    return unusable("private key", key_file);
  }
  if (SSL_CTX_check_private_key(&context) != 1) {
    return fail(Code::config, "private key `" + key_file + "` does not belong to certificate `" +
                                  cert_file + "`");
  }
  return {};
}

// The HTTP/1.1 of ALPN; a client that offers only others is refused.
int choose_protocol(SSL*, const unsigned char** out, unsigned char* out_size,
                    const unsigned char* offered, unsigned int offered_size, void*) {
  static const unsigned char kHttp11[] = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
  unsigned char* chosen = nullptr;
  if (SSL_select_next_proto(&chosen, out_size, kHttp11, sizeof kHttp11, offered, offered_size) !=
      OPENSSL_NPN_NEGOTIATED) {
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  }
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

// Reading the system's certificates takes tens of milliseconds and megabytes: once.
X509_STORE* system_store() {
  static X509_STORE* const store = [] {
    X509_STORE* made = X509_STORE_new();
    X509_STORE_set_default_paths(made);
    return made;
  }();
  return store;
}

}  // namespace

TicketKeys make_ticket_keys(Random& random) {
  TicketKeys keys{};
  random.fill(keys);
  return keys;
}

Result<SslContext> make_server_context(const TlsServerConfig& config, const TicketKeys& tickets) {
  auto context = make_context(TLS_server_method());
  if (!context) return context;
  SSL_CTX* const raw = context->get();
  if (auto used = use_certificate(*raw, config.cert_file, config.key_file); !used)
    return tl::unexpected(used.error());
  if (!config.client_ca_file.empty()) {
    if (SSL_CTX_load_verify_file(raw, config.client_ca_file.c_str()) != 1) {
      return unusable("client certificate authority", config.client_ca_file);
    }
    SSL_CTX_set_client_CA_list(raw, SSL_load_client_CA_file(config.client_ca_file.c_str()));
    SSL_CTX_set_verify(raw,
                       config.require_client_cert
                           ? SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT
                           : SSL_VERIFY_PEER,
                       nullptr);
  }
  static constexpr unsigned char kContext[] = "sallyport";
  SSL_CTX_set_session_id_context(raw, kContext, sizeof kContext - 1);
  SSL_CTX_set_session_cache_mode(raw, SSL_SESS_CACHE_OFF);  // tickets only: no memory per client
  TicketKeys keys = tickets;
  SSL_CTX_set_tlsext_ticket_keys(raw, keys.data(), keys.size());
  SSL_CTX_set_num_tickets(raw, 1);
  SSL_CTX_set_alpn_select_cb(raw, choose_protocol, nullptr);
  return context;
}

Result<std::unique_ptr<ClientTls>> ClientTls::make(const catalog::Upstream& upstream) {
  std::unique_ptr<ClientTls> tls(new ClientTls);
  auto context = make_context(TLS_client_method());
  if (!context) return tl::unexpected(context.error());
  SSL_CTX* const raw = context->get();
  if (upstream.ca_file.empty()) {
    SSL_CTX_set1_cert_store(raw, system_store());
  } else if (SSL_CTX_load_verify_file(raw, upstream.ca_file.c_str()) != 1) {
    return unusable("certificate authority", upstream.ca_file);
  }
  if (!upstream.client_cert_file.empty()) {
    auto used = use_certificate(*raw, upstream.client_cert_file, upstream.client_key_file);
    if (!used) return tl::unexpected(used.error());
  }
  SSL_CTX_set_verify(raw, SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_session_cache_mode(raw, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(raw, keep_session);
  SSL_CTX_set_app_data(raw, tls.get());
  tls->context_ = std::move(*context);
  return tls;
}

int ClientTls::keep_session(SSL* ssl, SSL_SESSION* session) {
  auto& self = *static_cast<ClientTls*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
  if (self.sessions_.size() >= kKeptSessions) self.sessions_.erase(self.sessions_.begin());
  self.sessions_.emplace_back(session);
  return 1;  // taken over
}

Result<std::unique_ptr<TlsSession>> ClientTls::session(const std::string& host, OutBuffer& out) {
  SslSession resumed;
  if (!sessions_.empty()) {
    resumed = std::move(sessions_.back());
    sessions_.pop_back();
  }
  return TlsSession::client(*context_, host, resumed.get(), out);
}

}  // namespace sallyport::runtime
