// Clients that are slow, silent, many or gone.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/test_support.h"

namespace sallyport::runtime::test {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;
using namespace std::chrono_literals;

class Limits : public ::testing::Test {
 protected:
  ListenerLimits& limits() { return server_.config().listeners[0].limits; }
  TestServer server_;
};

TEST_F(Limits, AHeadThatTricklesIsCutOff) {
  limits().header_timeout = 300ms;
  server_.start();
  Socket client = server_.connect();
  const std::string request = get("/echo", "a: b\r\n");
  int status = 0;
  for (const char byte : request) {
    if (!client.send(std::string_view(&byte, 1))) break;
    pause_for(30ms);
    if (metric(server_.registry, "sallyport_requests_refused_total") > 0) {
      status = client.response().status;
      break;
    }
  }
  EXPECT_EQ(status, 408);
}

TEST_F(Limits, ABodyThatTricklesIsCutOff) {
  limits().body_stall_timeout = 200ms;
  limits().body_stall_bytes = 100;
  server_.start();
  Socket client = server_.connect();
  client.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 10000\r\n\r\n");
  for (int i = 0; i < 100 && metric(server_.registry, "sallyport_requests_refused_total") == 0;
       ++i) {
    client.send("0123456789");
    pause_for(50ms);
  }
  EXPECT_EQ(client.response().status, 408);
}

TEST_F(Limits, ABodyThatIsSteadyButTooLongInComingIsCutOff) {
  limits().body_stall_timeout = 100ms;
  limits().body_stall_bytes = 1;
  limits().body_timeout = 500ms;
  server_.start();
  Socket client = server_.connect();
  client.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 10000\r\n\r\n");
  int sent = 0;
  while (sent < 300 && metric(server_.registry, "sallyport_requests_refused_total") == 0) {
    client.send("0123456789");
    pause_for(20ms);
    ++sent;
  }
  EXPECT_GT(sent, 10);
  EXPECT_EQ(client.response().status, 408);
}

TEST_F(Limits, SilentConnectionsAreClosed) {
  limits().idle_timeout = 200ms;
  server_.start();
  Socket fresh = server_.connect();
  Socket used = server_.connect();
  used.send(get("/echo"));
  EXPECT_EQ(used.response().status, 200);
  EXPECT_EQ(used.receive(), "");
  EXPECT_EQ(fresh.receive(), "");
}

TEST_F(Limits, ConnectionsBeyondTheBoundAreTurnedAway) {
  limits().max_connections = 3;
  server_.start();
  std::vector<Socket> clients;
  for (int i = 0; i < 3; ++i) {
    clients.push_back(server_.connect());
    clients.back().send(get("/echo"));
    EXPECT_EQ(clients.back().response().status, 200);
  }
  Socket extra = server_.connect();
  EXPECT_THAT(extra.receive_all(), StartsWith("HTTP/1.1 503 "));
  clients.pop_back();
  EXPECT_TRUE(
      eventually([&] { return metric(server_.registry, "sallyport_connections_open") == 2; }));
  Socket next = server_.connect();
  next.send(get("/echo"));
  EXPECT_EQ(next.response().status, 200);
}

TEST_F(Limits, AnswersDoNotPileUpForAClientThatOnlyAsks) {
  limits().high_water_bytes = 64 * 1024;
  server_.start();
  Socket client = Socket::connect(server_.port(), 16 * 1024);
  std::string all;
  for (int i = 0; i < 400; ++i) all += get("/big?100000");
  client.send(all);
  pause_for(300ms);
  EXPECT_LT(server_.journal.begun, 200);
  for (int i = 0; i < 400; ++i) EXPECT_EQ(client.response().body.size(), 100'000u);
}

TEST_F(Limits, ADisconnectIsNoticedWhileNothingIsWritten) {
  server_.start();
  Socket client = server_.connect();
  client.send(get("/silent"));
  EXPECT_TRUE(eventually([&] { return server_.journal.begun == 1; }));
  EXPECT_EQ(server_.journal.gone, 0);
  client.reset();
  EXPECT_TRUE(eventually([&] { return server_.journal.gone == 1; }));
  EXPECT_TRUE(
      eventually([&] { return metric(server_.registry, "sallyport_connections_open") == 0; }));
  EXPECT_EQ(metric(server_.registry, "sallyport_exchanges_open"), 0);
}

TEST_F(Limits, AStreamTicksAndItsEndIsNoticed) {
  server_.start();
  Socket client = server_.connect();
  client.send(get("/stream"));
  client.receive_until("first\n");
  client.receive_until("again\n");
  client.receive_until("again\n");
  client.close();
  EXPECT_TRUE(eventually([&] { return server_.journal.gone == 1; }));
}

TEST_F(Limits, BytesSentAheadDoNotHideADisconnect) {
  server_.start();
  Socket client = server_.connect();
  client.send(get("/silent") + std::string(1000, 'x'));
  EXPECT_TRUE(eventually([&] { return server_.journal.begun == 1; }));
  client.reset();
  EXPECT_TRUE(eventually([&] { return server_.journal.gone == 1; }));
}

TEST_F(Limits, ThousandsOfDisconnectsAtAnyMomentLeaveNothingBehind) {
  FakeUpstream upstream([](Socket& socket, int) {
    while (!socket.request().empty()) {
      if (!socket.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")) return;
    }
  });
  server_.upstream.port = upstream.port();
  server_.config().shards = 2;
  server_.config().listeners[0].half_close_is_gone = true;
  server_.start();
  const char* const paths[] = {"/proxy", "/echo", "/silent", "/chunked", "/offload", "/stream"};
  for (int i = 0; i < 600; ++i) {
    Socket client = server_.connect();
    const std::string request = post(paths[i % 6], "0123456789");
    client.send(request.substr(0, static_cast<std::size_t>(i) % (request.size() + 20)));
    if (i % 3 == 0) client.reset();
  }
  EXPECT_TRUE(
      eventually([&] { return metric(server_.registry, "sallyport_connections_open") == 0; }));
  EXPECT_TRUE(eventually([&] { return server_.journal.begun == server_.journal.finished; }));
  EXPECT_EQ(metric(server_.registry, "sallyport_exchanges_open"), 0);
  EXPECT_THAT(server_.journal.all(), ::testing::Not(HasSubstr("destroyed early")));
}

}  // namespace
}  // namespace sallyport::runtime::test
