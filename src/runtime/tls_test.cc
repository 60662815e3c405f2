#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/tls_test_support.h"

namespace sallyport::runtime::test {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;
using namespace std::chrono_literals;

class Tls : public ::testing::Test {
 protected:
  void listen_with_tls() {
    TlsServerConfig tls;
    tls.cert_file = leaf_.cert_file();
    tls.key_file = leaf_.key_file();
    server_.config().listeners[0].tls = tls;
  }
  TlsSocket connect(SSL_CTX& context, SSL_SESSION* resume = nullptr) {
    return TlsSocket(server_.connect(), context, false, "gateway.example", resume);
  }

  Certificate authority_{"test authority", nullptr, true};
  Certificate leaf_{"gateway.example", &authority_};
  SslContext trusting_ = TlsSocket::client_context(authority_.cert_file());
  TestServer server_;
};

TEST_F(Tls, ListenersServeIt) {
  listen_with_tls();
  server_.start();
  TlsSocket client = connect(*trusting_);
  ASSERT_TRUE(client.ok());
  for (int i = 0; i < 3; ++i) {
    client.send(post("/echo", "hello"));
    EXPECT_EQ(client.response(), "POST /echo 5 127.0.0.1 main []");
  }
  client.send(post("/echo", std::string(3'000, 'x')) + get("/echo"));
  EXPECT_THAT(client.response(), StartsWith("POST /echo 3000 "));
  EXPECT_THAT(client.response(), StartsWith("GET /echo 0 "));
  client.send(get("/big?5000000"));
  EXPECT_THAT(client.receive_until("\r\n0\r\n\r\n"), HasSubstr("bbbb"));
}

TEST_F(Tls, LargeBodiesPassBothWays) {
  listen_with_tls();
  server_.start();
  TlsSocket client = connect(*trusting_);
  const std::string body(8u << 20, 'x');
  client.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(body.size()) +
              "\r\n\r\n");
  client.send(body);
  EXPECT_THAT(client.response(), StartsWith("POST /echo 8388608 "));
}

TEST_F(Tls, OldVersionsAndOtherProtocolsAreRefused) {
  listen_with_tls();
  server_.start();
  SslContext old = TlsSocket::client_context("");
  SSL_CTX_set_security_level(old.get(), 0);
  SSL_CTX_set_min_proto_version(old.get(), TLS1_VERSION);
  SSL_CTX_set_max_proto_version(old.get(), TLS1_1_VERSION);
  EXPECT_FALSE(connect(*old).ok());
  SslContext h2 = TlsSocket::client_context("");
  const unsigned char only_h2[] = {2, 'h', '2'};
  SSL_CTX_set_alpn_protos(h2.get(), only_h2, sizeof only_h2);
  EXPECT_FALSE(connect(*h2).ok());
  Socket plain = server_.connect();
  plain.send(get("/echo"));
  EXPECT_THAT(plain.receive_all(), ::testing::Not(HasSubstr("HTTP")));
  EXPECT_TRUE(eventually(
      [&] { return metric(server_.registry, "sallyport_handshake_failures_total") == 3; }));
}

TEST_F(Tls, AnAddressThatFailsTooOftenIsTurnedAway) {
  listen_with_tls();
  server_.config().listeners[0].limits.handshake_failures_per_minute = 3;
  server_.start();
  for (int i = 0; i < 3; ++i) {
    Socket plain = server_.connect();
    plain.send(get("/echo"));
    plain.receive_all();
  }
  EXPECT_TRUE(eventually(
      [&] { return metric(server_.registry, "sallyport_handshake_failures_total") == 3; }));
  EXPECT_FALSE(connect(*trusting_).ok());
  EXPECT_EQ(metric(server_.registry, "sallyport_connections_turned_away_total"), 1);
}

TEST_F(Tls, ASilentHandshakeIsCutOff) {
  listen_with_tls();
  server_.config().listeners[0].limits.handshake_timeout = 200ms;
  server_.start();
  Socket silent = server_.connect();
  silent.send("\x16\x03\x01");
  EXPECT_EQ(silent.receive(), "");
}

TEST_F(Tls, ClientCertificatesNameTheirSubject) {
  listen_with_tls();
  auto& tls = *server_.config().listeners[0].tls;
  tls.client_ca_file = authority_.cert_file();
  tls.require_client_cert = true;
  server_.start();
  const Certificate person("alice.example", &authority_);
  SslContext with = TlsSocket::client_context(authority_.cert_file());
  SSL_CTX_use_certificate_file(with.get(), person.cert_file().c_str(), SSL_FILETYPE_PEM);
  SSL_CTX_use_PrivateKey_file(with.get(), person.key_file().c_str(), SSL_FILETYPE_PEM);
  TlsSocket client = connect(*with);
  client.send(get("/echo"));
  EXPECT_THAT(client.response(), HasSubstr("[CN=alice.example]"));
  TlsSocket without = connect(*trusting_);
  without.send(get("/echo"));
  EXPECT_EQ(without.receive(), "<error>");
  const Certificate other_authority("other", nullptr, true);
  const Certificate stranger("alice.example", &other_authority);
  SslContext wrong = TlsSocket::client_context(authority_.cert_file());
  SSL_CTX_use_certificate_file(wrong.get(), stranger.cert_file().c_str(), SSL_FILETYPE_PEM);
  SSL_CTX_use_PrivateKey_file(wrong.get(), stranger.key_file().c_str(), SSL_FILETYPE_PEM);
  TlsSocket refused = connect(*wrong);
  refused.send(get("/echo"));
  EXPECT_EQ(refused.receive(), "<error>");
  EXPECT_EQ(server_.journal.begun, 1);
}

TEST_F(Tls, SessionsResumeOnAnyShard) {
  listen_with_tls();
  server_.config().shards = 3;
  server_.start();
  TlsSocket first = connect(*trusting_);
  first.send(get("/echo"));
  first.response();
  const SslSession session(SSL_get1_session(first.raw()));
  for (int i = 0; i < 6; ++i) {
    TlsSocket next = connect(*trusting_, session.get());
    ASSERT_TRUE(next.ok());
    EXPECT_EQ(SSL_session_reused(next.raw()), 1);
    next.send(get("/echo"));
    EXPECT_THAT(next.response(), StartsWith("GET /echo"));
  }
}

TEST_F(Tls, CertificatesAreReadAnewAndABadOneChangesNothing) {
  listen_with_tls();
  server_.start();
  const Certificate second_authority("second authority", nullptr, true);
  const Certificate second("gateway.example", &second_authority);
  const Certificate unrelated("gateway.example", &second_authority);
  second.replace(leaf_);
  ASSERT_TRUE(server_.server().reload_tls());
  const SslContext trusting_second = TlsSocket::client_context(second_authority.cert_file());
  EXPECT_TRUE(eventually([&] { return connect(*trusting_second).ok(); }));
  EXPECT_FALSE(connect(*trusting_).ok());
  std::rename(unrelated.key_file().c_str(), leaf_.key_file().c_str());
  const auto reloaded = server_.server().reload_tls();
  ASSERT_FALSE(reloaded);
  EXPECT_EQ(reloaded.error().code, Code::config);
  EXPECT_TRUE(connect(*trusting_second).ok());
}

TEST_F(Tls, CloseNotifyIsAnEndAndSilenceIsNot) {
  listen_with_tls();
  server_.start();
  {
    TlsSocket client = connect(*trusting_);
    client.send(get("/silent"));
    EXPECT_TRUE(eventually([&] { return server_.journal.begun == 1; }));
  }
  // The socket closed without close_notify: the client is gone, whatever half-close means.
  EXPECT_TRUE(eventually([&] { return server_.journal.gone == 1; }));
  TlsSocket client = connect(*trusting_);
  client.send(get("/echo", "Connection: close\r\n"));
  client.response();
  EXPECT_EQ(client.receive(), "");
}

TEST_F(Tls, AProxyHeaderGoesBeforeTheHandshake) {
  listen_with_tls();
  server_.config().listeners[0].proxy_protocol_from = {"127.0.0.1"};
  server_.start();
  Socket socket = server_.connect();
  socket.send("PROXY TCP4 192.0.2.7 10.0.0.1 4660 443\r\n");
  TlsSocket client(std::move(socket), *trusting_, false, "gateway.example");
  ASSERT_TRUE(client.ok());
  client.send(get("/echo"));
  EXPECT_EQ(client.response(), "GET /echo 0 192.0.2.7 main []");
}

// Upstreams over TLS.

class TlsUpstream : public Tls {
 protected:
  // Serves one context to every connection; counts the sessions that were resumed.
  void serve(SSL_CTX& context, const std::string& tunnel_answer = "") {
    upstream_ =
        std::make_unique<FakeUpstream>([this, &context, tunnel_answer](Socket& socket, int) {
          if (!tunnel_answer.empty()) {
            socket.receive_until("\r\n\r\n");
            socket.send(tunnel_answer);
          }
          TlsSocket tls(socket.fd(), context);
          if (!tls.ok()) return;
          if (SSL_session_reused(tls.raw()) == 1) ++resumed_;
          const char* const name = SSL_get_servername(tls.raw(), TLSEXT_NAMETYPE_host_name);
          server_name_ = name == nullptr ? "" : name;
          while (tls.receive_until("\r\n\r\n").ends_with("\r\n\r\n")) {
            tls.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello");
          }
        });
    server_.upstream.tls = true;
    server_.upstream.port = upstream_->port();
    server_.upstream.host = "localhost";
    server_.upstream.ca_file = authority_.cert_file();
  }
  int ask() {
    Socket client = server_.connect();
    client.send(get("/proxy"));
    return client.response().status;
  }

  std::atomic<int> resumed_{0};
  std::string server_name_;
  std::unique_ptr<FakeUpstream> upstream_;
};

TEST_F(TlsUpstream, VerifiesNamesAndResumesSessions) {
  const Certificate local("localhost", &authority_);
  const SslContext context = TlsSocket::server_context(local);
  serve(*context);
  server_.start();
  for (int i = 0; i < 4; ++i) EXPECT_EQ(ask(), 200);
  EXPECT_EQ(server_name_, "localhost");
  EXPECT_GE(resumed_, 2);
}

TEST_F(TlsUpstream, VerifiesAddressesToo) {
  const Certificate local("127.0.0.1", &authority_);
  const SslContext context = TlsSocket::server_context(local);
  serve(*context);
  server_.upstream.host = "127.0.0.1";
  server_.start();
  EXPECT_EQ(ask(), 200);
  EXPECT_EQ(server_name_, "");
}

TEST_F(TlsUpstream, WrongCertificatesAreConnectFailures) {
  const Certificate other_authority("other", nullptr, true);
  const Certificate cases[] = {
      Certificate("elsewhere.example", &authority_), Certificate("localhost", &other_authority),
      Certificate("localhost", nullptr), Certificate("localhost", &authority_, false, true)};
  for (const Certificate& wrong : cases) {
    const SslContext context = TlsSocket::server_context(wrong);
    TestServer server;
    FakeUpstream upstream(
        [&context](Socket& socket, int) { TlsSocket tls(socket.fd(), *context); });
    server.upstream.tls = true;
    server.upstream.port = upstream.port();
    server.upstream.host = "localhost";
    server.upstream.ca_file = authority_.cert_file();
    server.start();
    Socket client = server.connect();
    client.send(get("/proxy"));
    EXPECT_EQ(client.response().status, 502);
    EXPECT_THAT(
        server.journal.all(),
        HasSubstr(
            "failure connect_failed nothing_sent=1 tls handshake: certificate verify failed ("));
  }
}

TEST_F(TlsUpstream, ShowsItsClientCertificate) {
  const Certificate local("localhost", &authority_);
  const Certificate own("gateway", &authority_);
  const SslContext context = TlsSocket::server_context(local, authority_.cert_file());
  serve(*context);
  server_.upstream.client_cert_file = own.cert_file();
  server_.upstream.client_key_file = own.key_file();
  server_.start();
  EXPECT_EQ(ask(), 200);
}

TEST_F(TlsUpstream, GoesThroughAProxy) {
  const Certificate model("model.example", &authority_);
  const SslContext context = TlsSocket::server_context(model);
  serve(*context, "HTTP/1.1 200 Connection established\r\n\r\n");
  server_.upstream.host = "model.example";
  server_.upstream.proxy_host = "127.0.0.1";
  server_.upstream.proxy_port = upstream_->port();
  server_.start();
  EXPECT_EQ(ask(), 200);
  EXPECT_EQ(server_name_, "model.example");
}

TEST_F(TlsUpstream, MissingFilesFailEveryCallAndSayWhy) {
  const Certificate local("localhost", &authority_);
  const SslContext context = TlsSocket::server_context(local);
  serve(*context);
  server_.upstream.ca_file = "/nonexistent.pem";
  server_.start();
  EXPECT_EQ(ask(), 502);
  EXPECT_THAT(server_.journal.all(),
              HasSubstr("nothing_sent=1 certificate authority `/nonexistent.pem`"));
}

}  // namespace
}  // namespace sallyport::runtime::test
