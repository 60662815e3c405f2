#include <gtest/gtest.h>

#include "dialect/openai/test_support.h"

namespace sallyport::dialect::openai::testing {
namespace {

std::string plain_stream() {
  return role_chunk() + text_chunk("Here is") + finish_chunk("stop") + usage_chunk() +
         std::string(kDoneEvent);
}

TEST(ChatStreamWriter, HidesTheUsageThatOnlyWeAskedFor) {
  const auto writer = make_writer(options(Api::openai_chat, true));
  writer->serving("up-1", Api::openai_chat);
  EXPECT_EQ(relay(hear(Api::openai_chat, true, plain_stream()), *writer),
            role_chunk() + text_chunk("Here is") + finish_chunk("stop") + std::string(kDoneEvent));
}

TEST(ChatStreamWriter, RenamesTheModelAndNothingElse) {
  WriterOptions made = options(Api::openai_chat, true);
  made.include_usage = true;
  const auto writer = make_writer(made);
  writer->serving("cat-1", Api::openai_chat);
  std::string expected = plain_stream();
  for (std::size_t at = expected.find("up-1"); at != std::string::npos;
       at = expected.find("up-1")) {
    expected.replace(at, 4, "cat-1");
  }
  EXPECT_EQ(relay(hear(Api::openai_chat, true, plain_stream()), *writer), expected);
}

TEST(ChatStreamWriter, RefusesInTheMiddleAsTheProtocolSays) {
  WriterOptions made = options(Api::openai_chat, true);
  made.include_usage = true;
  const auto writer = make_writer(made);
  writer->serving("flagship-1", Api::anthropic);
  std::string out;
  Event start;
  start.kind = EventKind::message_start;
  writer->relay(start, out);
  Event delta;
  delta.kind = EventKind::block_delta;
  delta.delta = DeltaType::text;
  delta.text = "Here is the first";
  writer->relay(delta, out);
  Finish finish;
  finish.stop_reason = "refusal";
  finish.stop_details.emplace();
  finish.stop_details->explanation = "Declined.";
  finish.usage.input_tokens = 28;
  finish.usage.output_tokens = 106;
  writer->finish(nullptr, finish, out);
  const std::string head =
      R"({"id":"msg_01Made","object":"chat.completion.chunk","created":1750000000,"model":"flagship-1","choices":[)";
  const std::vector<std::string> expected = {
      head +
          R"({"index":0,"delta":{"role":"assistant","content":"","refusal":null},"logprobs":null,"finish_reason":null}],"usage":null})",
      head +
          R"({"index":0,"delta":{"content":"Here is the first"},"logprobs":null,"finish_reason":null}],"usage":null})",
      head +
          R"({"index":0,"delta":{"refusal":"Declined."},"logprobs":null,"finish_reason":"content_filter"}],"usage":null,)"
          R"("x_gateway":{"stop_reason":"refusal","stop_details":{"type":"refusal","category":null,"explanation":"Declined."}}})",
      head +
          R"(],"usage":{"prompt_tokens":28,"completion_tokens":106,"total_tokens":134,"prompt_tokens_details":)"
          R"({"cached_tokens":0,"cache_write_tokens":0},"completion_tokens_details":{"reasoning_tokens":0}}})",
      "[DONE]"};
  EXPECT_EQ(data_of(out), expected);
}

TEST(ChatStreamWriter, GoesOnAsOneAnswerAfterAHop) {
  const auto writer = make_writer(options(Api::openai_chat, true));
  std::string out;
  writer->serving("asked-1", Api::openai_chat);
  const std::string call =
      R"("delta":{"tool_calls":[{"index":0,"id":"a","type":"function","function":{"name":"f","arguments":"{}"}}]},"finish_reason":null)";
  const Heard first =
      hear(Api::openai_chat, true,
           role_chunk() + chunk(call) + text_chunk("Some") + finish_chunk("content_filter"));
  for (const Kept& kept : first.events) {
    if (kept.event.kind == EventKind::message_delta) break;
    writer->relay(kept.view(), out);
  }
  const std::size_t before = data_of(out).size();
  writer->hop({"asked-1", "second-1", "refusal", std::nullopt, true}, out);
  writer->serving("second-1", Api::openai_chat);
  const std::string second =
      R"({"id":"chatcmpl-2","object":"chat.completion.chunk","created":9,"model":"up-2","choices":[{"index":0,)" +
      call + "}]}";
  const Heard next = hear(Api::openai_chat, true, sse_data(second) + finish_chunk("tool_calls"));
  for (const Kept& kept : next.events) writer->relay(kept.view(), out);
  const std::vector<std::string> list = data_of(out);
  ASSERT_GT(list.size(), before + 2);
  EXPECT_NE(list[before].find(R"("delta":{"content":"\n\n"})"), std::string::npos) << list[before];
  EXPECT_EQ(
      list[before + 1],
      R"({"id":"chatcmpl-1","object":"chat.completion.chunk","created":1700000000,"model":"second-1","choices":[{"index":0,)"
      R"("delta":{"tool_calls":[{"index":1,"id":"a","type":"function","function":{"name":"f","arguments":"{}"}}]},"finish_reason":null}]})");
}

TEST(ChatBodyWriter, ExtendsAnUpstreamsOwnRefusal) {
  const std::string body =
      R"({"id":"c","model":"up-1","choices":[{"index":0,"message":{"content":"Part","refusal":null},"finish_reason":"content_filter"}],"later":1})";
  const auto writer = make_writer(options(Api::openai_chat, false));
  writer->serving("up-1", Api::openai_chat);
  std::string out;
  const Heard heard = hear(Api::openai_chat, false, body);
  const Event last = heard.events.back().view();
  Finish finish;
  finish.stop_reason = "refusal";
  writer->finish(&last, finish, out);
  EXPECT_EQ(
      out,
      body.substr(0, body.size() - 1) +
          R"(,"x_gateway":{"stop_reason":"refusal","stop_details":{"type":"refusal","category":null,"explanation":null}}})");
}

TEST(ChatBodyWriter, AGatewaysRefusalHasNoContent) {
  const std::string body =
      R"({"id":"c","model":"up-1","choices":[{"index":0,"message":{"content":"Part"},"finish_reason":"stop"}]})";
  const auto writer = make_writer(options(Api::openai_chat, false));
  writer->serving("up-1", Api::openai_chat);
  std::string out;
  const Heard heard = hear(Api::openai_chat, false, body);
  const Event last = heard.events.back().view();
  Finish finish;
  finish.stop_reason = "refusal";
  writer->finish(&last, finish, out);
  EXPECT_EQ(out.find("Part"), std::string::npos);
  EXPECT_NE(out.find(R"("content":null,"refusal":"This request was declined.")"),
            std::string::npos);
}

}  // namespace
}  // namespace sallyport::dialect::openai::testing
