#include "http/writer.h"

#include <gtest/gtest.h>

#include "http/request_parser.h"
#include "http/response_parser.h"

namespace sallyport::http {
namespace {

RequestHead request() {
  RequestHead head;
  head.method = "POST";
  head.target = "/v1/messages?x=y";
  head.headers.add("Host", "api.example");
  return head;
}

TEST(Writer, writesRequestHeads) {
  RequestHead head = request();
  head.content_length = 12;
  std::string out = "before";
  ASSERT_TRUE(append_request_head(out, head));
  EXPECT_EQ(
      out,
      "beforePOST /v1/messages?x=y HTTP/1.1\r\nHost: api.example\r\nContent-Length: 12\r\n\r\n");
}

TEST(Writer, writesFramingFromTheHeadAlone) {
  RequestHead head = request();
  head.headers.add("content-length", "99");
  head.headers.add("TRANSFER-ENCODING", "gzip");
  head.headers.add("Connection", "upgrade");
  head.headers.add("Keep-Alive", "timeout=5");
  head.chunked = true;
  head.keep_alive = false;
  std::string out;
  ASSERT_TRUE(append_request_head(out, head));
  EXPECT_EQ(out,
            "POST /v1/messages?x=y HTTP/1.1\r\nHost: api.example\r\nTransfer-Encoding: chunked\r\n"
            "Connection: close\r\n\r\n");
}

TEST(Writer, writesResponseHeads) {
  const auto written = [](int status, bool chunked, std::optional<std::uint64_t> length,
                          bool keep_alive) {
    ResponseHead head;
    head.status = status;
    head.reason = "ignored\r\n";
    head.chunked = chunked;
    head.content_length = length;
    head.keep_alive = keep_alive;
    std::string out;
    EXPECT_TRUE(append_response_head(out, head));
    return out;
  };
  EXPECT_EQ(written(200, true, std::nullopt, true),
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
  EXPECT_EQ(written(529, false, 0, false),
            "HTTP/1.1 529 Overloaded\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(written(200, false, std::nullopt, true),
            "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(written(204, true, 5, true), "HTTP/1.1 204 No Content\r\n\r\n");
  EXPECT_EQ(written(100, false, std::nullopt, true), kContinue);
}

TEST(Writer, letsNothingBeInjected) {
  const auto fails = [](const RequestHead& head) {
    std::string out = "kept";
    const bool failed = !append_request_head(out, head);
    EXPECT_EQ(out == "kept", failed);
    return failed;
  };
  EXPECT_FALSE(fails(request()));
  for (const std::string& value :
       std::vector<std::string>{"a\r\nX: y", "a\nb", "a\rb", std::string("\0", 1), "\x7f"}) {
    RequestHead head = request();
    head.headers.add("X", value);
    EXPECT_TRUE(fails(head)) << testing::PrintToString(value);
    head = request();
    head.target = "/" + value;
    EXPECT_TRUE(fails(head)) << testing::PrintToString(value);
    head = request();
    head.headers.add(value, "x");
    EXPECT_TRUE(fails(head)) << testing::PrintToString(value);
    head = request();
    head.method = "GET " + value;
    EXPECT_TRUE(fails(head)) << testing::PrintToString(value);
    ResponseHead response;
    response.status = 200;
    response.headers.add("X", value);
    std::string out = "kept";
    EXPECT_FALSE(append_response_head(out, response));
    EXPECT_EQ(out, "kept");
  }
  RequestHead head = request();
  head.target = "/a b";
  EXPECT_TRUE(fails(head));
}

TEST(Writer, writesWhatTheParsersRead) {
  RequestHead head = request();
  head.chunked = true;
  std::string out;
  ASSERT_TRUE(append_request_head(out, head));
  RequestParser parser;
  ASSERT_EQ(parser.feed(out).progress, Progress::complete);
  std::string again;
  ASSERT_TRUE(append_request_head(again, parser.head()));
  EXPECT_EQ(again, out);
  ResponseHead response;
  response.status = 200;
  response.content_length = 3;
  response.headers.add("A", "");
  out.clear();
  ASSERT_TRUE(append_response_head(out, response));
  ResponseParser reader;
  ASSERT_EQ(reader.feed(out).progress, Progress::complete);
  EXPECT_EQ(reader.head().content_length, 3u);
}

TEST(Writer, writesChunks) {
  std::string out;
  append_chunk(out, "0123456789abcdef");
  append_chunk(out, "");
  append_chunk_start(out, 3);
  out += "xyz";
  out += kChunkEnd;
  out += kLastChunk;
  EXPECT_EQ(out, "10\r\n0123456789abcdef\r\n3\r\nxyz\r\n0\r\n\r\n");
}

TEST(Headers, findSetAndRemove) {
  Headers headers;
  headers.add("A", "1");
  headers.add("b", "2");
  headers.add("a", "3");
  EXPECT_EQ(headers.count("A"), 2u);
  EXPECT_EQ(headers.get("B"), "2");
  EXPECT_EQ(headers.find("c"), nullptr);
  headers.set("a", "4");
  EXPECT_EQ(headers.count("A"), 1u);
  EXPECT_EQ(headers.get("A"), "4");
  EXPECT_EQ(headers.list().front().name, "A");
  headers.set("c", "5");
  headers.remove("B");
  EXPECT_EQ(headers.list().size(), 2u);
  EXPECT_TRUE(list_has_token("a , Close", "close"));
  EXPECT_FALSE(list_has_token("closed, clos", "close"));
  EXPECT_FALSE(list_has_token("", "close"));
}

}  // namespace
}  // namespace sallyport::http
