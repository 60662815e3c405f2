#include <gtest/gtest.h>

#include "dialect/openai/test_support.h"

namespace sallyport::dialect::openai::testing {
namespace {

std::string created() {
  return named("response.created",
               R"("sequence_number":0,"response":{"id":"resp_1","model":"up-1","output":[]})");
}
std::string message(std::string_view text) {
  return R"({"id":"msg_1","type":"message","role":"assistant","content":[{"type":"output_text","text":")" +
         std::string(text) + R"(","annotations":[]}]})";
}
std::string delta(std::string_view text) {
  return named("response.output_text.delta",
               R"("item_id":"msg_1","output_index":0,"content_index":0,"delta":")" +
                   std::string(text) + '"');
}
std::string completed(std::string_view output, std::string_view status = "completed") {
  return named(
      "response." + std::string(status),
      R"("response":{"id":"resp_1","model":"up-1","status":")" + std::string(status) +
          R"(","incomplete_details":{"reason":"max_output_tokens"},"output":[)" +
          std::string(output) +
          R"(],"usage":{"input_tokens":8,"output_tokens":3,"input_tokens_details":{"cached_tokens":6},)"
          R"("output_tokens_details":{"reasoning_tokens":2}}})");
}

std::string texts(const Heard& heard) {
  std::string all;
  for (const Kept& kept : heard.events) all += kept.event.text;
  return all;
}

TEST(ResponsesStreamDecoder, ReadsTextAndUsage) {
  const std::string stream = created() + delta("Hel") + delta("lo") + completed(message("Hello"));
  const Heard heard = hear(Api::openai_responses, true, stream);
  ASSERT_TRUE(heard.outcome) << heard.outcome.error().detail;
  EXPECT_EQ(texts(heard), "Hello");
  std::string wires;
  for (const Kept& kept : heard.events) wires += kept.wire;
  EXPECT_EQ(wires, stream);
  const Kept& end = heard.events[heard.events.size() - 2];
  EXPECT_EQ(end.event.kind, EventKind::message_delta);
  EXPECT_FALSE(end.wire.empty());
  EXPECT_EQ(end.event.stop_reason, "end_turn");
  EXPECT_EQ(end.event.usage->input_tokens, 2);
  EXPECT_EQ(end.event.usage->cache_read_input_tokens, 6);
  EXPECT_EQ(end.event.usage->thinking_tokens, 2);
}

TEST(ResponsesStreamDecoder, TextThatOnlyTheEndTellsIsHandedOver) {
  EXPECT_EQ(texts(hear(Api::openai_responses, true, created() + completed(message("Hello")))),
            "Hello");
  // Said in part before.
  const Heard heard =
      hear(Api::openai_responses, true, created() + delta("Hel") + completed(message("Hello")));
  ASSERT_TRUE(heard.outcome);
  EXPECT_EQ(texts(heard), "Hello");
}

TEST(ResponsesStreamDecoder, AContradictionIsAnError) {
  const Heard heard =
      hear(Api::openai_responses, true, created() + delta("Hel") + completed(message("Other")));
  ASSERT_FALSE(heard.outcome);
  EXPECT_EQ(heard.outcome.error().detail, "responses answer: a part that contradicts its deltas");
}

TEST(ResponsesStreamDecoder, EndsAreTold) {
  const auto end_of = [](const std::string& stream) {
    const Heard heard = hear(Api::openai_responses, true, stream);
    std::string end = heard.outcome ? "" : "failed ";
    for (const Kept& kept : heard.events) {
      if (kept.event.kind == EventKind::error) end += "error=" + kept.event.error_type;
      end += kept.event.stop_reason;
      if (kept.event.stop_details) end += "/" + kept.event.stop_details->category.value_or("null");
    }
    return end;
  };
  EXPECT_EQ(end_of(created() + completed("", "incomplete")), "max_tokens");
  EXPECT_EQ(end_of(created() + delta("A")), "failed ");
  EXPECT_EQ(
      end_of(created() + named("response.failed",
                               R"("response":{"error":{"code":"bio_policy","message":"No"}})")),
      "refusal/bio");
  EXPECT_EQ(
      end_of(created() + named("response.failed",
                               R"("response":{"error":{"code":"server_error","message":"x"}})")),
      "error=api_error");
  EXPECT_EQ(end_of(created() + named("error", R"("code":"rate_limit_exceeded","message":"x")")),
            "error=rate_limit_error");
  EXPECT_EQ(
      end_of(created() +
             named("response.refusal.delta",
                   R"("item_id":"m","output_index":0,"content_index":0,"delta":"No")") +
             completed(R"({"type":"message","content":[{"type":"refusal","refusal":"No"}]})")),
      "refusal/null");
}

TEST(ResponsesBodyDecoder, ReadsAnAnswer) {
  const std::string body =
      R"({"id":"resp_1","object":"response","model":"up-1","status":"completed","error":null,"output":[)" +
      message("Hi") +
      R"(,{"id":"fc_1","type":"function_call","call_id":"c","name":"f","arguments":"{}"}]})";
  const Heard heard = hear(Api::openai_responses, false, body);
  ASSERT_TRUE(heard.outcome) << heard.outcome.error().detail;
  EXPECT_EQ(texts(heard), "Hi{}");
  EXPECT_EQ(heard.events.back().wire, body);
  EXPECT_FALSE(hear(Api::openai_responses, false, "{}").outcome);
  EXPECT_FALSE(hear(Api::openai_responses, false, R"({"status":"queued","output":[]})").outcome);
}

}  // namespace
}  // namespace sallyport::dialect::openai::testing
