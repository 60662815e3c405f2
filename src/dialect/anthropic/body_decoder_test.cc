#include "dialect/anthropic/body_decoder.h"

#include "dialect/anthropic/test_support.h"

namespace sallyport::dialect::anthropic::testing {
namespace {

constexpr std::string_view kMessage =
    R"({"id":"msg_01Body","type":"message","role":"assistant","model":"flagship-1","content":[)"
    R"({"type":"thinking","thinking":"Planning.","signature":"c2ln"},)"
    R"({"type":"text","text":"An \"answer\"","citations":null},)"
    R"({"type":"tool_use","id":"toolu_1","name":"look","input":{ "city":"Oslo" }},)"
    R"({"type":"future","data":1}],"stop_reason":"tool_use","stop_sequence":null,)"
    R"("stop_details":null,"usage":{"input_tokens":10,"output_tokens":20,)"
    R"("cache_read_input_tokens":3,"cache_creation_input_tokens":5,)"
    R"("cache_creation":{"ephemeral_5m_input_tokens":4,"ephemeral_1h_input_tokens":1}}})";

Result<std::vector<std::string>> read(std::string_view body, Random* random = nullptr,
                                      const DecoderLimits& limits = {}) {
  std::vector<std::string> lines;
  const auto decoder = make_decoder(Api::anthropic, false, limits);
  const auto end = feed_all(*decoder, body, random,
                            [&lines](const Event& event) { lines.push_back(describe(event)); });
  if (!end) return tl::unexpected(end.error());
  return lines;
}

TEST(AnthropicBody, IsReadAsTheEventsOfAStream) {
  std::vector<Event> events;
  std::vector<std::string> blocks;
  std::string wire;
  const auto decoder = make_decoder(Api::anthropic, false);
  const auto end = feed_all(*decoder, kMessage, nullptr, [&](const Event& event) {
    events.push_back(event);
    blocks.emplace_back(event.block_json);
    wire += event.wire;
  });
  ASSERT_TRUE(end) << end.error().detail;
  EXPECT_EQ(wire, kMessage);
  ASSERT_EQ(events.size(), 15u);
  EXPECT_EQ(events[0].id, "msg_01Body");
  EXPECT_EQ(events[0].usage->total_input(), 18);
  EXPECT_EQ(events[0].usage->cache_creation_1h_tokens, 1);
  EXPECT_EQ(events[2].delta, DeltaType::thinking);
  EXPECT_EQ(events[3].delta, DeltaType::signature);
  EXPECT_EQ(blocks[5], R"({"type":"text","text":"An \"answer\"","citations":null})");
  EXPECT_EQ(events[6].text, "An \"answer\"");
  EXPECT_EQ(events[8].tool_name, "look");
  EXPECT_EQ(events[9].text, R"({ "city":"Oslo" })");
  EXPECT_EQ(events[11].block, BlockType::other);
  EXPECT_EQ(events[12].kind, EventKind::block_stop);
  EXPECT_EQ(events[12].index, 3);
  EXPECT_EQ(events[13].stop_reason, "tool_use");
  EXPECT_EQ(events[14].kind, EventKind::message_stop);
}

TEST(AnthropicBody, AnyChunkingGivesTheSameEvents) {
  SeededRandom random(3);
  const auto whole = read(kMessage);
  ASSERT_TRUE(whole);
  for (int round = 0; round < 50; ++round) ASSERT_EQ(*read(kMessage, &random), *whole);
}

TEST(AnthropicBody, AnErrorObjectIsAnError) {
  const auto end = read(R"({"type":"error","error":{"type":"overloaded_error","message":"x"}})");
  ASSERT_FALSE(end);
  EXPECT_EQ(end.error().code, Code::overloaded);
  EXPECT_EQ(end.error().source, Source::upstream);
  EXPECT_TRUE(end.error().retryable);
}

TEST(AnthropicBody, RefusesWhatIsNoMessage) {
  for (const std::string_view body :
       {"", "{}", "[]", "{\"type\":\"message\"}", "{\"type\":\"message\",\"content\":[1]}",
        "{\"type\":\"message\",\"content\":[]} x", "<html>"}) {
    const auto end = read(body);
    ASSERT_FALSE(end) << body;
    EXPECT_EQ(end.error().source, Source::upstream);
  }
}

TEST(AnthropicBody, HoldsItsBound) {
  DecoderLimits limits;
  limits.max_body_bytes = 100;
  const auto end = read(kMessage, nullptr, limits);
  ASSERT_FALSE(end);
  EXPECT_EQ(end.error().code, Code::too_large);
}

}  // namespace
}  // namespace sallyport::dialect::anthropic::testing
