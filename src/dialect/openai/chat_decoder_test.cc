#include <gtest/gtest.h>

#include "dialect/openai/test_support.h"

namespace sallyport::dialect::openai::testing {
namespace {

// Kinds and texts, one word each.
std::string told(const Heard& heard) {
  std::string out;
  for (const Kept& kept : heard.events) {
    const Event& e = kept.event;
    switch (e.kind) {
      case EventKind::message_start:
        out += "start ";
        break;
      case EventKind::block_start:
        out += "+" + std::to_string(e.index) +
               (e.tool_name.empty() ? "" : "(" + e.tool_name + ")") + " ";
        break;
      case EventKind::block_delta:
        out += std::to_string(e.index) + ":" + e.text + " ";
        break;
      case EventKind::block_stop:
        out += "-" + std::to_string(e.index) + " ";
        break;
      case EventKind::message_delta:
        out += "end=" + e.stop_reason + " ";
        break;
      case EventKind::message_stop:
        out += "stop";
        break;
      case EventKind::ping:
        out += "ping ";
        break;
      case EventKind::error:
        out += "error=" + e.error_type + " ";
        break;
      case EventKind::opaque:
        out += "? ";
        break;
    }
  }
  return out;
}

std::string wires(const Heard& heard) {
  std::string all;
  for (const Kept& kept : heard.events) all += kept.wire;
  return all;
}

std::string told_of(const std::string& stream) {
  const Heard heard = hear(Api::openai_chat, true, stream);
  return heard.outcome ? told(heard) : "failed: " + heard.outcome.error().detail;
}

std::string tool_chunk(std::string_view call) {
  return chunk(R"("delta":{"tool_calls":[)" + std::string(call) + R"(]},"finish_reason":null)");
}

TEST(ChatStreamDecoder, ReadsText) {
  const std::string stream = role_chunk() + text_chunk("Hello") + text_chunk(" you") +
                             finish_chunk("stop") + usage_chunk() + std::string(kDoneEvent);
  const Heard heard = hear(Api::openai_chat, true, stream);
  ASSERT_TRUE(heard.outcome) << heard.outcome.error().detail;
  EXPECT_EQ(told(heard), "start +0 0:Hello 0: you -0 end=end_turn stop");
  EXPECT_EQ(wires(heard), stream);
  const Event& start = heard.events[0].event;
  EXPECT_EQ(start.id, "chatcmpl-1");
  EXPECT_EQ(start.model, "up-1");
  EXPECT_EQ(heard.events[0].wire, role_chunk());
  const Kept& end = heard.events[heard.events.size() - 2];
  EXPECT_EQ(end.wire, finish_chunk("stop") + usage_chunk());
  EXPECT_TRUE(json::Document::parse(end.json));
  ASSERT_TRUE(end.event.usage);
  EXPECT_EQ(end.event.usage->input_tokens, 20);
  EXPECT_EQ(end.event.usage->cache_read_input_tokens, 10);
  EXPECT_EQ(end.event.usage->output_tokens, 7);
}

TEST(ChatStreamDecoder, LastEventOfAChunkHasItsBytes) {
  const std::string stream = text_chunk("Hi") + finish_chunk("stop");
  const Heard heard = hear(Api::openai_chat, true, stream);
  EXPECT_EQ(told(heard), "start +0 0:Hi -0 end=end_turn stop");
  EXPECT_TRUE(heard.events[0].wire.empty());
  EXPECT_TRUE(heard.events[1].wire.empty());
  EXPECT_EQ(heard.events[2].wire, text_chunk("Hi"));
}

TEST(ChatStreamDecoder, ReadsToolCallsOneAfterTheOther) {
  EXPECT_EQ(
      told_of(
          tool_chunk(
              R"({"index":0,"id":"call_a","type":"function","function":{"name":"f","arguments":""}})") +
          tool_chunk(R"({"index":0,"function":{"arguments":"{\"a\":"}})") +
          tool_chunk(R"({"index":0,"function":{"arguments":"\"}\"}"}})") +
          tool_chunk(
              R"({"index":1,"id":"call_b","type":"function","function":{"name":"g","arguments":"{}"}})") +
          finish_chunk("tool_calls") + std::string(kDoneEvent)),
      R"(start +0(f) 0:{"a": 0:"}"} -0 +1(g) 1:{} -1 end=tool_use stop)");
}

