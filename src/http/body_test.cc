#include "http/body.h"

#include <gtest/gtest.h>

#include "base/random.h"
#include "http/writer.h"

namespace sallyport::http {
namespace {

struct Outcome {
  std::string content;
  std::size_t consumed = 0;
  Progress progress = Progress::need_more;
  int status = 0;
  bool operator==(const Outcome&) const = default;
};

void PrintTo(const Outcome& outcome, std::ostream* out) {
  *out << testing::PrintToString(outcome.content) << " consumed " << outcome.consumed
       << " progress " << static_cast<int>(outcome.progress) << " status " << outcome.status;
}

Outcome run(BodyReader body, const std::vector<std::string>& chunks) {
  Outcome outcome;
  for (const std::string& chunk : chunks) {
    std::string_view bytes = chunk;
    while (!bytes.empty() && body.progress() == Progress::need_more) {
      const BodyReader::Part part = body.read(bytes);
      EXPECT_TRUE(part.consumed > 0 || body.progress() != Progress::need_more);
      outcome.content += part.data;
      outcome.consumed += part.consumed;
      bytes.remove_prefix(part.consumed);
    }
  }
  outcome.progress = body.progress();
  outcome.status = body.refusal().status;
  return outcome;
}

Outcome chunked(const std::string& text, const BodyLimits& limits = {}) {
  return run(BodyReader(BodyKind::chunked, 0, limits), {text});
}

TEST(Body, ofKnownLength) {
  EXPECT_EQ(run(BodyReader(BodyKind::length, 5), {"he", "llo+next"}),
            (Outcome{"hello", 5, Progress::complete}));
  EXPECT_EQ(run(BodyReader(BodyKind::length, 5), {"hell"}).progress, Progress::need_more);
  EXPECT_EQ(BodyReader(BodyKind::length, 0).progress(), Progress::complete);
  EXPECT_EQ(BodyReader(BodyKind::none, 0).progress(), Progress::complete);
  EXPECT_EQ(BodyReader().progress(), Progress::complete);
  EXPECT_EQ(BodyReader(BodyKind::length, 6, {.max_bytes = 5}).refusal().status, 413);
  EXPECT_EQ(BodyReader(BodyKind::length, 5, {.max_bytes = 5}).progress(), Progress::need_more);
}

TEST(Body, untilClose) {
  BodyReader body(BodyKind::until_close, 0, {.max_bytes = 5});
  EXPECT_EQ(body.read("he").data, "he");
  EXPECT_EQ(body.read("llo").data, "llo");
  BodyReader other = body;
  EXPECT_EQ(body.finish(), Progress::complete);
  EXPECT_EQ(other.read("!").consumed, 0u);
  EXPECT_EQ(other.refusal().status, 413);
}

TEST(Body, endsEarly) {
  BodyReader length(BodyKind::length, 5);
  EXPECT_EQ(length.finish(), Progress::failed);
  EXPECT_EQ(length.refusal().detail, "connection ended within the body");
  BodyReader chunks(BodyKind::chunked, 0);
  chunks.read("1\r\nx\r\n0\r\n");
  EXPECT_EQ(chunks.finish(), Progress::failed);
}

TEST(Body, inChunks) {
  EXPECT_EQ(chunked("5\r\nhello\r\n0\r\n\r\nnext"), (Outcome{"hello", 15, Progress::complete}));
  EXPECT_EQ(chunked("0\r\n\r\n").progress, Progress::complete);
  EXPECT_EQ(chunked("A\r\n0123456789\r\n00\r\n\r\n").content, "0123456789");
  EXPECT_EQ(chunked("1;a\r\nx\r\n1;a=b;c=\"d;\\\"\"\r\ny\r\n0;z\r\n\r\n").content, "xy");
  EXPECT_EQ(chunked("0\r\nChecksum: 1\r\nOther:\r\n\r\n").progress, Progress::complete);
  EXPECT_EQ(chunked("0\r\nChecksum: 1\r\n").progress, Progress::need_more);
}

TEST(Body, refusesBadChunks) {
  for (const std::string& text : std::vector<std::string>{"\r\n",
                                                          "x\r\n",
                                                          "+5\r\nhello\r\n",
                                                          "-1\r\n",
                                                          "0x5\r\nhello\r\n",
                                                          " 5\r\nhello\r\n",
                                                          "5 \r\nhello\r\n",
                                                          "5\nhello\r\n",
                                                          "5\r\nhello\n",
                                                          "5\r\nhello0\r\n\r\n",
                                                          "5\r\nhello\rx",
                                                          "5\r\nhello\r\r",
                                                          "5 ;a\r\n",
                                                          "5; a\r\n",
                                                          "5;\r\n",
                                                          "5;a=\r\n",
                                                          "5;a=\"b\r\n",
                                                          "5;a=\"b\\\"\r\n",
                                                          "5;a=\"b\"c\r\n",
                                                          "5;a\rb\r\n",
                                                          "5;a\x01\r\n",
                                                          "5,\r\n",
                                                          "5\r\r\n",
                                                          std::string("5;a=\"\0\"\r\n", 9),
                                                          "10000000000000000\r\n",
                                                          "00000000000000005\r\nhello\r\n",
                                                          "ffffffffffffffffff\r\n",
                                                          "0\r\nA : b\r\n\r\n",
                                                          "0\r\n A: b\r\n\r\n",
                                                          "0\r\nA: b\r\n c\r\n\r\n",
                                                          "0\r\nA\r\n\r\n",
                                                          "0\r\nA: b\n\r\n",
                                                          "0\r\n\n",
                                                          "0\r\nA: \x01\r\n\r\n",
                                                          "0\r\nContent-Length: 5\r\n\r\n",
                                                          "0\r\ntransfer-encoding: chunked\r\n\r\n",
                                                          "0\r\nHOST: a\r\n\r\n",
                                                          "0\r\nAuthorization: a\r\n\r\n"}) {
    const Outcome outcome = chunked(text);
    EXPECT_EQ(outcome.progress, Progress::failed) << testing::PrintToString(text);
    EXPECT_EQ(outcome.status, 400) << testing::PrintToString(text);
  }
}

TEST(Body, boundsItsSize) {
  const BodyLimits limits{.max_bytes = 10};
  EXPECT_EQ(chunked("5\r\nhello\r\n5\r\nworld\r\n0\r\n\r\n", limits).content, "helloworld");
  EXPECT_EQ(chunked("5\r\nhello\r\n6\r\n", limits).status, 413);
  EXPECT_EQ(chunked("5\r\nhello\r\nffffffffffffffff\r\n", limits).status, 413);
}

TEST(Body, boundsExtensionsAndTrailers) {
  const BodyLimits limits{.max_chunk_extension_bytes = 10,
                          .max_chunk_extension_bytes_total = 15,
                          .max_trailer_bytes = 20,
                          .max_trailer_fields = 2};
  EXPECT_EQ(chunked("1;3456789012\r\nx\r\n", limits).status, 400);
  EXPECT_EQ(chunked("1;34567890\r\nx\r\n1;345\r\nx\r\n0\r\n\r\n", limits).status, 0);
  EXPECT_EQ(chunked("1;34567890\r\nx\r\n1;345678\r\nx\r\n0\r\n\r\n", limits).status, 400);
  EXPECT_EQ(chunked("1;" + std::string(100, 'a'), limits).status, 400);
  EXPECT_EQ(chunked("0\r\nA:1\r\nB:2\r\n\r\n", limits).status, 0);
  EXPECT_EQ(chunked("0\r\nA:1\r\nB:2\r\nC:\r\n\r\n", limits).status, 431);
  EXPECT_EQ(chunked("0\r\nA: 012345678901234567\r\n\r\n", limits).status, 431);
}

TEST(Body, givesTheSameForAnyChunks) {
  SeededRandom random(31);
  std::size_t complete = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string content, text;
    for (std::size_t i = random.below(5); i > 0; --i) {
      const std::string piece(1 + random.below(40), static_cast<char>('a' + random.below(26)));
      content += piece;
      append_chunk(text, piece);
      if (random.below(4) == 0) text.insert(text.size() - piece.size() - 4, ";x=y");
    }
    text += random.below(3) == 0 ? "0\r\nA: b\r\n\r\n" : kLastChunk;
    const bool hurt = random.below(2) == 0;
    if (hurt) text[random.below(text.size())] = static_cast<char>(random.below(256));
    text += "next";
    const BodyReader reader(BodyKind::chunked, 0, {.max_bytes = 100});
    Outcome expected = run(reader, {text});
    std::vector<std::string> chunks;
    for (std::size_t at = 0; at < text.size(); at += chunks.back().size()) {
      chunks.push_back(text.substr(at, random.below(random.below(2) == 0 ? 3 : 30)));
    }
    Outcome got = run(reader, chunks);
    if (expected.progress == Progress::failed)
      got.consumed = expected.consumed;  // of no matter once failed
    ASSERT_EQ(got, expected) << testing::PrintToString(text);
    if (expected.progress != Progress::complete) continue;
    ++complete;
    if (!hurt) {
      ASSERT_EQ(expected.content, content);
      ASSERT_EQ(expected.consumed + 4, text.size());
    }
  }
  EXPECT_GT(complete, 5000u);
}

}  // namespace
}  // namespace sallyport::http
