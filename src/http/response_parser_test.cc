#include "http/response_parser.h"

#include <gtest/gtest.h>

#include "base/random.h"
#include "http/body.h"

namespace sallyport::http {
namespace {

Progress feed(ResponseParser& parser, const std::string& text) {
  return parser.feed(text).progress;
}

bool accepts(const std::string& text, const HeadLimits& limits = {}) {
  ResponseParser parser(limits);
  return feed(parser, text) == Progress::complete;
}

TEST(ResponseParser, readsAHead) {
  ResponseParser parser;
  const std::string text =
      "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
  const ResponseParser::Fed fed = parser.feed(text + "5\r\n");
  EXPECT_EQ(fed.progress, Progress::complete);
  EXPECT_EQ(fed.consumed, text.size());
  EXPECT_EQ(parser.head().status, 200);
  EXPECT_EQ(parser.head().reason, "OK");
  EXPECT_TRUE(parser.head().chunked);
  EXPECT_TRUE(parser.head().keep_alive);
  EXPECT_EQ(parser.head().headers.get("content-type"), "text/event-stream");
  EXPECT_EQ(body_kind(parser.head(), false), BodyKind::chunked);
  EXPECT_EQ(body_kind(parser.head(), true), BodyKind::none);
}

TEST(ResponseParser, skipsInterimResponses) {
  ResponseParser parser;
  EXPECT_EQ(feed(parser, "HTTP/1.1 100 Continue\r\n\r\n"), Progress::need_more);
  EXPECT_FALSE(parser.idle());
  EXPECT_EQ(
      feed(parser, "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n"),
      Progress::complete);
  EXPECT_EQ(parser.head().status, 204);
  EXPECT_TRUE(parser.head().headers.list().empty());
  EXPECT_TRUE(parser.head().keep_alive);
  parser.reset();
  std::string flood;
  for (int i = 0; i <= ResponseParser::kMaxInterim; ++i) flood += "HTTP/1.1 102 Processing\r\n\r\n";
  EXPECT_EQ(feed(parser, flood), Progress::failed);
  EXPECT_FALSE(accepts("HTTP/1.1 101 Switching Protocols\r\n\r\n"));
}

TEST(ResponseParser, knowsWhereTheConnectionCannotBeUsedAgain) {
  const auto keeps = [](const std::string& text) {
    ResponseParser parser;
    EXPECT_EQ(feed(parser, text), Progress::complete) << text;
    return parser.head().keep_alive;
  };
  EXPECT_TRUE(keeps("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
  EXPECT_FALSE(keeps("HTTP/1.1 200 OK\r\n\r\n"));
  EXPECT_FALSE(keeps("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"));
  EXPECT_FALSE(keeps("HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n"));
  EXPECT_TRUE(keeps("HTTP/1.0 200 OK\r\nContent-Length: 0\r\nConnection: Keep-Alive\r\n\r\n"));
  EXPECT_FALSE(keeps("HTTP/1.1 204 x\r\nContent-Length: 5\r\n\r\n"));
  EXPECT_FALSE(keeps("HTTP/1.1 204 x\r\nTransfer-Encoding: chunked\r\n\r\n"));
  EXPECT_TRUE(keeps("HTTP/1.1 304 x\r\nContent-Length: 5\r\n\r\n"));
}

TEST(ResponseParser, findsTheKindOfBody) {
  const auto kind = [](const std::string& text) {
    ResponseParser parser;
    EXPECT_EQ(feed(parser, text), Progress::complete) << text;
    return body_kind(parser.head(), false);
  };
  EXPECT_EQ(kind("HTTP/1.1 200 OK\r\n\r\n"), BodyKind::until_close);
  EXPECT_EQ(kind("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"), BodyKind::length);
  EXPECT_EQ(kind("HTTP/1.1 204 x\r\nContent-Length: 5\r\n\r\n"), BodyKind::none);
  EXPECT_EQ(kind("HTTP/1.1 304 x\r\nContent-Length: 5\r\n\r\n"), BodyKind::none);
}

TEST(ResponseParser, refusesBadStatusLines) {
  for (const std::string& line :
       std::vector<std::string>{"HTTP/1.1 200 OK", "HTTP/1.1 200 ", "HTTP/1.0 599 A \xc3\xa9 b"}) {
    EXPECT_TRUE(accepts(line + "\r\n\r\n")) << line;
  }
  for (const std::string& line : std::vector<std::string>{"",
                                                          "HTTP/1.1",
                                                          "HTTP/1.1 ",
                                                          "HTTP/1.1 20",
                                                          "HTTP/1.1 2000",
                                                          "HTTP/1.1 099",
                                                          "HTTP/1.1 600",
                                                          "HTTP/1.1 +20",
                                                          "HTTP/1.1  200",
                                                          "HTTP/1.1\t200",
                                                          "HTTP/2 200",
                                                          "HTTP/2.0 200 OK",
                                                          "HTTP/1.2 200 OK",
                                                          "http/1.1 200 OK",
                                                          " HTTP/1.1 200 OK",
                                                          "HTTP/1.1 200\tOK",
                                                          "HTTP/1.1 200 O\x01K",
                                                          "HTTP/1.1 200 O\rK",
                                                          "ICY 200 OK",
                                                          "<html>"}) {
    EXPECT_FALSE(accepts(line + "\r\n\r\n")) << line;
  }
  EXPECT_FALSE(accepts("HTTP/1.1 200 OK\n\n"));
}

TEST(ResponseParser, refusesAmbiguousFraming) {
  for (const std::string& fields : std::vector<std::string>{
           "Content-Length: 5\r\nContent-Length: 5\r\n", "Content-Length: +5\r\n",
           "Content-Length: 5, 5\r\n", "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
           "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "Transfer-Encoding: gzip\r\n",
           "Transfer-Encoding: gzip, chunked\r\n", "Transfer-Encoding: chunked, chunked\r\n",
           "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "A : b\r\n",
           "A: b\r\n c\r\n", " A: b\r\n", "A: b\n", std::string("A: \0\r\n", 6), "A\r\n"}) {
    EXPECT_FALSE(accepts("HTTP/1.1 200 OK\r\n" + fields + "\r\n")) << fields;
  }
  EXPECT_FALSE(accepts("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"));
}

TEST(ResponseParser, boundsWhatItKeeps) {
  const HeadLimits limits{.max_start_line_bytes = 20, .max_header_bytes = 20, .max_fields = 2};
  EXPECT_TRUE(accepts("HTTP/1.1 200 12345\r\nA: 1\r\nB: 2\r\n\r\n", limits));
  EXPECT_FALSE(accepts("HTTP/1.1 200 123456\r\n\r\n", limits));
  EXPECT_FALSE(accepts("HTTP/1.1 200 OK\r\nA: 0123456789012345\r\n\r\n", limits));
  EXPECT_FALSE(accepts("HTTP/1.1 200 OK\r\nA: 1\r\nB: 2\r\nC:\r\n\r\n", limits));
}

TEST(ResponseParser, givesTheSameForAnyChunks) {
  SeededRandom random(22);
  const std::string text =
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 12\r\nA: some value\r\n\r\n";
  for (int round = 0; round < 5000; ++round) {
    std::string mutated = text;
    if (round % 2 == 1)
      mutated[random.below(mutated.size())] = static_cast<char>(random.below(256));
    ResponseParser whole, pieces;
    const ResponseParser::Fed expected = whole.feed(mutated);
    std::size_t consumed = 0;
    Progress progress = Progress::need_more;
    for (std::size_t at = 0; at < mutated.size() && progress == Progress::need_more;) {
      const std::string chunk = mutated.substr(at, random.below(20));
      const ResponseParser::Fed fed = pieces.feed(chunk);
      consumed += fed.consumed;
      progress = fed.progress;
      at += chunk.size();
    }
    ASSERT_EQ(progress, expected.progress);
    ASSERT_EQ(pieces.refusal().detail, whole.refusal().detail);
    ASSERT_EQ(pieces.head().reason, whole.head().reason);
    ASSERT_EQ(pieces.head().content_length, whole.head().content_length);
    if (progress == Progress::complete) {
      ASSERT_EQ(consumed, expected.consumed);
    }
  }
}

}  // namespace
}  // namespace sallyport::http