TEST(ChatStreamDecoder, ReadsToolCallsSideBySide) {
  EXPECT_EQ(
      told_of(
          tool_chunk(R"({"index":0,"id":"a","function":{"name":"f","arguments":"{"}},)"
                     R"({"index":1,"id":"b","function":{"name":"g","arguments":"{"}})") +
          tool_chunk(
              R"({"index":0,"function":{"arguments":"}"}},{"index":1,"function":{"arguments":"}"}})") +
          finish_chunk("tool_calls")),
      "start +0(f) 0:{ +1(g) 1:{ 0:} 1:} -0 -1 end=tool_use stop");
}

TEST(ChatStreamDecoder, TellsCallsOfOneIndexApartById) {
  EXPECT_EQ(told_of(tool_chunk(R"({"index":0,"id":"a","function":{"name":"f","arguments":"{}"}})") +
                    tool_chunk(R"({"index":0,"id":"b","function":{"name":"f","arguments":"{}"}})") +
                    finish_chunk("stop")),
            "start +0(f) 0:{} -0 +1(f) 1:{} -1 end=tool_use stop");
}

TEST(ChatStreamDecoder, MakesTheSameIdForACallWithout) {
  const std::string stream =
      tool_chunk(R"({"index":0,"function":{"name":"f","arguments":{"a":1}}})") +
      finish_chunk("stop");
  const Heard heard = hear(Api::openai_chat, true, stream);
  EXPECT_EQ(told(heard), R"(start +0(f) 0:{"a":1} -0 end=tool_use stop)");
  EXPECT_EQ(heard.events[1].event.tool_id, "call_chatcmpl1_0");
}

TEST(ChatStreamDecoder, ReadsReasoningRefusalAndLegacyCalls) {
  EXPECT_EQ(
      told_of(chunk(R"("delta":{"role":"assistant","reasoning_content":"hm","content":null})") +
              chunk(R"("delta":{"reasoning":"m","content":""})") + text_chunk("A") +
              finish_chunk("length")),
      "start +0 0:hm 0:m -0 +1 1:A -1 end=max_tokens stop");
  EXPECT_EQ(told_of(chunk(R"("delta":{"function_call":{"name":"f","arguments":"{"}})") +
                    chunk(R"("delta":{"function_call":{"arguments":"}"}})") +
                    finish_chunk("function_call")),
            "start +0(f) 0:{ 0:} -0 end=tool_use stop");
  const Heard heard = hear(Api::openai_chat, true,
                           chunk(R"("delta":{"refusal":"I can"})") +
                               chunk(R"("delta":{"refusal":"not."})") + finish_chunk("stop"));
  EXPECT_EQ(told(heard), "start +0 0:I can 0:not. -0 end=refusal stop");
  const Event& end = heard.events[heard.events.size() - 2].event;
  EXPECT_EQ(end.stop_details->explanation, "I cannot.");
  EXPECT_FALSE(end.stop_details->category);
}

TEST(ChatStreamDecoder, ContentFilterIsARefusal) {
  EXPECT_EQ(told_of(text_chunk("Here") + finish_chunk("content_filter") + std::string(kDoneEvent)),
            "start +0 0:Here -0 end=refusal stop");
}

TEST(ChatStreamDecoder, KeepsChoicesApart) {
  const std::string second = sse_data(
      R"({"id":"chatcmpl-1","model":"up-1","choices":[{"index":1,"delta":{"content":"B"}}]})");
  const std::string second_end = sse_data(
      R"({"id":"chatcmpl-1","model":"up-1","choices":[{"index":1,"delta":{},"finish_reason":"stop"}]})");
  const std::string stream = text_chunk("A") + finish_chunk("content_filter") + second +
                             second_end + std::string(kDoneEvent);
  const Heard heard = hear(Api::openai_chat, true, stream);
  ASSERT_TRUE(heard.outcome) << heard.outcome.error().detail;
  EXPECT_EQ(wires(heard), stream);
  EXPECT_EQ(told(heard), "start +0 0:A -0 +0 ? 0:B -0 end=end_turn stop");
}

