// Boost.Beast's parser as a second opinion on framing: what it refuses we refuse. Where we are
// stricter, the table says why; where we accept what it refuses, there must be a reason as well.
#include <gtest/gtest.h>

#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include "base/random.h"
#include "http/body.h"
#include "http/request_parser.h"
#include "http/response_parser.h"

namespace sallyport::http {
namespace {

namespace beast = boost::beast::http;

struct Reading {
  enum class End : std::uint8_t { whole, cut, refused } end = End::cut;
  std::string content;
  std::size_t consumed = 0;  // head and body
  std::string detail;
};

Reading read_body(Reading reading, BodyReader body, std::string_view rest, bool at_end) {
  while (!rest.empty() && body.progress() == Progress::need_more) {
    const BodyReader::Part part = body.read(rest);
    reading.content += part.data;
    reading.consumed += part.consumed;
    rest.remove_prefix(part.consumed);
  }
  if (at_end) body.finish();
  if (body.progress() == Progress::complete) reading.end = Reading::End::whole;
  if (body.progress() == Progress::failed) reading.end = Reading::End::refused;
  reading.detail = body.refusal().detail;
  return reading;
}

Reading our_request(std::string_view text) {
  RequestParser parser;
  const RequestParser::Fed fed = parser.feed(text);
  Reading reading;
  reading.consumed = fed.consumed;
  reading.detail = parser.refusal().detail;
  if (fed.progress == Progress::failed) reading.end = Reading::End::refused;
  if (fed.progress != Progress::complete) return reading;
  return read_body(reading, BodyReader(parser.head()), text.substr(fed.consumed), false);
}

Reading our_response(std::string_view text) {
  ResponseParser parser;
  const ResponseParser::Fed fed = parser.feed(text);
  Reading reading;
  reading.consumed = fed.consumed;
  reading.detail = parser.refusal().detail;
  if (fed.progress == Progress::failed) reading.end = Reading::End::refused;
  if (fed.progress != Progress::complete) return reading;
  return read_body(reading, BodyReader(parser.head(), false), text.substr(fed.consumed),
                   body_kind(parser.head(), false) == BodyKind::until_close);
}

template <bool is_request>
Reading their(std::string_view text) {
  beast::parser<is_request, beast::string_body> parser;
  parser.eager(true);
  parser.header_limit(64u << 10);
  boost::system::error_code error;
  Reading reading;
  while (!parser.is_done()) {
    const std::size_t taken = parser.put(
        boost::beast::net::buffer(text.data() + reading.consumed, text.size() - reading.consumed),
        error);
    reading.consumed += taken;
    if (error || taken == 0) break;
  }
  if (!is_request && parser.is_header_done() && !parser.is_done() && !error) parser.put_eof(error);
  reading.content = parser.get().body();
  if (parser.is_done()) {
    reading.end = Reading::End::whole;
  } else if (error && error != beast::error::need_more) {
    reading.end = Reading::End::refused;
    reading.detail = error.message();
  }
  return reading;
}

const std::string kHost = "Host: h\r\n";
std::string post(const std::string& fields, const std::string& body = "") {
  return "POST /x HTTP/1.1\r\n" + kHost + fields + "\r\n" + body;
}

TEST(Beast, refusesNothingThatWeTake) {
  for (const std::string& text : std::vector<std::string>{
           post("Content-Length: 5\r\n", "hello"),
           post("Transfer-Encoding: chunked\r\n", "5\r\nhello\r\n0\r\n\r\n"),
           post("Transfer-Encoding: CHUNKED\r\n", "5;a=b\r\nhello\r\n0\r\nT: x\r\n\r\n"), post(""),
           "GET / HTTP/1.0\r\n\r\n"}) {
    const Reading ours = our_request(text), theirs = their<true>(text);
    EXPECT_EQ(ours.end, Reading::End::whole) << ours.detail;
    EXPECT_EQ(theirs.end, Reading::End::whole) << theirs.detail;
    EXPECT_EQ(ours.content, theirs.content);
    EXPECT_EQ(ours.consumed, theirs.consumed);
  }
}

TEST(Beast, takesShapesThatWeRefuseForAReason) {
  struct Stricter {
    std::string text;
    std::string why;
  };
  const std::vector<Stricter> table = {
      {post("Transfer-Encoding: gzip\r\nContent-Length: 5\r\n", "hello"),
       "two framings: another reader uses the other"},
      {post("Transfer-Encoding: gzip\r\n"), "where such a body ends is unknown"},
      {post("A: b\r\n folded: c\r\n"), "a reader without folding sees another field"},
      {"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "two readers route to two places"},
      {"GET / HTTP/1.1\r\n\r\n", "http/1.1 demands a host"},
      {post("Content-Length: 5\r\nContent-Length: 5\r\n", "hello"),
       "equal today, different behind the next rewrite"},
      {post("Transfer-Encoding: chunked, chunked\r\n", "0\r\n\r\n"),
       "one reader takes off one layer, another two"},
      {post("Content-Length: 005\r\n", "hello"), "some readers take it as octal"},
      {"GET http://other/ HTTP/1.1\r\nHost: h\r\n\r\n", "two names of the host"},
      {"GET x HTTP/1.1\r\nHost: h\r\n\r\n", "no origin form"},
  };
  for (const Stricter& entry : table) {
    EXPECT_EQ(our_request(entry.text).end, Reading::End::refused) << entry.text;
    EXPECT_NE(their<true>(entry.text).end, Reading::End::refused)
        << "no longer stricter than beast: " << entry.text << entry.why;
  }
}

void expect_no_laxer(const std::string& text, const Reading& ours, const Reading& theirs) {
  // Where we wait for more of a line, it is not taken yet.
  if (ours.end != Reading::End::whole) return;
  ASSERT_NE(theirs.end, Reading::End::refused)
      << testing::PrintToString(text) << " refused by beast: " << theirs.detail;
  ASSERT_EQ(theirs.end, Reading::End::whole) << testing::PrintToString(text);
  ASSERT_EQ(ours.content, theirs.content) << testing::PrintToString(text);
  ASSERT_EQ(ours.consumed, theirs.consumed) << testing::PrintToString(text);
}

const std::vector<std::string>& pieces() {
  static const std::vector<std::string> list = {"Content-Length: 5\r\n",
                                                "Content-Length: 4\r\n",
                                                "content-length:5\r\n",
                                                "Content-Length: +5\r\n",
                                                "Transfer-Encoding: chunked\r\n",
                                                "transfer-encoding:\tChunked\r\n",
                                                "Transfer-Encoding: gzip\r\n",
                                                "Transfer-Encoding: gzip, chunked\r\n",
                                                "Transfer-Encoding : chunked\r\n",
                                                "Connection: close\r\n",
                                                "Connection: keep-alive, x\r\n",
                                                "Host: h\r\n",
                                                "A: b\r\n",
                                                "A: b\r\n c\r\n",
                                                "A:\r\n",
                                                "Upgrade: x\r\n",
                                                "A: \x01\r\n",
                                                "A: b\n",
                                                "\r\n"};
  return list;
}

std::string random_message(const std::string& start, Random& random) {
  std::string text = start + "\r\nHost: h\r\n";
  for (std::size_t i = random.below(4); i > 0; --i) text += pieces()[random.below(pieces().size())];
  text += "\r\n";
  static const std::vector<std::string> bodies = {"hello",
                                                  "",
                                                  "5\r\nhello\r\n0\r\n\r\n",
                                                  "5;a\r\nhello\r\n0\r\nT: x\r\n\r\n",
                                                  "5\r\nhello\r\n",
                                                  "5 \r\nhello\r\n0\r\n\r\n",
                                                  "05\r\nhello\r\n0\r\n\r\n",
                                                  "5;a=\"b\"\r\nhello\r\n00\r\n\r\n"};
  text += bodies[random.below(bodies.size())];
  static constexpr std::string_view kHurt = "\r\n\t :;,=\"\0aA05+-\x7f\xff";
  for (std::size_t i = random.below(3); i > 0; --i) {
    const std::size_t at = random.below(text.size());
    switch (random.below(3)) {
      case 0:
        text[at] = kHurt[random.below(kHurt.size())];
        break;
      case 1:
        text.insert(at, 1, kHurt[random.below(kHurt.size())]);
        break;
      default:
        text.erase(at, 1);
        break;
    }
  }
  return text;
}

TEST(Beast, refusesNoRandomRequestThatWeTake) {
  SeededRandom random(51);
  std::size_t whole = 0;
  for (int round = 0; round < 60'000; ++round) {
    const std::string text =
        random_message(random.below(8) == 0 ? "POST /x HTTP/1.0" : "POST /x HTTP/1.1", random);
    const Reading ours = our_request(text);
    expect_no_laxer(text, ours, their<true>(text));
    if (HasFatalFailure()) return;
    whole += ours.end == Reading::End::whole;
  }
  EXPECT_GT(whole, 3000u);
}

TEST(Beast, refusesNoRandomResponseThatWeTake) {
  SeededRandom random(52);
  std::size_t whole = 0;
  for (int round = 0; round < 60'000; ++round) {
    static constexpr std::string_view kStarts[] = {"HTTP/1.1 200 OK", "HTTP/1.0 404 x",
                                                   "HTTP/1.1 500 ", "HTTP/1.1 204 No Content",
                                                   "HTTP/1.1 304 x"};
    const std::string text = random_message(std::string(kStarts[random.below(5)]), random);
    const Reading ours = our_response(text);
    expect_no_laxer(text, ours, their<false>(text));
    if (HasFatalFailure()) return;
    whole += ours.end == Reading::End::whole;
  }
  EXPECT_GT(whole, 3000u);
}

}  // namespace
}  // namespace sallyport::http
