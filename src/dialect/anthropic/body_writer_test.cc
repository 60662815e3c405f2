#include "dialect/anthropic/body_writer.h"

#include "dialect/anthropic/test_support.h"

namespace sallyport::dialect::anthropic::testing {
namespace {

std::unique_ptr<ResponseWriter> writer_for(bool beta, const std::string& serving,
                                           Api upstream = Api::anthropic) {
  WriterOptions options;
  options.show_fallback = beta;
  options.show_credit = beta;
  options.message_id = "msg_01Ours";
  options.requested_model = "flagship-1";
  auto writer = make_writer(options);
  writer->serving(serving, upstream);
  return writer;
}

std::string message(std::string_view model, std::string_view content, std::string_view stop,
                    std::string_view usage) {
  return R"({ "id":"msg_01Body", "type":"message","role":"assistant","model":")" +
         std::string(model) + R"(","content":)" + std::string(content) + "," + std::string(stop) +
         R"(,"usage":)" + std::string(usage) + R"(, "later":[1 ] })" + "\n";
}

constexpr std::string_view kEnd =
    R"("stop_reason":"end_turn","stop_sequence":null,"stop_details":null)";
constexpr std::string_view kText = R"([{"type":"text","text":"An answer"}])";

// Decodes a body and ends with `finish` where its message_stop comes.
std::string finished(std::string_view body, ResponseWriter& writer, const Finish& finish) {
  std::string out;
  const auto decoder = make_decoder(Api::anthropic, false);
  const auto end = feed_all(*decoder, body, nullptr, [&](const Event& event) {
    if (event.kind == EventKind::message_stop) return writer.finish(&event, finish, out);
    writer.relay(event, out);
  });
  EXPECT_TRUE(end);
  return out;
}

Hop hop_to_next() {
  Hop hop;
  hop.from = "flagship-1";
  hop.to = "next-1";
  hop.category = "cyber";
  return hop;
}

constexpr std::string_view kHopBlock =
    R"({"type":"fallback","from":{"model":"flagship-1"},"to":{"model":"next-1"},)"
    R"("trigger":{"type":"refusal","category":"cyber"}})";

TEST(AnthropicBodyWriter, RelaysByteForByte) {
  const std::string body =
      message("flagship-1", kText, kEnd, R"({"input_tokens":1,"output_tokens":2})");
  EXPECT_EQ(relay(body, false, *writer_for(true, "flagship-1")), body);
  EXPECT_EQ(relay(body, false, *writer_for(false, "flagship-1")), body);
  Finish finish;
  finish.stop_reason = "end_turn";
  finish.usage.input_tokens = 1;
  finish.usage.output_tokens = 2;
  const std::string complete =
      message("flagship-1", kText, kEnd,
              R"({"input_tokens":1,"output_tokens":2,"cache_creation_input_tokens":0,)"
              R"("cache_read_input_tokens":0})");
  EXPECT_EQ(finished(complete, *writer_for(true, "flagship-1"), finish), complete);
}

TEST(AnthropicBodyWriter, NamesTheModelByItsCatalogId) {
  const auto body = [](std::string_view model) {
    return message(model, kText, kEnd, R"({"input_tokens":1,"output_tokens":2})");
  };
  EXPECT_EQ(relay(body("vendor/flagship"), false, *writer_for(true, "flagship-1")),
            body("flagship-1"));
}

TEST(AnthropicBodyWriter, TakesAnUpstreamsTokenOut) {
  const auto refused = [](std::string_view credit) {
    return message("flagship-1", "[]",
                   R"("stop_reason":"refusal","stop_sequence":null,"stop_details":)"
                   R"({"type":"refusal","category":null)" +
                       std::string(credit) + "}",
                   R"({"input_tokens":1,"output_tokens":0})");
  };
  const std::string sent = refused(
      R"(,"fallback_credit_token":"fct","fallback_has_prefill_claim":false,"recommended_model":null)");
  EXPECT_EQ(relay(sent, false, *writer_for(false, "flagship-1")), refused(""));
  EXPECT_EQ(relay(sent, false, *writer_for(true, "flagship-1")),
            refused(R"(,"fallback_credit_token":null,"fallback_has_prefill_claim":null,)"
                    R"("recommended_model":null)"));
}

TEST(AnthropicBodyWriter, PutsTheHopsBeforeTheContent) {
  const auto writer = writer_for(true, "flagship-1");
  std::string out;
  writer->hop(hop_to_next(), out);
  writer->serving("next-1", Api::anthropic);
  Finish finish;
  finish.stop_reason = "end_turn";
  finish.usage.input_tokens = 420;
  finish.usage.output_tokens = 264;
  finish.iterations = {{false, "flagship-1", {}}, {true, "next-1", finish.usage}};
  const std::string body =
      message("vendor-next", kText, kEnd, R"({"input_tokens":420,"output_tokens":264})");
  const std::string written = finished(body, *writer, finish);
  EXPECT_THAT(written,
              ::testing::HasSubstr(R"("model":"next-1","content":[)" + std::string(kHopBlock) +
                                   R"(,{"type":"text","text":"An answer"}],)"));
  EXPECT_THAT(written,
              ::testing::HasSubstr(R"("iterations":[{"type":"message","model":"flagship-1")"));
  EXPECT_THAT(written, ::testing::HasSubstr(R"({"type":"fallback_message","model":"next-1",)"
                                            R"("input_tokens":420,"output_tokens":264,)"));
  EXPECT_THAT(written, ::testing::EndsWith(", \"later\":[1 ] }\n"));
}

