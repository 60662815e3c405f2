#include "runtime/server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <fstream>

#include "runtime/test_support.h"

namespace sallyport::runtime::test {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;
using namespace std::chrono_literals;

TEST(Server, ADrainFinishesWhatIsUnderWayAndTakesNothingNew) {
  std::atomic<bool> go{false};
  FakeUpstream upstream([&go](Socket& socket, int) {
    socket.request();
    eventually([&go] { return go.load(); });
    socket.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
    socket.receive();
  });
  std::atomic<bool> told{false};
  TestServer server;
  server.config().shards = 2;
  server.hooks().draining = [&told] { told = true; };
  server.upstream.port = upstream.port();
  server.start();
  Socket idle = server.connect();
  idle.send(get("/echo"));
  EXPECT_EQ(idle.response().status, 200);
  Socket busy = server.connect();
  busy.send(get("/proxy"));
  EXPECT_TRUE(eventually([&] { return upstream.connections() == 1; }));
  const std::uint16_t port = server.port();
  server.server().drain();
  EXPECT_EQ(idle.receive(), "");
  EXPECT_TRUE(told);
  EXPECT_TRUE(server.server().draining());
  go = true;
  const auto response = busy.response();
  EXPECT_EQ(response.body, "hello");
  EXPECT_EQ(response.header("connection"), "close");
  EXPECT_EQ(busy.receive(), "");
  busy.close();
  server.wait_ended();
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_NE(::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  ::close(fd);
}

TEST(Server, ADrainThatTakesTooLongCutsAndLetsExchangesFinish) {
  TestServer server;
  server.config().drain_deadline = 200ms;
  server.start();
  Socket client = server.connect();
  client.send(get("/stream"));
  client.receive_until("first\n");
  server.server().drain();
  server.wait_ended();
  EXPECT_EQ(server.journal.gone, 1);
  EXPECT_EQ(server.journal.finished, 1);
}

TEST(Server, StopsAtOnceWithConnectionsOpen) {
  TestServer server;
  server.start();
  Socket streaming = server.connect();
  streaming.send(get("/stream"));
  streaming.receive_until("first\n");
  Socket working = server.connect();
  working.send(get("/offload"));
  server.stop();
}

TEST(Server, TasksReachEveryShardOnItsThread) {
  TestServer server;
  server.config().shards = 3;
  server.start();
  std::atomic<unsigned> seen{0};
  server.server().on_each_shard([&seen](unsigned shard) { seen += 1u << (8 * shard); });
  EXPECT_TRUE(eventually([&] { return seen == 0x010101; }));
}

TEST(Server, SignalsDrainAndReload) {
  std::atomic<int> reloads{0};
  TestServer signalled;
  signalled.config().handle_signals = true;
  signalled.hooks().reload_requested = [&reloads] { ++reloads; };
  signalled.start();
  Socket client = signalled.connect();
  client.send(get("/echo"));
  EXPECT_EQ(client.response().status, 200);
  ::kill(::getpid(), SIGHUP);
  EXPECT_TRUE(eventually([&] { return reloads == 1; }));
  ::kill(::getpid(), SIGTERM);
  EXPECT_EQ(client.receive(), "");
  client.close();
  signalled.wait_ended();
}

TEST(Server, AWatchedFileThatChangesIsAReload) {
  const std::string path = ::testing::TempDir() + "sallyport_server_watch";
  std::ofstream(path) << "one";
  std::atomic<int> reloads{0};
  TestServer server;
  server.config().watched_files = {path};
  server.hooks().reload_requested = [&reloads] { ++reloads; };
  server.start();
  pause_for(50ms);
  std::ofstream(path) << "second";
  EXPECT_TRUE(eventually([&] { return reloads == 1; }));
}

TEST(Server, TellsTheServiceManager) {
  const std::string path = ::testing::TempDir() + "sallyport_notify.sock";
  ::unlink(path.c_str());
  const int fd = ::socket(AF_UNIX, SOCK_DGRAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  ASSERT_EQ(::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  Socket manager(fd);
  ::setenv("NOTIFY_SOCKET", path.c_str(), 1);
  ::setenv("WATCHDOG_USEC", "300000", 1);
  {
    TestServer server;
    server.start();
    EXPECT_EQ(manager.receive(), "READY=1");
    EXPECT_EQ(manager.receive(), "WATCHDOG=1");
    server.server().drain();
    std::string next = manager.receive();
    while (next == "WATCHDOG=1") next = manager.receive();
    EXPECT_EQ(next, "STOPPING=1");
    server.wait_ended();
  }
  ::unsetenv("NOTIFY_SOCKET");
  ::unsetenv("WATCHDOG_USEC");
}

TEST(Server, AStalledShardIsCounted) {
  TestServer server;
  server.config().stall_threshold = 50ms;
  server.hooks().local = [](const exchange::Arrival& arrival) -> std::optional<LocalResponse> {
    if (arrival.head.path == "/stall") pause_for(400ms);
    return LocalResponse{};
  };
  server.start();
  Socket client = server.connect();
  client.send(get("/stall"));
  EXPECT_EQ(client.response().status, 200);
  EXPECT_TRUE(
      eventually([&] { return metric(server.registry, "sallyport_loop_stalls_total") >= 1; }));
}

TEST(Server, MistakesInTheConfigurationAreNamed) {
  const auto error_of = [](const std::function<void(ListenerConfig&)>& spoil) {
    ServerConfig config;
    config.shards = 1;
    config.listeners.emplace_back().port = 0;
    spoil(config.listeners[0]);
    metrics::Registry registry;
    const auto made = Server::make(config, {}, registry);
    return made ? std::string("none") : made.error().detail;
  };
  EXPECT_THAT(error_of([](ListenerConfig& l) { l.address = "300.0.0.1"; }),
              HasSubstr("not an IP address"));
  EXPECT_THAT(error_of([](ListenerConfig& l) { l.address = "192.0.2.1"; }), HasSubstr("binding"));
  EXPECT_THAT(error_of([](ListenerConfig& l) { l.proxy_protocol_from = {"10.0.0.0/99"}; }),
              HasSubstr("10.0.0.0/99"));
  EXPECT_THAT(error_of([](ListenerConfig& l) { l.unix_path = "/nonexistent/dir/socket"; }),
              HasSubstr("No such file"));
  EXPECT_THAT(error_of([](ListenerConfig& l) {
                l.tls = TlsServerConfig{"/nonexistent.pem", "/nonexistent.key", "", false};
              }),
              HasSubstr("certificate `/nonexistent.pem`"));
}

}  // namespace
}  // namespace sallyport::runtime::test
