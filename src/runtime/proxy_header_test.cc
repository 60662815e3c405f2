#include "runtime/proxy_header.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/network.h"
#include "runtime/test_support.h"

namespace sallyport::runtime {
namespace {

using ::testing::HasSubstr;

std::string v2(unsigned char command, unsigned char family, const std::string& addresses) {
  std::string out("\r\n\r\n\0\r\nQUIT\n", 12);
  out.push_back(static_cast<char>(command));
  out.push_back(static_cast<char>(family));
  out.push_back(static_cast<char>(addresses.size() >> 8));
  out.push_back(static_cast<char>(addresses.size() & 0xff));
  return out + addresses;
}

std::string client_of(std::string_view bytes) {
  const auto parsed = parse_proxy_header(bytes);
  if (!parsed) return "error";
  if (!*parsed) return "more";
  return (*parsed)->client ? print_address(*(*parsed)->client) : "none";
}

const std::string kV4 =
    std::string("\xc0\x00\x02\x07", 4) + std::string("\x0a\x00\x00\x01", 4) + "\x12\x34\x01\xbb";

TEST(ProxyHeader, BothVersionsNameTheClient) {
  EXPECT_EQ(client_of("PROXY TCP4 192.0.2.7 10.0.0.1 4660 443\r\nGET"), "192.0.2.7");
  EXPECT_EQ(client_of("PROXY TCP6 2001:db8::7 ::1 4660 443\r\n"), "2001:db8::7");
  EXPECT_EQ(client_of("PROXY UNKNOWN\r\n"), "none");
  EXPECT_EQ(client_of("PROXY UNKNOWN ffff::1 whatever\r\n"), "none");
  EXPECT_EQ(client_of(v2(0x21, 0x11, kV4)), "192.0.2.7");
  EXPECT_EQ(client_of(v2(0x21, 0x11, kV4 + "\x03\x00\x04" + "tlv!")), "192.0.2.7");
  EXPECT_EQ(client_of(v2(0x21, 0x21, std::string(15, '\0') + "\x01" + std::string(20, '\0'))),
            "::1");
  EXPECT_EQ(client_of(v2(0x20, 0x00, "")), "none");
  EXPECT_EQ(client_of(v2(0x21, 0x31, std::string(216, 'x'))), "none");
}

TEST(ProxyHeader, SizeIsExactAndEveryPrefixAsksForMore) {
  for (const std::string& whole :
       {std::string("PROXY TCP4 192.0.2.7 10.0.0.1 4660 443\r\n"), v2(0x21, 0x11, kV4)}) {
    for (std::size_t size = 0; size < whole.size(); ++size)
      EXPECT_EQ(client_of(whole.substr(0, size)), "more") << size;
    EXPECT_EQ((*parse_proxy_header(whole + "rest"))->size, whole.size());
  }
}

TEST(ProxyHeader, AnythingElseIsMalformed) {
  for (const std::string& bad :
       {std::string("GET / HTTP/1.1\r\n"),
        std::string("PROXY TCP4 192.0.2.7 10.0.0.1 4660 443 \r\n"),
        std::string("PROXY TCP4 192.0.2.7 10.0.0.1 65536 443\r\n"),
        std::string("PROXY TCP4 ::1 ::1 1 2\r\n"),
        std::string("PROXY TCP4 192.0.2.07 10.0.0.1 1 2\r\n"),
        std::string("PROXY TCP4 192.0.2.7  10.0.0.1 1 2\r\n"),
        std::string("PROXY UDP4 192.0.2.7 10.0.0.1 1 2\r\n"), "PROXY " + std::string(120, 'x'),
        v2(0x11, 0x11, kV4), v2(0x22, 0x11, kV4), v2(0x21, 0x11, "short"), v2(0x21, 0x21, kV4),
        v2(0x21, 0x11, std::string(3000, 'x'))}) {
    EXPECT_EQ(client_of(bad), "error") << bad;
  }
}

TEST(Network, ContainsByPrefix) {
  const auto set = NetworkSet::parse({"10.0.0.0/8", "192.0.2.7", "2001:db8::/33"});
  ASSERT_TRUE(set);
  EXPECT_TRUE(set->contains(*parse_address("10.255.1.2")));
  EXPECT_TRUE(set->contains(*parse_address("::ffff:10.1.1.1")));
  EXPECT_TRUE(set->contains(*parse_address("192.0.2.7")));
  EXPECT_TRUE(set->contains(*parse_address("2001:db8:7fff::1")));
  EXPECT_FALSE(set->contains(*parse_address("11.0.0.1")));
  EXPECT_FALSE(set->contains(*parse_address("192.0.2.8")));
  EXPECT_FALSE(set->contains(*parse_address("2001:db8:8000::1")));
}

TEST(Network, MistakesAreNamed) {
  for (const char* bad :
       {"10.0.0.0/33", "10.0.0.1/8", "::1/129", "x", "10.0.0.0/", "10.0.0.0/8x", "10.0.0/8"}) {
    const auto set = NetworkSet::parse({bad});
    ASSERT_FALSE(set) << bad;
    EXPECT_THAT(set.error().detail, HasSubstr(bad));
  }
}

TEST(ProxyHeader, ListenersTakeItOnlyFromNamedPeers) {
  test::TestServer server;
  server.config().listeners[0].proxy_protocol_from = {"127.0.0.0/8"};
  server.start();
  test::Socket v1 = server.connect();
  v1.send("PROXY TCP4 192.0.2.7 10.0.0.1 4660 443\r\n" + test::get("/echo"));
  EXPECT_EQ(v1.response().body, "GET /echo 0 192.0.2.7 main []");
  v1.send(test::get("/echo"));
  EXPECT_EQ(v1.response().body, "GET /echo 0 192.0.2.7 main []");
  const std::string second = v2(0x21, 0x11, kV4) + test::get("/echo");
  test::Socket pieces = server.connect();
  for (const char byte : second) {
    pieces.send(std::string_view(&byte, 1));
    test::pause_for(std::chrono::milliseconds(1));
  }
  EXPECT_EQ(pieces.response().body, "GET /echo 0 192.0.2.7 main []");
  test::Socket missing = server.connect();
  missing.send(test::get("/echo"));
  EXPECT_EQ(missing.response().status, 400);
  EXPECT_EQ(test::metric(server.registry, "sallyport_handshake_failures_total"), 1);
}

}  // namespace
}  // namespace sallyport::runtime
