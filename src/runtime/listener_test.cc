#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/test_support.h"

namespace sallyport::runtime::test {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;
using namespace std::chrono_literals;

TEST(Listener, AnswersAndKeepsTheConnection) {
  TestServer server;
  server.start();
  Socket client = server.connect();
  for (int i = 0; i < 3; ++i) {
    client.send(post("/echo?q=1", "hello"));
    const auto response = client.response();
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.body, "POST /echo?q=1 5 127.0.0.1 main []");
    EXPECT_NE(response.header("date"), "");
  }
  EXPECT_EQ(server.journal.begun, 3);
  EXPECT_TRUE(eventually([&] { return metric(server.registry, "sallyport_requests_total") == 3; }));
  EXPECT_EQ(metric(server.registry, "sallyport_connections_accepted_total"), 1);
}

TEST(Listener, PipelinedRequestsAreAnsweredInOrder) {
  TestServer server;
  server.start();
  Socket client = server.connect();
  std::string all;
  for (int i = 0; i < 200; ++i)
    all += post("/echo?" + std::to_string(i), std::string(static_cast<std::size_t>(i), 'x'));
  client.send(all);
  for (int i = 0; i < 200; ++i) {
    EXPECT_THAT(client.response().body,
                StartsWith("POST /echo?" + std::to_string(i) + " " + std::to_string(i) + " "));
  }
}

TEST(Listener, RequestsArriveInAnyPieces) {
  TestServer server;
  server.start();
  const std::string request = post("/echo", std::string(50, 'x'));
  for (std::size_t cut = 1; cut < request.size(); cut += 7) {
    Socket client = server.connect();
    client.send(request.substr(0, cut));
    pause_for(2ms);
    client.send(request.substr(cut));
    EXPECT_THAT(client.response().body, StartsWith("POST /echo 50 "));
  }
}

