#include "sse/parser.h"

#include <gtest/gtest.h>

#include "base/random.h"
#include "sse/writer.h"

namespace sallyport::sse {
namespace {

struct Seen {
  std::string wire, name, data;
  bool comment_only = false;
  bool operator==(const Seen&) const = default;
};

void PrintTo(const Seen& seen, std::ostream* out) {
  *out << testing::PrintToString(seen.wire) << " " << seen.name << " "
       << testing::PrintToString(seen.data) << (seen.comment_only ? " comment" : "");
}

struct Outcome {
  std::vector<Seen> events;
  std::string error;
  bool operator==(const Outcome&) const = default;
};

void PrintTo(const Outcome& outcome, std::ostream* out) {
  *out << testing::PrintToString(outcome.events) << " error: " << outcome.error;
}

Outcome run(Parser& parser, const std::vector<std::string>& chunks) {
  Outcome outcome;
  const auto sink = [&outcome](const Event& event) {
    outcome.events.push_back({std::string(event.wire), std::string(event.name),
                              std::string(event.data), event.comment_only});
  };
  for (const std::string& chunk : chunks) {
    if (Result<void> fed = parser.feed(chunk, sink); !fed) {
      outcome.error = fed.error().detail;
      return outcome;
    }
  }
  if (Result<void> end = parser.finish(); !end) outcome.error = end.error().detail;
  return outcome;
}

Outcome run(const std::vector<std::string>& chunks, std::size_t max_event_bytes = 1000) {
  Parser parser(max_event_bytes);
  return run(parser, chunks);
}

TEST(SseParser, readsNamedEvents) {
  const Outcome outcome = run({"event: ping\ndata: {\"type\": \"ping\"}   \n\ndata:x\n\n"});
  EXPECT_EQ(outcome.error, "");
  ASSERT_EQ(outcome.events.size(), 2u);
  EXPECT_EQ(outcome.events[0], (Seen{"event: ping\ndata: {\"type\": \"ping\"}   \n\n", "ping",
                                     "{\"type\": \"ping\"}   "}));
  EXPECT_EQ(outcome.events[1], (Seen{"data:x\n\n", "", "x"}));
}

TEST(SseParser, followsTheFieldRules) {
  const auto data = [](const std::string& text) { return run({text}).events.at(0); };
  EXPECT_EQ(data("data\n\n").data, "");
  EXPECT_FALSE(data("data\n\n").comment_only);
  EXPECT_EQ(data("data:  two\n\n").data, " two");
  EXPECT_EQ(data("data: a\ndata:b\ndata\n\n").data, "a\nb\n");
  EXPECT_EQ(data("database: a\n\n").comment_only, true);
  EXPECT_EQ(data(" data: a\n\n").comment_only, true);
  EXPECT_EQ(data("Data: a\n\n").comment_only, true);
  EXPECT_EQ(data("event: a\nevent: b\ndata: c\n\n").name, "b");
  EXPECT_EQ(data("id: 7\nretry: 10\n: comment\n\n").comment_only, true);
  EXPECT_EQ(data("event: a\n\n").comment_only, false);
  EXPECT_EQ(data("data: \xef\xbb\xbf\n\n").data, "\xef\xbb\xbf");
}

TEST(SseParser, acceptsEveryLineEnd) {
  for (const std::string& end : std::vector<std::string>{"\n", "\r\n", "\r"}) {
    const std::string one = "event: a" + end + "data: b" + end + end;
    const std::string two = "data: c" + end + end;
    const Outcome outcome = run({one + two});
    EXPECT_EQ(outcome, (Outcome{{{one, "a", "b"}, {two, "", "c"}}, ""}));
  }
}

TEST(SseParser, doesNotWaitWhereTheStreamUsesLoneCarriageReturns) {
  Parser parser;
  std::size_t events = 0;
  const auto sink = [&events](const Event&) { ++events; };
  ASSERT_TRUE(parser.feed("data: a\r\r", sink));
  EXPECT_EQ(events, 1u);
  ASSERT_TRUE(parser.feed("data: a\r\n\r", sink));
  EXPECT_EQ(events, 1u);
  ASSERT_TRUE(parser.feed("\n", sink));
  EXPECT_EQ(events, 2u);
}

TEST(SseParser, skipsOneLeadingByteOrderMark) {
  EXPECT_EQ(run({"\xef\xbb\xbf", "data: a\n\n"}).events.at(0), (Seen{"\xef\xbb\xbf"
                                                                     "data: a\n\n",
                                                                     "", "a"}));
  EXPECT_TRUE(run({"\xef\xbb", "\xbf\n"}).events.at(0).comment_only);
  EXPECT_TRUE(run({"\xef\xbb\xbf\xef\xbb\xbf"
                   "data: a\n\n"})
                  .events.at(0)
                  .comment_only);
  EXPECT_TRUE(run({"data: a\n\n\xef\xbb\xbf"
                   "data: a\n\n"})
                  .events.at(1)
                  .comment_only);
  EXPECT_EQ(run({"\xef\n"}).error, "event stream: ends within an event");
}

TEST(SseParser, relaysCommentsAndBlankLines) {
  EXPECT_EQ(run({": keep-alive\n\n\n\ndata: a\n\n"}), (Outcome{{{": keep-alive\n\n", "", "", true},
                                                                {"\n", "", "", true},
                                                                {"\n", "", "", true},
                                                                {"data: a\n\n", "", "a"}},
                                                               ""}));
}

TEST(SseParser, refusesAnEndWithinAnEvent) {
  EXPECT_EQ(run({""}).error, "");
  EXPECT_EQ(run({"data: a\n\n"}).error, "");
  for (const std::string& text :
       std::vector<std::string>{"d", "data: a", "data: a\n", "data: a\r\n\r", "\xef"}) {
    EXPECT_EQ(run({text}).error, "event stream: ends within an event") << text;
    EXPECT_EQ(run({"data: x\n\n", text}).events.size(), 1u);
  }
}

TEST(SseParser, boundsOneEvent) {
  const std::string fits = "data: 89\n\n";
  EXPECT_EQ(run({fits + fits + fits}, 10).error, "");
  EXPECT_EQ(run({fits + "data: 890\n\n"}, 10).error, "event stream: an event exceeds 10 bytes");
  EXPECT_EQ(run({fits + "data: 890\n\n"}, 10).events.size(), 1u);
  EXPECT_EQ(run({"data: ", "890123"}, 10).error, "event stream: an event exceeds 10 bytes");
  EXPECT_EQ(run({"data: 89\n\r", "\n"}, 10).error, "event stream: an event exceeds 10 bytes");
}

TEST(SseParser, isSpentAfterAFailureAndFreshAfterReset) {
  Parser parser(10);
  const auto sink = [](const Event&) {};
  EXPECT_FALSE(parser.feed("data: 890123", sink));
  EXPECT_FALSE(parser.feed("\n\n", sink));
  EXPECT_FALSE(parser.finish());
  parser.reset();
  EXPECT_EQ(run(parser, {"\xef\xbb\xbf", "data: a", "\n\n"}).events.size(),
            0u);  // 12 bytes with the mark
  parser.reset();
  EXPECT_EQ(run(parser, {"data: a", "\n\n"}).events.size(), 1u);
}

TEST(SseParser, copiesNothingThatLiesWithinOneChunk) {
  Parser parser;
  const std::string chunk = "data: a\n\ndata: b\n\n";
  const auto sink = [&chunk](const Event& event) {
    EXPECT_TRUE(event.data.data() > chunk.data() &&
                event.data.data() < chunk.data() + chunk.size());
  };
  EXPECT_TRUE(parser.feed(chunk, sink));
}

std::string random_stream(Random& random) {
  static constexpr std::string_view kPieces[] = {
      "\n",
      "\r",
      "\r\n",
      "\n\n",
      "\r\n\r\n",
      "\r\r",
      "data",
      "data: ",
      "data:x",
      "event: e",
      ": c",
      "\xef\xbb\xbf",
      "\xef",
      "id: 1",
      "data: {\"a\":\"a longer text than sixteen bytes\"}  ",
      " ",
      std::string_view("\0", 1)};
  std::string stream;
  for (std::size_t i = random.below(30); i > 0; --i)
    stream += kPieces[random.below(std::size(kPieces))];
  return stream;
}

std::vector<std::string> random_chunks(const std::string& stream, Random& random) {
  std::vector<std::string> chunks;
  for (std::size_t at = 0; at < stream.size();) {
    chunks.push_back(stream.substr(at, random.below(random.below(2) == 0 ? 3 : 40)));
    at += chunks.back().size();
  }
  return chunks;
}

TEST(SseParser, givesTheSameEventsForAnyChunks) {
  SeededRandom random(3);
  for (int round = 0; round < 20'000; ++round) {
    const std::string stream = random_stream(random);
    const std::size_t bound = random.below(4) == 0 ? 20 : 1000;
    const Outcome whole = run({stream}, bound);
    ASSERT_EQ(run(random_chunks(stream, random), bound), whole) << testing::PrintToString(stream);
    if (!whole.error.empty()) continue;
    std::string wires;
    for (const Seen& seen : whole.events) wires += seen.wire;
    ASSERT_EQ(wires, stream);
  }
}

// The rules of the standard, line by line and without regard to cost, as a second opinion. Unlike
// the standard it keeps an event that has a name and no data.
std::vector<Seen> by_the_book(std::string stream) {
  if (stream.starts_with("\xef\xbb\xbf")) stream.erase(0, 3);
  std::vector<Seen> events;
  Seen event;
  bool has_data = false, has_name = false;
  std::string line;
  for (std::size_t i = 0; i < stream.size(); ++i) {
    if (stream[i] != '\n' && stream[i] != '\r') {
      line += stream[i];
      continue;
    }
    if (stream[i] == '\r' && i + 1 < stream.size() && stream[i + 1] == '\n') ++i;
    if (line.empty()) {
      if (has_data || has_name) events.push_back(event);
      event = {};
      has_data = has_name = false;
      continue;
    }
    const std::size_t colon = line.find(':');
    const std::string name = line.substr(0, colon);
    std::string value = colon == std::string::npos ? "" : line.substr(colon + 1);
    if (value.starts_with(' ')) value.erase(0, 1);
    if (name == "event") event.name = value;
    if (name == "data") event.data += (has_data ? "\n" : "") + value;
    has_data = has_data || name == "data";
    has_name = has_name || name == "event";
    line.clear();
  }
  return events;
}

TEST(SseParser, readsWhatTheStandardReads) {
  SeededRandom random(4);
  for (int round = 0; round < 20'000; ++round) {
    const std::string stream = random_stream(random);
    const Outcome outcome = run({stream});
    std::vector<Seen> got;
    for (const Seen& seen : outcome.events) {
      if (!seen.comment_only) got.push_back(seen);
    }
    std::vector<Seen> wanted = by_the_book(stream);
    // Behind the last complete event the standard sees nothing, and neither do we.
    if (outcome.error.empty()) {
      ASSERT_EQ(got.size(), wanted.size()) << testing::PrintToString(stream);
    }
    for (std::size_t i = 0; i < got.size() && i < wanted.size(); ++i) {
      ASSERT_EQ(got[i].data, wanted[i].data) << testing::PrintToString(stream);
      ASSERT_EQ(got[i].name, wanted[i].name) << testing::PrintToString(stream);
    }
  }
}

TEST(SseWriter, writesWhatTheParserReads) {
  std::string out;
  append_event(out, "ping", "{}");
  append_event(out, "", "a\r\nb\rc\nd");
  append_event(out, "x\ndata: injected", "");
  append_comment(out, "alive\n\ndata: injected");
  EXPECT_EQ(out,
            "event: ping\ndata: {}\n\ndata: a\ndata: b\ndata: c\ndata: d\n\nevent: x\ndata: \n\n: "
            "alive\n\n");
  const Outcome outcome = run({out});
  ASSERT_EQ(outcome.events.size(), 4u);
  EXPECT_EQ(outcome.events[1].data, "a\nb\nc\nd");
}

}  // namespace
}  // namespace sallyport::sse