TEST(AnthropicBodyWriter, WithoutTheBetaAHopShowsNeitherBlockNorIterations) {
  const auto writer = writer_for(false, "flagship-1");
  std::string out;
  writer->hop(hop_to_next(), out);
  writer->serving("next-1", Api::anthropic);
  Finish finish;
  finish.stop_reason = "end_turn";
  finish.iterations = {{false, "flagship-1", {}}, {true, "next-1", {}}};
  const std::string written = finished(
      message("next-1", kText, kEnd, R"({"input_tokens":0,"output_tokens":0})"), *writer, finish);
  EXPECT_EQ(written.find("fallback"), std::string::npos);
  EXPECT_EQ(written.find("iterations"), std::string::npos);
}

TEST(AnthropicBodyWriter, AHopDropsWhatWasCollected) {
  const auto writer = writer_for(true, "flagship-1");
  std::string out;
  const auto decoder = make_decoder(Api::anthropic, false);
  ASSERT_TRUE(feed_all(*decoder, message("flagship-1", kText, kEnd, "{}"), nullptr,
                       [&](const Event& event) {
                         if (event.kind != EventKind::message_stop) writer->relay(event, out);
                       }));
  writer->hop(hop_to_next(), out);
  writer->serving("next-1", Api::anthropic);
  Finish finish;
  finish.stop_reason = "refusal";
  writer->finish(nullptr, finish, out);
  EXPECT_EQ(out,
            R"({"id":"msg_01Ours","type":"message","role":"assistant","model":"next-1",)"
            R"("content":[],"stop_reason":"refusal","stop_sequence":null,"stop_details":)"
            R"({"type":"refusal","category":null,"explanation":null,"fallback_credit_token":null,)"
            R"("fallback_has_prefill_claim":null,"recommended_model":null},"usage":)"
            R"({"input_tokens":0,"output_tokens":0,"cache_creation_input_tokens":0,)"
            R"("cache_read_input_tokens":0,"cache_creation":{"ephemeral_5m_input_tokens":0,)"
            R"("ephemeral_1h_input_tokens":0}}})");
}

TEST(AnthropicBodyWriter, BuildsABodyFromEvents) {
  const auto writer = writer_for(false, "other-1", Api::openai_chat);
  std::string out;
  Event event;
  event.kind = EventKind::message_start;
  event.id = "chatcmpl-1";
  writer->relay(event, out);
  const auto block = [&](int index, BlockType type, DeltaType delta,
                         std::vector<std::string> texts) {
    Event part;
    part.kind = EventKind::block_start;
    part.index = index;
    part.block = type;
    part.tool_id = "call_1";
    part.tool_name = "look";
    writer->relay(part, out);
    part.kind = EventKind::block_delta;
    part.delta = delta;
    for (const std::string& text : texts) {
      part.text = text;
      writer->relay(part, out);
    }
    part.kind = EventKind::block_stop;
    writer->relay(part, out);
  };
  block(0, BlockType::text, DeltaType::text, {"Hi ", "\"you\""});
  block(1, BlockType::tool_use, DeltaType::input_json, {"{\"n\":", "1}"});
  block(2, BlockType::tool_use, DeltaType::input_json, {"{\"cut"});
  event.kind = EventKind::message_delta;
  event.stop_reason = "tool_use";
  event.usage.emplace().output_tokens = 3;
  writer->relay(event, out);
  event.kind = EventKind::message_stop;
  event.json = R"({"type":"message","content":["foreign"]})";
  event.wire = event.json;
  writer->relay(event, out);
  EXPECT_THAT(out, ::testing::StartsWith(
                       R"({"id":"msg_01Ours","type":"message","role":"assistant",)"
                       R"("model":"other-1","content":[{"type":"text","text":"Hi \"you\""},)"
                       R"({"type":"tool_use","id":"call_1","name":"look","input":{"n":1}},)"
                       R"({"type":"tool_use","id":"call_1","name":"look","input":)"
                       R"({"INVALID_JSON":"{\"cut"}}],"stop_reason":"tool_use",)"
                       R"("stop_sequence":null,"stop_details":null,"usage":{"input_tokens":0,)"
                       R"("output_tokens":3,)"));
}

// White space between the tokens of a block may be line ends, which are the stream's too.
TEST(AnthropicBodyWriter, AWholeAnswerCanBeStreamed) {
  WriterOptions options;
  options.stream = true;
  const auto writer = make_writer(options);
  writer->serving("flagship-1", Api::anthropic);
  const std::string out =
      relay(message("flagship-1", "[{\r\"type\":\"text\",\n\"text\":\"An answer\"}]", kEnd,
                    R"({"input_tokens":1,"output_tokens":2})"),
            false, *writer);
  std::string text;
  const auto decoder = make_decoder(Api::anthropic, true);
  const auto end =
      feed_all(*decoder, out, nullptr, [&text](const Event& event) { text += event.text; });
  ASSERT_TRUE(end) << end.error().detail << "\n" << out;
  EXPECT_EQ(text, "An answer");
}

// A streamed answer put together is the answer that would not have been streamed.
TEST(AnthropicBodyWriter, PutsAStreamTogether) {
  const auto writer = writer_for(true, "flagship-1");
  const std::string body = relay(rich_stream("flagship-1"), true, *writer);
  EXPECT_THAT(body,
              ::testing::HasSubstr(
                  R"("content":[{"type":"thinking","thinking":"Planning.","signature":"c2ln"},)"
                  R"({"type":"text","text":"Grüße é\nand more",)"
                  R"("citations":[{"type":"page","cited_text":"x"}]},)"
                  R"({"type":"tool_use","id":"toolu_1","name":"look","input":{"city":"Oslo"}},)"
                  R"({"type":"future_block","data":"d"}])"));
  EXPECT_THAT(body, ::testing::HasSubstr(R"("stop_reason":"tool_use")"));
}

}  // namespace
}  // namespace sallyport::dialect::anthropic::testing