TEST(Listener, ChunkedRequestsAndResponses) {
  TestServer server;
  server.start();
  Socket client = server.connect();
  client.send(
      "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: "
      "chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
  EXPECT_THAT(client.response().body, StartsWith("POST /echo 5 "));
  client.send(get("/chunked"));
  const std::string head = client.receive_until("\r\n\r\n");
  EXPECT_THAT(head, HasSubstr("Transfer-Encoding: chunked"));
  // Three pieces of one callback are one chunk.
  EXPECT_EQ(client.receive_until("0\r\n\r\n"), "d\r\none two three\r\n0\r\n\r\n");
}

TEST(Listener, Http10ClosesAfterABodyWithoutLength) {
  TestServer server;
  server.start();
  Socket client = server.connect();
  client.send("GET /chunked HTTP/1.0\r\n\r\n");
  const std::string all = client.receive_all();
  EXPECT_THAT(all, HasSubstr("\r\n\r\none two three"));
  EXPECT_TRUE(all.ends_with("three")) << all;
}

TEST(Listener, HeadHasNoBody) {
  TestServer server;
  server.start();
  Socket client = server.connect();
  client.send("HEAD /echo HTTP/1.1\r\nHost: x\r\n\r\n" + get("/echo"));
  const auto to_head = client.response(true);
  EXPECT_EQ(to_head.status, 200);
  EXPECT_NE(to_head.header("content-length"), "");
  EXPECT_THAT(client.response().body, StartsWith("GET /echo 0"));
}

TEST(Listener, ExpectContinueIsAnsweredOnceTheSizeIsAccepted) {
  TestServer server;
  server.config().listeners[0].limits.max_body_bytes = 100;
  server.start();
  Socket client = server.connect();
  client.send(
      "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.receive_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("12345");
  EXPECT_THAT(client.response().body, StartsWith("POST /echo 5"));
  client.send(
      "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.response().status, 413);
  EXPECT_EQ(client.receive(), "");
}

TEST(Listener, RefusalsAreJsonAndClose) {
  TestServer server;
  server.config().listeners[0].limits.max_body_bytes = 10;
  server.start();
  struct Case {
    std::string bytes;
    int status;
  };
  std::string many = "GET /echo HTTP/1.1\r\nHost: x\r\n";
  for (int i = 0; i < 10'000; ++i) many += "a" + std::to_string(i) + ": b\r\n";
  const Case cases[] = {{"GARBAGE\r\n\r\n", 400},
                        {"GET /echo HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", 400},
                        {"PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\n" + get("/echo"), 400},
                        {std::string("\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c", 16) + get("/echo"), 400},
                        {many + "\r\n", 431},
                        {post("/echo", "0123456789a"), 413},
                        {"POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: "
                         "chunked\r\n\r\nb\r\n0123456789a\r\n0\r\n\r\n",
                         413},
                        {"GET /echo HTTP/2.0\r\n\r\n", 505}};
  for (const Case& one : cases) {
    Socket client = server.connect();
    client.send(one.bytes);
    const auto response = client.response();
    EXPECT_EQ(response.status, one.status) << one.bytes.substr(0, 60);
    EXPECT_EQ(response.header("content-type"), "application/json");
    EXPECT_EQ(response.header("connection"), "close");
    EXPECT_EQ(client.receive(), "") << one.bytes.substr(0, 60);
  }
  EXPECT_EQ(server.journal.begun, 0);
  Socket client = server.connect();
  client.send(get("/echo"));
  EXPECT_EQ(client.response().status, 200);
}

TEST(Listener, AnUpload413IsReadByAClientThatGoesOnSending) {
  TestServer server;
  server.config().listeners[0].limits.max_body_bytes = 1000;
  server.start();
  Socket client = server.connect();
  client.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 500000\r\n\r\n");
  client.send(std::string(500'000, 'x'));
  EXPECT_EQ(client.response().status, 413);
}

TEST(Listener, A32MegabyteBodyArrivesWhole) {
  TestServer server;
  server.start();
  Socket client = server.connect();
  client.send(post("/echo", std::string(32u << 20, 'x')));
  EXPECT_THAT(client.response().body, StartsWith("POST /echo 33554432 "));
}

TEST(Listener, LocalPathsAreAnsweredWithoutAnExchange) {
  TestServer server;
  server.hooks().local = [](const exchange::Arrival& arrival) -> std::optional<LocalResponse> {
    LocalResponse response;
    if (arrival.head.path == "/healthz") response.body = "ok";
    if (arrival.head.path == "/slow") {
      response.later = [] {
        pause_for(20ms);
        LocalResponse later;
        later.status = 201;
        later.body = "computed";
        return later;
      };
    }
    if (response.body.empty() && !response.later) return std::nullopt;
    return response;
  };
  ListenerConfig local;
  local.name = "local";
  local.port = 0;
  local.local_only = true;
  server.config().listeners.push_back(local);
  server.start();
  Socket client = server.connect();
  client.send(get("/healthz") + get("/slow") + get("/echo"));
  EXPECT_EQ(client.response().body, "ok");
  const auto slow = client.response();
  EXPECT_EQ(slow.status, 201);
  EXPECT_EQ(slow.body, "computed");
  EXPECT_THAT(client.response().body, StartsWith("GET /echo"));
  Socket inner = Socket::connect(server.port("local"));
  inner.send(get("/healthz") + get("/echo"));
  EXPECT_EQ(inner.response().body, "ok");
  EXPECT_EQ(inner.response().status, 404);
}

TEST(Listener, UnixDomainSocketsServeToo) {
  const std::string path = ::testing::TempDir() + "sallyport_runtime_test.sock";
  for (int round = 0; round < 2; ++round) {
    TestServer server;
    server.config().listeners[0].unix_path = path;
    server.start();
    Socket client = Socket::connect_unix(path);
    client.send(get("/echo"));
    EXPECT_EQ(client.response().body, "GET /echo 0 unix main []");
  }
}

TEST(Listener, WorkOnAnotherThreadComesBack) {
  TestServer server;
  server.start();
  Socket client = server.connect();
  for (int i = 0; i < 20; ++i) {
    client.send(get("/offload"));
    EXPECT_EQ(client.response().body, "from a worker");
  }
  // And where the client has left meanwhile.
  for (int i = 0; i < 20; ++i) {
    Socket hasty = server.connect();
    hasty.send(get("/offload"));
    hasty.reset();
  }
  EXPECT_TRUE(eventually([&] { return server.journal.work_done == 40; }));
}

TEST(Listener, AbortBreaksTheConnectionVisibly) {
  TestServer server;
  server.start();
  Socket client = server.connect();
  client.send(get("/abort"));
  const std::string all = client.receive_all();
  EXPECT_TRUE(all.ends_with("<reset>") || all.find("0\r\n\r\n") == std::string::npos) << all;
}

TEST(Listener, AnExchangeThatThrowsIsAnErrorAndHarmsNobody) {
  TestServer server;
  server.start();
  Socket other = server.connect();
  Socket client = server.connect();
  client.send(get("/throw"));
  EXPECT_EQ(client.response().status, 500);
  EXPECT_EQ(client.receive(), "");
  other.send(get("/echo"));
  EXPECT_EQ(other.response().status, 200);
  EXPECT_EQ(metric(server.registry, "sallyport_exchanges_failed_total"), 1);
}

TEST(Listener, ManyShardsShareOnePort) {
  for (const Balance balance : {Balance::kernel, Balance::least_connections}) {
    TestServer server;
    server.config().shards = 3;
    server.config().listeners[0].balance = balance;
    server.start();
    std::vector<Socket> clients;
    for (int i = 0; i < 30; ++i) {
      clients.push_back(server.connect());
      clients.back().send(get("/echo"));
      EXPECT_EQ(clients.back().response().status, 200);
    }
    EXPECT_EQ(metric(server.registry, "sallyport_connections_open"), 30);
    clients.clear();
    EXPECT_TRUE(
        eventually([&] { return metric(server.registry, "sallyport_connections_open") == 0; }));
  }
}

TEST(Listener, ATakenPortIsAnErrorThatSaysWhatToDo) {
  TestServer server;
  server.config().shards = 2;
  server.start();
  ServerConfig config;
  config.shards = 2;
  config.listeners.emplace_back().port = server.port();
  metrics::Registry registry;
  const auto second = Server::make(config, {}, registry);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Code::config);
  EXPECT_THAT(second.error().detail, HasSubstr("choose another port"));
}

}  // namespace
}  // namespace sallyport::runtime::test
