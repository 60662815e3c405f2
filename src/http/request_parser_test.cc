#include "http/request_parser.h"

#include <gtest/gtest.h>

#include "base/random.h"

namespace sallyport::http {
namespace {

struct Outcome {
  Progress progress = Progress::need_more;
  int status = 0;
  std::string_view detail;
  std::size_t consumed = 0;
  bool operator==(const Outcome&) const = default;
};

void PrintTo(const Outcome& outcome, std::ostream* out) {
  *out << static_cast<int>(outcome.progress) << " status " << outcome.status << " "
       << outcome.detail << " consumed " << outcome.consumed;
}

Outcome feed_all(RequestParser& parser, const std::vector<std::string>& chunks) {
  Outcome outcome;
  for (const std::string& chunk : chunks) {
    const RequestParser::Fed fed = parser.feed(chunk);
    outcome.consumed += fed.consumed;
    outcome.progress = fed.progress;
    if (fed.progress != Progress::need_more) break;
  }
  outcome.status = parser.refusal().status;
  outcome.detail = parser.refusal().detail;
  return outcome;
}

Outcome outcome_of(const std::string& text, const HeadLimits& limits = {}) {
  RequestParser parser(limits);
  return feed_all(parser, {text});
}

std::string with_fields(const std::string& fields) {
  return "POST / HTTP/1.1\r\nHost: h\r\n" + fields + "\r\n";
}

TEST(RequestParser, readsAHead) {
  RequestParser parser;
  const std::string text =
      "POST /v1/messages?beta=true&a[]=b HTTP/1.1\r\nHost: api.example:8080\r\nx-api-key:  k \t\r\n"
      "Content-Length: 5\r\nExpect: 100-Continue\r\nEmpty:\r\n\r\n";
  const RequestParser::Fed fed = parser.feed(text + "hello");
  EXPECT_EQ(fed.progress, Progress::complete) << parser.refusal().detail;
  EXPECT_EQ(fed.consumed, text.size());
  const RequestHead& head = parser.head();
  EXPECT_EQ(head.method, "POST");
  EXPECT_EQ(head.target, "/v1/messages?beta=true&a[]=b");
  EXPECT_EQ(head.path, "/v1/messages");
  EXPECT_EQ(head.query, "beta=true&a[]=b");
  EXPECT_EQ(head.minor_version, 1);
  EXPECT_EQ(head.headers.get("X-Api-Key"), "k");
  EXPECT_EQ(head.headers.get("empty"), "");
  EXPECT_EQ(head.content_length, 5u);
  EXPECT_FALSE(head.chunked);
  EXPECT_TRUE(head.keep_alive);
  EXPECT_TRUE(head.expects_continue);
}

TEST(RequestParser, servesOneMessageAfterAnother) {
  RequestParser parser;
  const std::string one = with_fields("Transfer-Encoding: Chunked\r\n");
  const std::string two = "GET /x HTTP/1.1\r\nHost: h\r\nConnection: foo, Close\r\n\r\n";
  EXPECT_TRUE(parser.idle());
  EXPECT_EQ(parser.feed(one + two).consumed, one.size());
  EXPECT_TRUE(parser.head().chunked);
  EXPECT_EQ(parser.feed(two).consumed, 0u);
  parser.reset();
  EXPECT_TRUE(parser.idle());
  EXPECT_EQ(parser.feed("G").progress, Progress::need_more);
  EXPECT_FALSE(parser.idle());
  EXPECT_EQ(parser.feed(two.substr(1)).progress, Progress::complete);
  EXPECT_FALSE(parser.head().keep_alive);
  EXPECT_FALSE(parser.head().chunked);
  EXPECT_EQ(parser.head().headers.list().size(), 2u);
}

TEST(RequestParser, knowsHttp10) {
  RequestParser parser;
  EXPECT_EQ(parser.feed("GET / HTTP/1.0\r\n\r\n").progress, Progress::complete);
  EXPECT_FALSE(parser.head().keep_alive);
  parser.reset();
  EXPECT_EQ(parser.feed("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").progress,
            Progress::complete);
  EXPECT_TRUE(parser.head().keep_alive);
}

struct Case {
  std::string text;
  int status;  // 0: accepted
};

TEST(RequestParser, refusesBadRequestLines) {
  const auto line = [](const std::string& text) { return text + "\r\nHost: h\r\n\r\n"; };
  const std::vector<Case> cases = {
      {line("GET / HTTP/1.1"), 0},
      {line("GET /a%20b HTTP/1.1"), 0},
      {line("M-SEARCH / HTTP/1.1"), 0},
      {line("GET  / HTTP/1.1"), 400},
      {line("GET /  HTTP/1.1"), 400},
      {line("GET / HTTP/1.1 "), 400},
      {line(" GET / HTTP/1.1"), 400},
      {line("\tGET / HTTP/1.1"), 400},
      {line("GET\t/\tHTTP/1.1"), 400},
      {line("GET /"), 400},
      {line("GET"), 400},
      {line("GET / http/1.1"), 400},
      {line("GET / HTTP/1.1x"), 400},
      {line("GET / HTTP/1"), 400},
      {line("GET / HTTP/01.1"), 400},
      {line("GET / HTTP/1,1"), 400},
      {line("GET / HTTP/1.2"), 505},
      {line("GET / HTTP/0.9"), 505},
      {line("GET / HTTP/2.0"), 505},
      {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
      {line("G(T / HTTP/1.1"), 400},
      {line("G\xc3\x89T / HTTP/1.1"), 400},
      {line(std::string(33, 'G') + " / HTTP/1.1"), 400},
      {line("GET * HTTP/1.1"), 400},
      {line("GET http://h/ HTTP/1.1"), 400},
      {line("CONNECT h:443 HTTP/1.1"), 400},
      {line("GET /a b HTTP/1.1"), 400},
      {line("GET /a#b HTTP/1.1"), 400},
      {line("GET /\x01 HTTP/1.1"), 400},
      {line("GET /\xc3\xa9 HTTP/1.1"), 400},
      {line("GET /a\\b HTTP/1.1"), 400},
      {line("GET /a%2 HTTP/1.1"), 400},
      {line("GET /a%zz HTTP/1.1"), 400},
      {line(std::string("GET /\0 HTTP/1.1", 15)), 400},
      {"\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"\nGET / HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"GET / HTTP/1.1\nHost: h\r\n\r\n", 400},
      {"GET / HTTP/1.1\rHost: h\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\r\nHost: h\r\n\r\n", 400},
  };
  for (const Case& test : cases) EXPECT_EQ(outcome_of(test.text).status, test.status) << test.text;
}

TEST(RequestParser, refusesBadFieldLines) {
  const std::vector<Case> cases = {
      {with_fields("A: b\r\n"), 0},
      {with_fields("A: \xc3\xa9\tx\r\n"), 0},
      {with_fields("A : b\r\n"), 400},
      {with_fields("A\t: b\r\n"), 400},
      {with_fields(" A: b\r\n"), 400},
      {with_fields("A: b\r\n c\r\n"), 400},
      {with_fields("A: b\r\n\tc\r\n"), 400},
      {with_fields("A: b\r\n \r\n"), 400},
      {with_fields("A\r\n"), 400},
      {with_fields(": b\r\n"), 400},
      {with_fields("A(: b\r\n"), 400},
      {with_fields("\xc3\xa9: b\r\n"), 400},
      {with_fields("A: b\n"), 400},
      {with_fields("A: b\rC: d\r\n"), 400},
      {with_fields("A: b\r\r\n"), 400},
      {with_fields("A: \x01\r\n"), 400},
      {with_fields("A: \x7f\r\n"), 400},
      {with_fields("A: \x0b\r\n"), 400},
      {with_fields(std::string("A: \0\r\n", 6)), 400},
      {with_fields("A: a longer value that has its \x02 control far behind\r\n"), 400},
      {"GET / HTTP/1.1\r\nHost: h\r\n\n", 400},
      {"GET / HTTP/1.1\r\n Host: h\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost:\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: a\r\nhost: a\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: a@b\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n", 0},
      {"GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n", 400},
      {with_fields("Expect: 200-ok\r\n"), 417},
      {with_fields("Expect: 100-continue\r\n"), 0},
  };
  for (const Case& test : cases) EXPECT_EQ(outcome_of(test.text).status, test.status) << test.text;
}

TEST(RequestParser, refusesEveryAmbiguousFraming) {
  const std::vector<Case> cases = {
      {with_fields("Content-Length: 0\r\n"), 0},
      {with_fields("Content-Length: 9223372036854775807\r\n"), 0},
      {with_fields("Content-Length: 9223372036854775808\r\n"), 400},
      {with_fields("Content-Length: 99999999999999999999\r\n"), 400},
      {with_fields("Content-Length: +5\r\n"), 400},
      {with_fields("Content-Length: -5\r\n"), 400},
      {with_fields("Content-Length: 05\r\n"), 400},
      {with_fields("Content-Length: 0x5\r\n"), 400},
      {with_fields("Content-Length: 5 5\r\n"), 400},
      {with_fields("Content-Length: 5,5\r\n"), 400},
      {with_fields("Content-Length: 5, 5\r\n"), 400},
      {with_fields("Content-Length: 5.0\r\n"), 400},
      {with_fields("Content-Length: \"5\"\r\n"), 400},
      {with_fields("Content-Length:\r\n"), 400},
      {with_fields("Content-Length: 5\r\nContent-Length: 5\r\n"), 400},
      {with_fields("Content-Length: 5\r\ncontent-length: 6\r\n"), 400},
      {with_fields("Transfer-Encoding: chunked\r\n"), 0},
      {with_fields("TRANSFER-ENCODING:\tCHUNKED \r\n"), 0},
      {with_fields("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n"), 400},
      {with_fields("content-LENGTH: 5\r\ntransfer-ENCODING: chunked\r\n"), 400},
      {with_fields("Transfer-Encoding: gzip\r\nContent-Length: 5\r\n"), 400},
      {with_fields("Transfer-Encoding: gzip\r\n"), 400},
      {with_fields("Transfer-Encoding: identity\r\n"), 400},
      {with_fields("Transfer-Encoding:\r\n"), 400},
      {with_fields("Transfer-Encoding: chunked, gzip\r\n"), 400},
      {with_fields("Transfer-Encoding: gzip, chunked\r\n"), 501},
      {with_fields("Transfer-Encoding: chunked, chunked\r\n"), 400},
      {with_fields("Transfer-Encoding: chunked, gzip, chunked\r\n"), 400},
      {with_fields("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"), 400},
      {with_fields("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n"), 400},
      {with_fields("Transfer-Encoding: xchunked\r\n"), 400},
      {with_fields("Transfer-Encoding: chunked;q=1\r\n"), 400},
      {with_fields("Transfer-Encoding: \"chunked\"\r\n"), 400},
      {with_fields("Transfer-Encoding: \x0b"
                   "chunked\r\n"),
       400},
      {with_fields("Transfer-Encoding: chunk\r\n ed\r\n"), 400},
      {with_fields("Transfer-Encoding : chunked\r\n"), 400},
      {with_fields("Transfer-Encoding\r\n: chunked\r\n"), 400},
      {"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
  };
  for (const Case& test : cases) EXPECT_EQ(outcome_of(test.text).status, test.status) << test.text;
}

TEST(RequestParser, boundsWhatItKeeps) {
  const HeadLimits limits{.max_start_line_bytes = 20, .max_header_bytes = 40, .max_fields = 3};
  EXPECT_EQ(outcome_of("GET /1234 HTTP/1.1\r\nHost: h\r\n\r\n", limits).status, 0);
  EXPECT_EQ(outcome_of("GET /12345 HTTP/1.1\r\nHost: h\r\n\r\n", limits).status, 414);
  EXPECT_EQ(outcome_of("GET /12345 HTTP/1.1\r", limits).status, 414);
  EXPECT_EQ(outcome_of("GET / HTTP/1.1\r\nHost: h\r\nA: 1\r\nB: 2\r\n\r\n", limits).status, 0);
  EXPECT_EQ(outcome_of("GET / HTTP/1.1\r\nHost: h\r\nA: 1\r\nB: 2\r\nC: 3\r\n\r\n", limits).status,
            431);
  EXPECT_EQ(
      outcome_of("GET / HTTP/1.1\r\nHost: h\r\nA: " + std::string(24, 'x') + "\r\n\r\n", limits)
          .status,
      0);
  EXPECT_EQ(
      outcome_of("GET / HTTP/1.1\r\nHost: h\r\nA: " + std::string(25, 'x') + "\r\n\r\n", limits)
          .status,
      431);
  EXPECT_EQ(outcome_of("GET / HTTP/1.1\r\nHost: h\r\nA: " + std::string(40, 'x'), limits).status,
            431);
  EXPECT_EQ(outcome_of("GET /" + std::string(9000, 'x')).status, 414);
  EXPECT_EQ(outcome_of(with_fields("A: " + std::string(66'000, 'x') + "\r\n")).status, 431);
}

TEST(RequestParser, staysFailedUntilReset) {
  RequestParser parser;
  EXPECT_EQ(parser.feed("GET / HTTP/2.0\r\n").progress, Progress::failed);
  const RequestParser::Fed fed = parser.feed("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(fed.progress, Progress::failed);
  EXPECT_EQ(fed.consumed, 0u);
}

TEST(RequestParser, errorsForTheRestOfTheHouse) {
  EXPECT_EQ(to_error({431, "x"}, Source::client).code, Code::too_large);
  EXPECT_EQ(to_error({400, "x"}, Source::client).code, Code::malformed);
  EXPECT_EQ(to_error({505, "x"}, Source::client).code, Code::invalid);
  EXPECT_EQ(to_error({400, "x"}, Source::upstream).code, Code::protocol);
  EXPECT_EQ(to_error({400, "bad host"}, Source::client).detail, "http: bad host");
}

std::string random_head(Random& random) {
  static constexpr std::string_view kLines[] = {"POST / HTTP/1.1", "GET /a?b HTTP/1.0",
                                                "GET / HTTP/1.1"};
  static constexpr std::string_view kFields[] = {"Host: h",
                                                 "A: b",
                                                 "Content-Length: 3",
                                                 "Transfer-Encoding: chunked",
                                                 "Connection: close",
                                                 "X-Long: 0123456789012345678901234567890123456789",
                                                 " folded",
                                                 "bad",
                                                 "Expect: 100-continue",
                                                 "a\r: b"};
  std::string text(kLines[random.below(3)]);
  text += random.below(20) == 0 ? "\n" : "\r\n";
  if (random.below(2) == 0) text += "Host: a\r\n";
  for (std::size_t i = random.below(5); i > 0; --i) {
    text += kFields[random.below(std::size(kFields))];
    text += random.below(30) == 0 ? "\n" : "\r\n";
  }
  text += "\r\nbody";
  if (random.below(4) == 0) text[random.below(text.size())] = static_cast<char>(random.below(256));
  return text;
}

TEST(RequestParser, givesTheSameForAnyChunks) {
  SeededRandom random(21);
  std::size_t complete = 0;
  for (int round = 0; round < 20'000; ++round) {
    const std::string text = random_head(random);
    HeadLimits limits;
    if (random.below(3) == 0)
      limits = {.max_start_line_bytes = 16 + random.below(3), .max_header_bytes = 30};
    RequestParser whole(limits), pieces(limits);
    const Outcome expected = feed_all(whole, {text});
    std::vector<std::string> chunks;
    for (std::size_t at = 0; at < text.size(); at += chunks.back().size()) {
      chunks.push_back(text.substr(at, random.below(random.below(2) == 0 ? 3 : 30)));
    }
    Outcome got = feed_all(pieces, chunks);
    if (expected.progress == Progress::failed)
      got.consumed = expected.consumed;  // of no matter once failed
    ASSERT_EQ(got, expected) << testing::PrintToString(text);
    complete += expected.progress == Progress::complete;
    if (expected.progress != Progress::complete) continue;
    ASSERT_TRUE(text.substr(0, expected.consumed).ends_with("\r\n\r\n"));
    ASSERT_EQ(whole.head().target, pieces.head().target);
    ASSERT_EQ(whole.head().headers.list().size(), pieces.head().headers.list().size());
    for (std::size_t i = 0; i < whole.head().headers.list().size(); ++i) {
      ASSERT_EQ(whole.head().headers.list()[i].name, pieces.head().headers.list()[i].name);
      ASSERT_EQ(whole.head().headers.list()[i].value, pieces.head().headers.list()[i].value);
    }
  }
  EXPECT_GT(complete, 1000u);
}

}  // namespace
}  // namespace sallyport::http