TEST(ChatStreamDecoder, ErrorsAreErrors) {
  EXPECT_EQ(told_of(text_chunk("A") +
                    sse_data(R"({"error":{"message":"busy","type":"server_error","code":503}})")),
            "start +0 0:A error=overloaded_error ");
  EXPECT_EQ(
      told_of(sse_data(R"({"object":"error","message":"no","type":"BadRequestError","code":400})")),
      "error=invalid_request_error ");
  EXPECT_EQ(told_of(text_chunk("A")), "failed: chat stream: it ended before finish_reason");
  EXPECT_EQ(told_of(text_chunk("A") + std::string(kDoneEvent)),
            "failed: chat stream: [DONE] before finish_reason");
  EXPECT_EQ(told_of(finish_chunk("stop") + text_chunk("late")),
            "failed: chat stream: content after finish_reason");
  EXPECT_FALSE(hear(Api::openai_chat, true, "data: {oops}\n\n").outcome);
  EXPECT_FALSE(hear(Api::openai_chat, true, "data: 7\n\n").outcome);
  EXPECT_FALSE(hear(Api::openai_chat, true, chunk(R"("delta":{"content":{"odd":1}})")).outcome);
  EXPECT_EQ(hear(Api::openai_chat, true, "data: 7\n\n").outcome.error().source, Source::upstream);
}

TEST(ChatStreamDecoder, NothingBehindTheEndIsPassedOn) {
  const Heard heard =
      hear(Api::openai_chat, true,
           text_chunk("A") + finish_chunk("stop") + std::string(kDoneEvent) + text_chunk("B"));
  EXPECT_EQ(told(heard), "start +0 0:A -0 end=end_turn stop");
}

TEST(ChatStreamDecoder, KnowsQuirks) {
  // A first chunk with no choice, comments, a stop string that vLLM names, an unknown chunk, no
  // [DONE].
  const std::string stream =
      sse_data(R"({"id":"","model":"","choices":[],"prompt_filter_results":[]})") +
      ": working\n\n" + text_chunk("A") + sse_data(R"({"id":"chatcmpl-1","later":true})") +
      chunk(R"("delta":{"content":"B"},"finish_reason":"stop","stop_reason":"END")");
  const Heard heard = hear(Api::openai_chat, true, stream);
  ASSERT_TRUE(heard.outcome);
  EXPECT_EQ(told(heard), "? ping start +0 0:A ? 0:B -0 end=stop_sequence stop");
  EXPECT_EQ(wires(heard), stream);
  EXPECT_EQ(heard.events[heard.events.size() - 2].event.stop_sequence, "END");
}

TEST(ChatStreamDecoder, AnyChunkingIsTheSame) {
  const std::string stream =
      role_chunk() + text_chunk("Grüße \\u00e9") + ": c\r\n\r\n" +
      tool_chunk(R"({"index":0,"id":"a","function":{"name":"f","arguments":"{\"x\":[1]}"}})") +
      finish_chunk("tool_calls") + usage_chunk() + std::string(kDoneEvent);
  const std::string expected = told(hear(Api::openai_chat, true, stream));
  SeededRandom random(7);
  for (int round = 0; round < 200; ++round) {
    const Heard heard = hear(Api::openai_chat, true, stream, &random);
    ASSERT_EQ(told(heard), expected);
    ASSERT_EQ(wires(heard), stream);
  }
}

TEST(ChatBodyDecoder, ReadsAnAnswer) {
  const std::string body =
      R"({"id":"chatcmpl-2","object":"chat.completion","created":1,"model":"up-1","choices":[{"index":0,)"
      R"("message":{"role":"assistant","content":"Hi","refusal":null,"tool_calls":[{"id":"c","type":"function",)"
      R"("function":{"name":"f","arguments":"{}"}}]},"logprobs":null,"finish_reason":"tool_calls"}],)"
      R"("usage":{"prompt_tokens":3,"completion_tokens":4,"total_tokens":7}})";
  SeededRandom random(3);
  const Heard heard = hear(Api::openai_chat, false, body, &random);
  ASSERT_TRUE(heard.outcome) << heard.outcome.error().detail;
  EXPECT_EQ(told(heard), "start +0 0:Hi -0 +1(f) 1:{} -1 end=tool_use stop");
  EXPECT_EQ(wires(heard), body);
  EXPECT_EQ(heard.events.back().wire, body);
}

TEST(ChatBodyDecoder, RefusesWhatIsNoAnswer) {
  EXPECT_FALSE(hear(Api::openai_chat, false, "").outcome);
  EXPECT_FALSE(hear(Api::openai_chat, false, "{}").outcome);
  EXPECT_FALSE(hear(Api::openai_chat, false, "[1]").outcome);
  EXPECT_FALSE(
      hear(Api::openai_chat, false, R"({"choices":[{"index":0,"message":{"content":"x"}}]})")
          .outcome);
  EXPECT_EQ(told(hear(Api::openai_chat, false, R"({"error":{"message":"m","type":"t"}})")),
            "error=api_error ");
}

}  // namespace
}  // namespace sallyport::dialect::openai::testing
