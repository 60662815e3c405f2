#include "dialect/anthropic/stream_decoder.h"

#include "dialect/anthropic/test_support.h"

namespace sallyport::dialect::anthropic::testing {
namespace {

struct Read {
  std::vector<std::string> lines;
  std::vector<Event> events;  // views are not valid any more
  Result<void> end;
};

Read read(std::string_view bytes, Random* random = nullptr, const DecoderLimits& limits = {}) {
  Read all;
  const auto decoder = make_decoder(Api::anthropic, true, limits);
  all.end = feed_all(*decoder, bytes, random, [&all](const Event& event) {
    all.lines.push_back(describe(event));
    all.events.push_back(event);
  });
  return all;
}

std::string failure_of(std::string_view bytes) {
  const Read all = read(bytes);
  if (all.end) return "accepted";
  EXPECT_EQ(all.end.error().source, Source::upstream);
  return all.end.error().detail;
}

TEST(AnthropicStream, ReadsEveryKindOfEvent) {
  const std::string stream = rich_stream("flagship-1");
  const Read all = read(stream);
  ASSERT_TRUE(all.end) << all.end.error().detail;
  std::string wires;
  const auto decoder = make_decoder(Api::anthropic, true);
  ASSERT_TRUE(decoder->feed(stream, [&wires](const Event& event) { wires += event.wire; }));
  EXPECT_EQ(wires, stream);

  const auto& events = all.events;
  EXPECT_EQ(events[0].kind, EventKind::message_start);
  EXPECT_EQ(events[0].id, "msg_01Test");
  EXPECT_EQ(events[0].model, "flagship-1");
  EXPECT_EQ(events[0].usage->input_tokens, 28);
  EXPECT_EQ(events[1].kind, EventKind::ping);
  EXPECT_EQ(events[2].block, BlockType::thinking);
  EXPECT_EQ(events[3].delta, DeltaType::thinking);
  EXPECT_EQ(events[3].text, "Planning.");
  EXPECT_EQ(events[4].delta, DeltaType::signature);
  EXPECT_EQ(events[7].text, "Grüße é\n");
  EXPECT_EQ(events[9].delta, DeltaType::citations);
  EXPECT_EQ(events[12].kind, EventKind::opaque);
  EXPECT_EQ(events[13].tool_id, "toolu_1");
  EXPECT_EQ(events[13].tool_name, "look");
  EXPECT_EQ(events[14].text, "{\"city\":");
  EXPECT_EQ(events[17].block, BlockType::other);
  const Event& end = events[20];
  EXPECT_EQ(end.kind, EventKind::message_delta);
  EXPECT_EQ(end.stop_reason, "tool_use");
  EXPECT_FALSE(end.stop_details);
  EXPECT_EQ(end.usage->output_tokens, 40);
  EXPECT_EQ(end.usage->thinking_tokens, 7);
  EXPECT_EQ(events[21].kind, EventKind::message_stop);
}

TEST(AnthropicStream, ReadsStopDetails) {
  const Read all = read(refused_stream("flagship-1"));
  ASSERT_TRUE(all.end);
  const Event& end = all.events[all.events.size() - 2];
  EXPECT_EQ(end.stop_reason, "refusal");
  EXPECT_EQ(end.stop_details->category, "cyber");
  EXPECT_EQ(end.stop_details->explanation, "Declined.");
  EXPECT_EQ(end.stop_details->credit_token, "fct_upstream");
  EXPECT_EQ(end.stop_details->has_prefill_claim, true);
  EXPECT_FALSE(end.stop_details->recommended_model);
}

TEST(AnthropicStream, BranchesOnTheStopReasonAlone) {
  for (const std::string_view details : {"null", "{}", R"({"category":"new_area"})", "7"}) {
    const Read all =
        read(start_event("m") +
             end_event(R"({"stop_reason":"refusal","stop_details":)" + std::string(details) + "}",
                       "null") +
             stop_event());
    ASSERT_TRUE(all.end);
    EXPECT_EQ(all.events[1].stop_reason, "refusal");
  }
}

TEST(AnthropicStream, UsageIsCumulative) {
  const Read all =
      read(start_event("m") + text_start(0) + block_stop(0) + end_turn() + stop_event());
  EXPECT_EQ(all.events[3].usage->input_tokens, 28);
  EXPECT_EQ(all.events[3].usage->output_tokens, 12);
}

TEST(AnthropicStream, AnyChunkingGivesTheSameEvents) {
  const std::string streams[] = {rich_stream("flagship-1"), refused_stream("flagship-1")};
  SeededRandom random(7);
  for (const std::string& stream : streams) {
    const Read whole = read(stream);
    for (int round = 0; round < 100; ++round) {
      const Read parts = read(stream, &random);
      ASSERT_TRUE(parts.end);
      ASSERT_EQ(parts.lines, whole.lines);
    }
  }
}

TEST(AnthropicStream, ToleratesWhatTheWireShows) {
  // A stop without a block, several ends, comments, a line end of another kind, no event names.
  EXPECT_EQ(failure_of(start_event("m") + block_stop(0) + ": note\n\n" + end_turn() + end_turn() +
                       stop_event() + ping() + "data: [DONE]\n\n"),
            "accepted");
  EXPECT_EQ(failure_of("data: {\"type\":\"message_start\",\"message\":{}}\r\n\r\n"
                       "data: {\"type\":\"message_stop\"}\r\n\r\n"),
            "accepted");
  const Read all = read(start_event("m") + block_stop(0) + end_turn() + stop_event());
  EXPECT_EQ(all.events.size(), 3u);
}

TEST(AnthropicStream, RefusesAmbiguousOrder) {
  const std::string start = start_event("m");
  EXPECT_THAT(failure_of(text_start(0)), ::testing::HasSubstr("before message_start"));
  EXPECT_THAT(failure_of(start + start), ::testing::HasSubstr("second message_start"));
  EXPECT_THAT(failure_of(start + text_delta(0, "x")), ::testing::HasSubstr("not open"));
  EXPECT_THAT(failure_of(start + text_start(0) + text_delta(1, "x")),
              ::testing::HasSubstr("not open"));
  EXPECT_THAT(failure_of(start + text_start(0) + text_start(1)),
              ::testing::HasSubstr("within an open block"));
  EXPECT_THAT(failure_of(start + text_start(0) + block_stop(0) + text_start(0)),
              ::testing::HasSubstr("do not rise"));
  EXPECT_THAT(failure_of(start + text_start(0) + block_stop(1)), ::testing::HasSubstr("not open"));
  EXPECT_THAT(failure_of(start + text_start(0) + end_turn()),
              ::testing::HasSubstr("within an open block"));
  EXPECT_THAT(failure_of(start + stop_event() + text_start(0)),
              ::testing::HasSubstr("after message_stop"));
  EXPECT_THAT(
      failure_of(start + text_start(0) + delta(0, R"({"type":"thinking_delta","thinking":"x"})")),
      ::testing::HasSubstr("cannot have"));
  EXPECT_THAT(failure_of(sse("ping", R"({"type":"message_stop"})")),
              ::testing::HasSubstr("named otherwise"));
  EXPECT_THAT(failure_of(start + sse("content_block_delta", R"({"type":"note","text":"x"})")),
              ::testing::HasSubstr("named otherwise"));
  EXPECT_THAT(failure_of(sse("message_start", R"({"type":"message_start","message":{)"
                                              R"("content":[{"type":"text","text":"x"}]}})")),
              ::testing::HasSubstr("with content"));
}

TEST(AnthropicStream, RefusesMalformedBytes) {
  EXPECT_THAT(failure_of("data: {\n\n"), ::testing::HasSubstr("event data"));
  EXPECT_THAT(failure_of(start_event("m") + text_start(0) + delta(0, R"({"type":"text_delta"})")),
              ::testing::HasSubstr("without its text"));
  EXPECT_THAT(failure_of(sse("ping", R"({"type":"ping","type":"x"})")),
              ::testing::HasSubstr("event data"));
  EXPECT_THAT(failure_of(start_event("m") + text_start(0)),
              ::testing::HasSubstr("before message_stop"));
  EXPECT_THAT(failure_of(start_event("m") + "event: message_stop\nda"),
              ::testing::HasSubstr("within an event"));
}

TEST(AnthropicStream, HoldsItsBound) {
  DecoderLimits limits;
  limits.max_event_bytes = 600;
  const std::string long_text(700, 'a');
  const Read all =
      read(start_event("m") + text_start(0) + text_delta(0, long_text), nullptr, limits);
  ASSERT_FALSE(all.end);
  EXPECT_EQ(all.end.error().code, Code::too_large);
}

TEST(AnthropicStream, StaysFailed) {
  const auto decoder = make_decoder(Api::anthropic, true);
  int events = 0;
  const EventSink count = [&events](const Event&) { ++events; };
  EXPECT_FALSE(decoder->feed("data: 7x\n\n" + start_event("m"), count));
  EXPECT_FALSE(decoder->feed(start_event("m"), count));
  EXPECT_FALSE(decoder->finish(count));
  EXPECT_EQ(events, 0);
}

TEST(AnthropicStream, AnErrorEventEndsIt) {
  const Read all =
      read(start_event("m") + sse("error", R"({"type":"error","error":{"type":"overloaded_error",)"
                                           R"("message":"Overloaded"}})"));
  ASSERT_TRUE(all.end);
  EXPECT_EQ(all.events[1].kind, EventKind::error);
  EXPECT_EQ(all.events[1].error_type, "overloaded_error");
  EXPECT_EQ(all.events[1].error_message, "Overloaded");
}

}  // namespace
}  // namespace sallyport::dialect::anthropic::testing
