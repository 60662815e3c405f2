#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/random.h"
#include "runtime/test_support.h"

namespace sallyport::runtime::test {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;
using namespace std::chrono_literals;

constexpr std::string_view kOk = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

// Answers every request on every connection alike.
FakeUpstream::Serve always(std::string answer) {
  return [answer = std::move(answer)](Socket& socket, int) {
    while (!socket.request().empty()) {
      if (!socket.send(answer)) return;
    }
  };
}

class Upstream : public ::testing::Test {
 protected:
  void serve(FakeUpstream::Serve how) {
    upstream_ = std::make_unique<FakeUpstream>(std::move(how));
    server_.upstream.port = upstream_->port();
    server_.start();
  }
  Socket::Response ask(std::string_view path = "/proxy") {
    Socket client = server_.connect();
    client.send(post(path, "question"));
    return client.response();
  }

  std::unique_ptr<FakeUpstream> upstream_;
  TestServer server_;
};

TEST_F(Upstream, RequestsAreSentWholeWithHostAndLength) {
  std::string seen;
  serve([&seen](Socket& socket, int) {
    seen = socket.request();
    socket.send(kOk);
  });
  EXPECT_EQ(ask("/proxy?beta=true").body, "hello");
  EXPECT_THAT(seen, StartsWith("POST /v1/proxy?beta=true HTTP/1.1\r\nHost: 127.0.0.1:" +
                               std::to_string(upstream_->port()) + "\r\n"));
  EXPECT_THAT(seen, HasSubstr("\r\nContent-Length: 8\r\n"));
  EXPECT_TRUE(seen.ends_with("\r\n\r\nquestion"));
}

TEST_F(Upstream, ConnectionsAreKept) {
  serve(always(std::string(kOk)));
  for (int i = 0; i < 10; ++i) EXPECT_EQ(ask().body, "hello");
  EXPECT_EQ(upstream_->connections(), 1);
  EXPECT_EQ(metric(server_.registry, "sallyport_upstream_reuses_total"), 9);
  EXPECT_EQ(metric(server_.registry, "sallyport_upstream_connections_idle"), 1);
}

TEST_F(Upstream, ResponsesOfEveryFramingAreRelayed) {
  serve([](Socket& socket, int index) {
    socket.request();
    if (index == 0)
      socket.send(
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n");
    if (index == 1) socket.send("HTTP/1.1 200 OK\r\n\r\nhello");
    if (index == 2)
      socket.send(
          "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: "
          "5\r\n\r\nhello");
  });
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(ask().body, "hello");
    EXPECT_TRUE(eventually(
        [&] { return metric(server_.registry, "sallyport_upstream_connections") == 0; }));
  }
}

TEST_F(Upstream, AKeptConnectionThatClosedMeanwhileIsNotUsed) {
  serve([](Socket& socket, int) {
    socket.request();
    socket.send(kOk);
  });
  EXPECT_EQ(ask().body, "hello");
  EXPECT_TRUE(eventually(
      [&] { return metric(server_.registry, "sallyport_upstream_connections_idle") == 0; }));
  EXPECT_EQ(ask().body, "hello");
  EXPECT_EQ(metric(server_.registry, "sallyport_upstream_retries_total"), 0);
}

// Closes when the second request arrives: as EOF or as a reset.
FakeUpstream::Serve stale(bool reset, std::atomic<int>& requests) {
  return [reset, &requests](Socket& socket, int index) {
    socket.request();
    ++requests;
    socket.send(kOk);
    if (index == 0) {
      socket.request();
      ++requests;
      if (reset) socket.reset();
      return;
    }
    socket.request();
  };
}

TEST_F(Upstream, AStaleConnectionIsRetriedOnceOnAFreshOne) {
  std::atomic<int> requests{0};
  serve(stale(false, requests));
  EXPECT_EQ(ask().body, "hello");
  EXPECT_EQ(ask().body, "hello");
  EXPECT_EQ(requests, 3);
  EXPECT_EQ(metric(server_.registry, "sallyport_upstream_retries_total"), 1);
}

TEST_F(Upstream, AResetStaleConnectionIsRetriedToo) {
  std::atomic<int> requests{0};
  serve(stale(true, requests));
  EXPECT_EQ(ask().body, "hello");
  EXPECT_EQ(ask().body, "hello");
  EXPECT_EQ(requests, 3);
}

TEST_F(Upstream, NoRetryWhereItIsSwitchedOff) {
  std::atomic<int> requests{0};
  server_.upstream.retry_reused = false;
  serve(stale(false, requests));
  EXPECT_EQ(ask().body, "hello");
  EXPECT_EQ(ask().status, 502);
  EXPECT_EQ(requests, 2);
  EXPECT_THAT(server_.journal.all(), HasSubstr("failure reset nothing_sent=0"));
}

TEST_F(Upstream, NoRetryOnAFreshConnectionNorAfterAByte) {
  serve([](Socket& socket, int) {
    socket.request();
    socket.send("H");
  });
  EXPECT_EQ(ask().status, 502);
  EXPECT_EQ(upstream_->connections(), 1);
  EXPECT_THAT(server_.journal.all(), HasSubstr("failure reset nothing_sent=0"));
}

TEST_F(Upstream, ARefusedConnectionSaysThatNothingWasSent) {
  {
    FakeUpstream gone([](Socket&, int) {});
    server_.upstream.port = gone.port();
  }
  server_.start();
  EXPECT_EQ(ask().status, 502);
  EXPECT_THAT(server_.journal.all(), HasSubstr("failure connect_failed nothing_sent=1"));
  EXPECT_EQ(metric(server_.registry, "sallyport_upstream_connect_failures_total"), 1);
}

TEST_F(Upstream, ANameThatDoesNotResolveIsAConnectFailure) {
  server_.upstream.host = "nowhere.invalid";
  server_.start();
  EXPECT_EQ(ask().status, 502);
  EXPECT_THAT(server_.journal.all(), HasSubstr("failure connect_failed nothing_sent=1 resolving"));
}

TEST_F(Upstream, NamesAreResolvedOnOtherThreads) {
  server_.upstream.host = "localhost";
  serve(always(std::string(kOk)));
  EXPECT_EQ(ask().body, "hello");
  EXPECT_EQ(ask().body, "hello");
}

TEST_F(Upstream, SilenceIsATimeout) {
  server_.upstream.first_byte_timeout = 200ms;
  serve([](Socket& socket, int) {
    socket.request();
    socket.receive();
  });
  EXPECT_EQ(ask().status, 502);
  EXPECT_THAT(server_.journal.all(),
              HasSubstr("failure timeout nothing_sent=0 no response in time"));
}

TEST_F(Upstream, AStallWithinTheResponseIsATimeout) {
  server_.upstream.idle_timeout = 200ms;
  serve([](Socket& socket, int) {
    socket.request();
    socket.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel");
    socket.receive();
  });
  Socket client = server_.connect();
  client.send(get("/proxy"));
  EXPECT_THAT(client.receive_all(), HasSubstr("hel"));
  EXPECT_THAT(server_.journal.all(),
              HasSubstr("failure timeout nothing_sent=0 the response stalled"));
}

TEST_F(Upstream, BytesBeyondAResponseAreAProtocolError) {
  serve([](Socket& socket, int) {
    socket.request();
    socket.send(std::string(kOk) + "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil");
    socket.receive();
  });
  ask();
  EXPECT_THAT(server_.journal.all(), HasSubstr("failure protocol nothing_sent=0 bytes beyond"));
  EXPECT_EQ(metric(server_.registry, "sallyport_upstream_connections_idle"), 0);
}

TEST_F(Upstream, UnaskedBytesCloseAKeptConnection) {
  serve([](Socket& socket, int) {
    socket.request();
    socket.send(kOk);
    pause_for(30ms);
    socket.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil");
    socket.receive();
  });
  EXPECT_EQ(ask().body, "hello");
  EXPECT_TRUE(eventually(
      [&] { return metric(server_.registry, "sallyport_upstream_connections_idle") == 0; }));
  EXPECT_EQ(ask().body, "hello");
}

TEST_F(Upstream, MalformedResponsesAreProtocolErrors) {
  serve(always(
      "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"));
  EXPECT_EQ(ask().status, 502);
  EXPECT_THAT(server_.journal.all(), HasSubstr("failure protocol nothing_sent=0"));
}

TEST_F(Upstream, ACutAtEveryByteIsNeverTakenForTheWhole) {
  const std::string whole =
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n";
  serve([&whole](Socket& socket, int index) {
    socket.request();
    socket.send(whole.substr(0, static_cast<std::size_t>(index)));
  });
  for (std::size_t cut = 0; cut < whole.size(); ++cut) {
    Socket client = server_.connect();
    client.send(get("/proxy", "Connection: close\r\n"));
    const std::string answer = client.receive_all();
    EXPECT_TRUE(answer.find(" 502 ") != std::string::npos || !answer.ends_with("0\r\n\r\n"))
        << cut << answer;
    client.reset();
  }
  EXPECT_EQ(ask().body, "hello");
}

TEST_F(Upstream, AnEarlyAnswerWhileTheBodyIsStillSentIsRelayed) {
  serve([](Socket& socket, int) {
    socket.receive_until("\r\n\r\n");
    socket.send("HTTP/1.1 400 Bad Request\r\nContent-Length: 2\r\n\r\nno");
    pause_for(300ms);
  });
  Socket client = server_.connect();
  client.send(post("/proxy", std::string(16u << 20, 'x')));
  const auto response = client.response();
  EXPECT_EQ(response.status, 400);
  EXPECT_EQ(response.body, "no");
  EXPECT_TRUE(
      eventually([&] { return metric(server_.registry, "sallyport_upstream_connections") == 0; }));
}

TEST_F(Upstream, MoreThanTheBoundWaitAndMoreThanThatFail) {
  server_.upstream.max_connections = 2;
  server_.config().max_waiting_per_upstream = 3;
  std::atomic<bool> go{false};
  serve([&go](Socket& socket, int) {
    while (!socket.request().empty()) {
      eventually([&go] { return go.load(); });
      socket.send(kOk);
    }
  });
  std::vector<Socket> clients;
  for (int i = 0; i < 5; ++i) {
    clients.push_back(server_.connect());
    clients.back().send(get("/proxy"));
  }
  EXPECT_TRUE(
      eventually([&] { return metric(server_.registry, "sallyport_upstream_waiting") == 3; }));
  EXPECT_EQ(ask().status, 502);
  EXPECT_THAT(server_.journal.all(), HasSubstr("failure unavailable nothing_sent=1"));
  go = true;
  for (Socket& client : clients) EXPECT_EQ(client.response().body, "hello");
  EXPECT_EQ(upstream_->connections(), 2);
}

TEST_F(Upstream, AClientThatLeavesCancelsTheCall) {
  std::atomic<bool> ended{false};
  serve([&ended](Socket& socket, int) {
    socket.request();
    socket.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n");
    socket.receive();
    ended = true;
  });
  Socket client = server_.connect();
  client.send(get("/proxy"));
  client.receive_until("\r\n\r\n");
  client.reset();
  EXPECT_TRUE(eventually([&] { return ended.load(); }));
  EXPECT_EQ(server_.journal.gone, 1);
}

TEST_F(Upstream, AHalfCloseRightAfterTheRequestIsAnswered) {
  serve([](Socket& socket, int) {
    socket.request();
    pause_for(100ms);
    socket.send(kOk);
  });
  Socket client = server_.connect();
  client.send(get("/proxy"));
  client.finish_sending();
  EXPECT_EQ(client.response().body, "hello");
  EXPECT_EQ(client.receive(), "");
  EXPECT_EQ(server_.journal.gone, 0);
}

TEST_F(Upstream, AnEndOnceTheAnswerBeganMeansThatTheClientLeft) {
  serve([](Socket& socket, int) {
    socket.request();
    socket.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n");
    socket.receive();
  });
  Socket client = server_.connect();
  client.send(get("/proxy"));
  client.receive_until("\r\na\r\n");
  client.close();
  EXPECT_TRUE(eventually([&] { return server_.journal.gone == 1; }));
}

TEST_F(Upstream, AnEndLongAfterTheRequestMeansThatTheClientLeft) {
  server_.config().listeners[0].half_close_window = 30ms;
  serve([](Socket& socket, int) {
    socket.request();
    socket.receive();
  });
  Socket client = server_.connect();
  client.send(get("/proxy"));
  pause_for(50ms);
  client.finish_sending();
  EXPECT_TRUE(eventually([&] { return server_.journal.gone == 1; }));
}

TEST_F(Upstream, ASlowClientHoldsItsUpstreamBackAndNobodyElse) {
  constexpr std::size_t kTotal = 64u << 20;
  serve([](Socket& socket, int index) {
    socket.request();
    if (index > 0) {
      socket.send(kOk);
      return;
    }
    socket.send("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(kTotal) + "\r\n\r\n");
    const std::string piece(1u << 20, 'x');
    for (std::size_t sent = 0; sent < kTotal; sent += piece.size()) {
      if (!socket.send(piece)) return;
    }
  });
  Socket slow = Socket::connect(server_.port(), 16 * 1024);
  slow.send(get("/proxy"));
  EXPECT_TRUE(eventually([&] { return server_.journal.upstream_bytes > 0; }));
  pause_for(300ms);
  const std::uint64_t held = server_.journal.upstream_bytes;
  EXPECT_LT(held, 8u << 20);  // water mark, one read, and what the kernel's send buffer takes
  EXPECT_EQ(ask().body, "hello");
  EXPECT_EQ(slow.response().body.size(), kTotal);
}

TEST_F(Upstream, AClientThatReadsNothingIsCutOff) {
  server_.config().listeners[0].limits.write_timeout = 300ms;
  serve([](Socket& socket, int) {
    socket.request();
    socket.send("HTTP/1.1 200 OK\r\n\r\n");
    const std::string piece(1u << 20, 'x');
    while (socket.send(piece)) {
    }
  });
  Socket slow = Socket::connect(server_.port(), 16 * 1024);
  slow.send(get("/proxy"));
  EXPECT_TRUE(eventually([&] { return server_.journal.gone == 1; }));
  EXPECT_EQ(metric(server_.registry, "sallyport_slow_readers_total"), 1);
}

// A proxy that answers the first request with `answer`, then behaves as the upstream.
FakeUpstream::Serve proxy(std::string answer, std::string& asked) {
  return [answer = std::move(answer), &asked](Socket& socket, int) {
    asked = socket.receive_until("\r\n\r\n");
    socket.send(answer);
    if (socket.request().empty()) return;
    socket.send(kOk);
    socket.receive();
  };
}

TEST(ConnectProxy, TunnelsWithAuthorization) {
  std::string asked;
  FakeUpstream tunnel(proxy("HTTP/1.1 200 Connection established\r\n\r\n", asked));
  TestServer server;
  server.upstream.host = "model.example";
  server.upstream.port = 8443;
  server.upstream.proxy_host = "127.0.0.1";
  server.upstream.proxy_port = tunnel.port();
  server.upstream.proxy_authorization = "Basic dXNlcjpwYXNz";
  server.start();
  Socket client = server.connect();
  client.send(get("/proxy"));
  EXPECT_EQ(client.response().body, "hello");
  EXPECT_EQ(asked,
            "CONNECT model.example:8443 HTTP/1.1\r\nHost: model.example:8443\r\n"
            "Proxy-Authorization: Basic dXNlcjpwYXNz\r\n\r\n");
}

TEST(ConnectProxy, RefusalsAndExcessAreConnectFailures) {
  const std::string answers[] = {
      "HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n",
      "HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
      "HTTP/1.1 200 OK\r\nx: " + std::string(20'000, 'y') + "\r\n\r\n", "SSH-2.0\r\n"};
  for (const std::string& answer : answers) {
    std::string asked;
    FakeUpstream tunnel(proxy(answer, asked));
    TestServer server;
    server.upstream.host = "model.example";
    server.upstream.proxy_host = "127.0.0.1";
    server.upstream.proxy_port = tunnel.port();
    server.start();
    Socket client = server.connect();
    client.send(get("/proxy"));
    EXPECT_EQ(client.response().status, 502);
    EXPECT_THAT(server.journal.all(), HasSubstr("failure connect_failed nothing_sent=1 proxy:"));
  }
}

class FixedScript final : public simulator::Script {
 public:
  explicit FixedScript(std::vector<simulator::Step> steps) : steps_(std::move(steps)) {}
  std::optional<simulator::Step> next() override {
    if (at_ == steps_.size()) return std::nullopt;
    return steps_[at_++];
  }

 private:
  std::vector<simulator::Step> steps_;
  std::size_t at_ = 0;
};

TEST(ScriptedUpstream, PlaysItsStepsInTime) {
  http::ResponseHead head;
  head.status = 200;
  TestServer server;
  server.upstream.kind = catalog::UpstreamKind::simulator;
  server.upstream.idle_timeout = 300ms;
  server.hooks().scripts = [&head](const http::RequestHead& request, std::string_view body, Random&,
                                   WallTime) {
    std::vector<simulator::Step> steps = {
        {0ms, head}, {20ms, std::string("one ")}, {20ms, std::string("two")}};
    if (request.query == "reset") {
      steps.push_back({0ms, simulator::Fault{Code::reset, false, "as scripted"}});
    } else if (request.query != "stall") {
      EXPECT_EQ(body, "question");
      for (int i = 0; i < 1000; ++i) steps.push_back({0ms, std::string(".")});
      steps.push_back({0ms, simulator::End{}});
    }
    return std::make_unique<FixedScript>(steps);
  };
  server.start();
  Socket client = server.connect();
  client.send(post("/proxy", "question"));
  EXPECT_EQ(client.response().body, "one two" + std::string(1000, '.'));
  client.send(post("/proxy?reset", "question"));
  client.receive_all();
  EXPECT_THAT(server.journal.all(), HasSubstr("failure reset nothing_sent=0 as scripted"));
  Socket other = server.connect();
  other.send(post("/proxy?stall", "question"));
  other.receive_all();
  EXPECT_THAT(server.journal.all(),
              HasSubstr("failure timeout nothing_sent=0 the response stalled"));
}

}  // namespace
}  // namespace sallyport::runtime::test
