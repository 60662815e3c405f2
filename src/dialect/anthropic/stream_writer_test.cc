#include "dialect/anthropic/stream_writer.h"

#include "dialect/anthropic/test_support.h"

namespace sallyport::dialect::anthropic::testing {
namespace {

WriterOptions options(bool beta) {
  WriterOptions chosen;
  chosen.stream = true;
  chosen.show_fallback = beta;
  chosen.show_credit = beta;
  chosen.message_id = "msg_01Ours";
  chosen.requested_model = "flagship-1";
  return chosen;
}

std::unique_ptr<ResponseWriter> writer_for(bool beta = true,
                                           const std::string& serving = "flagship-1") {
  auto writer = make_writer(options(beta));
  writer->serving(serving, Api::anthropic);
  return writer;
}

// Decodes `bytes` and hands every event to `take`.
void each(std::string_view bytes, const std::function<void(const Event&)>& take) {
  const auto decoder = make_decoder(Api::anthropic, true);
  const auto fed = decoder->feed(bytes, take);
  ASSERT_TRUE(fed) << fed.error().detail;
}

// Relays an upstream's stream, and ends with `finish` where its message_delta comes.
void relay_until_end(std::string_view bytes, ResponseWriter& writer, const Finish& finish,
                     std::string& out) {
  each(bytes, [&](const Event& event) {
    if (event.kind == EventKind::message_delta) return writer.finish(&event, finish, out);
    if (event.kind != EventKind::message_stop) writer.relay(event, out);
  });
}

// Relays only what comes before an upstream's message_delta: what a declined attempt has released.
void relay_declined(std::string_view bytes, ResponseWriter& writer, std::string& out) {
  bool ended = false;
  each(bytes, [&](const Event& event) {
    ended = ended || event.kind == EventKind::message_delta;
    if (!ended) writer.relay(event, out);
  });
}

std::string final_stop() { return sse("message_stop", R"({"type":"message_stop"})"); }

Hop hop_to_next(std::optional<std::string> category = std::nullopt) {
  Hop hop;
  hop.from = "flagship-1";
  hop.to = "next-1";
  hop.category = std::move(category);
  return hop;
}

std::string fallback_events(int index, std::string_view category = "null") {
  return block_start(index,
                     R"({"type":"fallback","from":{"model":"flagship-1"},"to":{"model":"next-1"},)"
                     R"("trigger":{"type":"refusal","category":)" +
                         std::string(category) + "}}") +
         block_stop(index);
}

Finish served_by_next() {
  Finish finish;
  finish.stop_reason = "end_turn";
  finish.usage.input_tokens = 31;
  finish.usage.output_tokens = 12;
  Iteration declined{false, "flagship-1", {}};
  declined.usage.input_tokens = 28;
  declined.usage.output_tokens = 7;
  finish.iterations = {declined, {true, "next-1", finish.usage}};
  return finish;
}

constexpr std::string_view kIterations =
    R"("iterations":[{"type":"message","model":"flagship-1","input_tokens":28,"output_tokens":7,)"
    R"("cache_read_input_tokens":0,"cache_creation_input_tokens":0,"cache_creation":)"
    R"({"ephemeral_5m_input_tokens":0,"ephemeral_1h_input_tokens":0}},)"
    R"({"type":"fallback_message","model":"next-1","input_tokens":31,"output_tokens":12,)"
    R"("cache_read_input_tokens":0,"cache_creation_input_tokens":0,"cache_creation":)"
    R"({"ephemeral_5m_input_tokens":0,"ephemeral_1h_input_tokens":0}}])";

TEST(AnthropicStreamWriter, RelaysByteForByte) {
  SeededRandom random(5);
  const std::string stream = rich_stream("flagship-1");
  for (int round = 0; round < 50; ++round) {
    ASSERT_EQ(relay(stream, true, *writer_for(), &random), stream);
    ASSERT_EQ(relay(stream, true, *writer_for(false), &random), stream);
  }
}

TEST(AnthropicStreamWriter, NamesTheModelByItsCatalogId) {
  const auto writer = writer_for(true, "flagship-1");
  std::string expected_stream = rich_stream("vendor-flagship-20260901");
  const std::string relayed = relay(expected_stream, true, *writer);
  expected_stream.replace(expected_stream.find("vendor-flagship-20260901"), 24, "flagship-1");
  EXPECT_EQ(relayed, expected_stream);
}

TEST(AnthropicStreamWriter, GivesNamelessEventsTheirNames) {
  const std::string stream = rich_stream("flagship-1");
  std::string nameless;
  each(stream, [&nameless](const Event& event) {
    nameless += "data: " + std::string(event.json) + "\n\n";
  });
  EXPECT_EQ(relay(nameless, true, *writer_for()), stream);
}

TEST(AnthropicStreamWriter, FinishWithTheUpstreamsOwnEndChangesNothing) {
  const std::string stream = rich_stream("flagship-1");
  const auto writer = writer_for();
  std::string out;
  each(stream, [&](const Event& event) {
    if (event.kind == EventKind::message_stop) return;
    if (event.kind != EventKind::message_delta) return writer->relay(event, out);
    Finish finish;
    finish.stop_reason = event.stop_reason;
    finish.usage = *event.usage;
    writer->finish(&event, finish, out);
  });
  EXPECT_EQ(out, stream.substr(0, stream.size() - stop_event().size()) + final_stop());
}

TEST(AnthropicStreamWriter, ContinuesInTheSameStreamAfterAHop) {
  const auto writer = writer_for();
  std::string out;
  relay_declined(start_event("flagship-1", 5) + text_start(0) + text_delta(0, "Hi", 3), *writer,
                 out);
  EXPECT_EQ(writer->open_block(), BlockType::text);
  writer->hop(hop_to_next(), out);
  EXPECT_EQ(writer->open_block(), std::nullopt);
  writer->serving("next-1", Api::anthropic);
  const std::string second =
      start_event("next-1") + text_start(0) + text_delta(0, " there.", 8) + block_stop(0, 2) +
      end_event(R"({"stop_reason":"end_turn","stop_sequence":null,"stop_details":null})",
                R"({"output_tokens":12,"new_counter":1})", 5) +
      stop_event();
  relay_until_end(second, *writer, served_by_next(), out);
  EXPECT_EQ(
      out, start_event("flagship-1", 5) + text_start(0) + text_delta(0, "Hi", 3) + block_stop(0) +
               fallback_events(1) + text_start(2) + text_delta(2, " there.", 8) + block_stop(2, 2) +
               end_event(R"({"stop_reason":"end_turn","stop_sequence":null,"stop_details":null})",
                         R"({"output_tokens":12,"new_counter":1,"input_tokens":31,)"
                         R"("cache_creation_input_tokens":0,"cache_read_input_tokens":0,)" +
                             std::string(kIterations) + "}",
                         5) +
               final_stop());
}

// Wherever a hop falls and however the bytes come, the client gets one valid stream, with all the
// text that was released before and after.
TEST(AnthropicStreamWriter, AHopAnywhereGivesOneStream) {
  SeededRandom random(23);
  const std::string first = rich_stream("flagship-1");
  const std::string second = rich_stream("next-1");
  for (std::size_t cut = 0; cut < 20; ++cut) {
    const auto writer = writer_for();
    std::string out;
    std::string released;
    std::size_t seen = 0;
    const auto declined = make_decoder(Api::anthropic, true);
    ASSERT_TRUE(feed_all(*declined, first, &random, [&](const Event& event) {
      if (seen++ >= cut || event.kind == EventKind::message_delta) return;
      writer->relay(event, out);
      released += event.text;
    }));
    writer->hop(hop_to_next(), out);
    writer->serving("next-1", Api::anthropic);
    const auto serving = make_decoder(Api::anthropic, true);
    ASSERT_TRUE(feed_all(*serving, second, &random, [&](const Event& event) {
      released += event.text;
      if (event.kind == EventKind::message_delta)
        return writer->finish(&event, served_by_next(), out);
      writer->relay(event, out);
    }));
    std::string text;
    int next_index = 0;
    const auto client = make_decoder(Api::anthropic, true);
    const auto end = feed_all(*client, out, nullptr, [&](const Event& event) {
      text += event.text;
      if (event.kind != EventKind::block_start) return;
      EXPECT_EQ(event.index, next_index++);
    });
    ASSERT_TRUE(end) << cut << ": " << end.error().detail << "\n" << out;
    EXPECT_EQ(text, released);
    EXPECT_THAT(out, ::testing::HasSubstr(R"("type":"fallback")"));
  }
}

TEST(AnthropicStreamWriter, AHopBeforeAnyOutputNamesTheFallbackModel) {
  const auto writer = writer_for();
  std::string out;
  writer->hop(hop_to_next("bio"), out);
  EXPECT_EQ(out, "");
  writer->serving("next-1", Api::anthropic);
  each(start_event("next-1") + text_start(0) + text_delta(0, "x"),
       [&](const Event& event) { writer->relay(event, out); });
  EXPECT_EQ(out, start_event("next-1") + fallback_events(0, "\"bio\"") + text_start(1) +
                     text_delta(1, "x"));
}

TEST(AnthropicStreamWriter, WithoutTheBetaAHopShowsNoBlock) {
  const auto writer = writer_for(false);
  std::string out;
  relay_declined(start_event("flagship-1") + text_start(0) + text_delta(0, "Hi"), *writer, out);
  writer->hop(hop_to_next(), out);
  writer->serving("next-1", Api::anthropic);
  relay_until_end(start_event("next-1") + text_start(0) + text_delta(0, "x") + block_stop(0) +
                      end_turn() + stop_event(),
                  *writer, served_by_next(), out);
  EXPECT_EQ(out.find("fallback"), std::string::npos);
  EXPECT_EQ(out.find("iterations"), std::string::npos);
  EXPECT_THAT(out, ::testing::HasSubstr(block_stop(0) + text_start(1) + text_delta(1, "x")));
}

TEST(AnthropicStreamWriter, NeverRelaysAnUpstreamsToken) {
  const std::string stream = refused_stream("flagship-1");
  const std::string without = relay(stream, true, *writer_for(false));
  EXPECT_THAT(without,
              ::testing::HasSubstr(R"("stop_details":{"type":"refusal","category":"cyber",)"
                                   R"("explanation":"Declined.","later":1}})"));
  const std::string with = relay(stream, true, *writer_for(true));
  EXPECT_THAT(with, ::testing::HasSubstr(R"("fallback_credit_token":null,)"
                                         R"("fallback_has_prefill_claim":null,)"
                                         R"("recommended_model":null,"later":1)"));
}

TEST(AnthropicStreamWriter, FinishWritesOurTokenAndKeepsUnknownMembers) {
  const auto writer = writer_for();
  Finish finish;
  finish.stop_reason = "refusal";
  finish.stop_details.emplace();
  finish.stop_details->category = "cyber";
  finish.stop_details->explanation = "Declined.";
  finish.stop_details->credit_token = "fct_ours";
  finish.stop_details->has_prefill_claim = true;
  finish.stop_details->recommended_model = "next-1";
  finish.usage.input_tokens = 28;
  finish.usage.output_tokens = 106;
  finish.credit = CreditOutcome{false, "variant_fields_present", {"output_config"}};
  std::string out;
  relay_until_end(refused_stream("flagship-1"), *writer, finish, out);
  EXPECT_THAT(
      out, ::testing::EndsWith(
               end_event(R"({"stop_reason":"refusal","stop_sequence":null,"stop_details":)"
                         R"({"type":"refusal","category":"cyber","explanation":"Declined.",)"
                         R"("fallback_credit_token":"fct_ours","fallback_has_prefill_claim":true,)"
                         R"("recommended_model":"next-1","later":1}})",
                         R"({"input_tokens":28,"output_tokens":106,"later":2,"fallback_credit":)"
                         R"({"status":{"type":"not_applied","reason":"variant_fields_present",)"
                         R"("remove_to_redeem":["output_config"]}}})",
                         4) +
               final_stop()));
}

TEST(AnthropicStreamWriter, MakesARefusalOfItsOwnBeforeOutput) {
  const auto writer = writer_for(false);
  Finish finish;
  finish.stop_reason = "refusal";
  finish.stop_details.emplace();
  finish.stop_details->category = "bio";
  finish.usage.input_tokens = 412;
  std::string out;
  writer->finish(nullptr, finish, out);
  const std::string usage =
      R"({"input_tokens":412,"output_tokens":0,"cache_creation_input_tokens":0,)"
      R"("cache_read_input_tokens":0,"cache_creation":{"ephemeral_5m_input_tokens":0,)"
      R"("ephemeral_1h_input_tokens":0}})";
  EXPECT_EQ(out, sse("message_start",
                     R"({"type":"message_start","message":{"id":"msg_01Ours","type":"message",)"
                     R"("role":"assistant","model":"flagship-1","content":[],"stop_reason":null,)"
                     R"("stop_sequence":null,"stop_details":null,"usage":)" +
                         usage + "}}") +
                     end_event(R"({"stop_reason":"refusal","stop_sequence":null,"stop_details":)"
                               R"({"type":"refusal","category":"bio","explanation":null}})",
                               usage) +
                     final_stop());
  writer->ping(out);
  const std::size_t size = out.size();
  writer->fail({}, out);
  writer->finish(nullptr, finish, out);
  EXPECT_EQ(out.size(), size);
}

TEST(AnthropicStreamWriter, AChainOfRefusalsIsAnEmptyAnswer) {
  const auto writer = writer_for();
  std::string out;
  writer->hop(hop_to_next(), out);
  writer->serving("next-1", Api::anthropic);
  Finish finish = served_by_next();
  finish.stop_reason = "refusal";
  writer->finish(nullptr, finish, out);
  EXPECT_EQ(out.find("content_block"), std::string::npos);
  EXPECT_THAT(out, ::testing::HasSubstr(R"("model":"next-1")"));
  EXPECT_THAT(out, ::testing::HasSubstr(kIterations));
  EXPECT_THAT(out, ::testing::HasSubstr(R"("fallback_credit_token":null)"));
}

TEST(AnthropicStreamWriter, ClosesTheOpenBlockBeforeItsEnd) {
  const auto writer = writer_for();
  std::string out;
  relay_declined(start_event("flagship-1") + text_start(0) + text_delta(0, "Hi"), *writer, out);
  Finish finish;
  finish.stop_reason = "refusal";
  writer->finish(nullptr, finish, out);
  EXPECT_THAT(out,
              ::testing::HasSubstr(text_delta(0, "Hi") + block_stop(0) + "event: message_delta"));
  EXPECT_THAT(out, ::testing::EndsWith(final_stop()));
}

TEST(AnthropicStreamWriter, FailsInTheShapeOfTheApi) {
  const auto writer = writer_for();
  std::string out;
  relay_declined(start_event("flagship-1"), *writer, out);
  out.clear();
  PublicError error;
  error.type = "overloaded_error";
  error.message = "Overloaded";
  writer->fail(error, out);
  EXPECT_EQ(out, sse("error", R"({"type":"error","error":{"type":"overloaded_error",)"
                              R"("message":"Overloaded"}})"));
}

Event made(EventKind kind, int index = -1) {
  Event event;
  event.kind = kind;
  event.index = index;
  return event;
}

// What an OpenAI upstream's decoder hands over: no bytes of this dialect, calls side by side.
std::vector<Event> foreign_answer() {
  std::vector<Event> events;
  events.push_back(made(EventKind::message_start));
  events.back().id = "chatcmpl-1";
  events.back().model = "gpt-x";
  events.back().wire = "data: {\"foreign\":1}\n\n";
  events.push_back(made(EventKind::block_start, 0));
  events.back().block = BlockType::text;
  events.push_back(made(EventKind::block_delta, 0));
  events.back().delta = DeltaType::text;
  events.back().text = "Hi \"you\"";
  events.back().wire = "data: {\"foreign\":2}\n\n";
  events.push_back(made(EventKind::block_stop, 0));
  for (const int index : {1, 2}) {
    events.push_back(made(EventKind::block_start, index));
    events.back().block = BlockType::tool_use;
    events.back().tool_id = "call_" + std::to_string(index);
    events.back().tool_name = "look";
  }
  for (const int index : {1, 2, 1, 2}) {
    const bool first = events.size() < 8;
    events.push_back(made(EventKind::block_delta, index));
    events.back().block = BlockType::tool_use;
    events.back().delta = DeltaType::input_json;
    events.back().text = first ? "{\"n\":" : std::to_string(index) + "}";
  }
  events.push_back(made(EventKind::block_stop, 1));
  events.push_back(made(EventKind::block_stop, 2));
  events.push_back(made(EventKind::message_delta));
  events.back().stop_reason = "tool_use";
  events.back().usage.emplace().output_tokens = 9;
  events.push_back(made(EventKind::message_stop));
  return events;
}

TEST(AnthropicStreamWriter, TellsAnotherDialectsAnswerInItsOwn) {
  const auto writer = make_writer(options(true));
  writer->serving("other-1", Api::openai_chat);
  std::string out;
  for (const Event& event : foreign_answer()) writer->relay(event, out);
  EXPECT_EQ(out.find("foreign"), std::string::npos);
  EXPECT_THAT(out, ::testing::HasSubstr(R"("id":"msg_01Ours")"));
  EXPECT_THAT(out, ::testing::HasSubstr(R"("model":"other-1")"));

  std::vector<std::string> seen;
  const auto decoder = make_decoder(Api::anthropic, true);
  const auto end = feed_all(*decoder, out, nullptr, [&seen](const Event& event) {
    seen.push_back(std::to_string(event.index) + event.tool_id + event.text + event.stop_reason);
  });
  ASSERT_TRUE(end) << end.error().detail << "\n" << out;
  EXPECT_EQ(seen,
            (std::vector<std::string>{"-1", "0", "0Hi \"you\"", "0", "1call_1", "1{\"n\":", "11}",
                                      "1", "2call_2", "2{\"n\":2}", "2", "-1tool_use", "-1"}));
}

TEST(AnthropicStreamWriter, ARefusalPartBecomesTheExplanation) {
  for (const bool refused : {true, false}) {
    const auto writer = make_writer(options(false));
    writer->serving("other-1", Api::openai_chat);
    std::string out;
    writer->relay(made(EventKind::message_start), out);
    Event event = made(EventKind::block_start, 0);
    event.block = BlockType::refusal;
    writer->relay(event, out);
    event = made(EventKind::block_delta, 0);
    event.delta = DeltaType::refusal;
    event.text = "I cannot.";
    writer->relay(event, out);
    writer->relay(made(EventKind::block_stop, 0), out);
    event = made(EventKind::message_delta);
    event.stop_reason = refused ? "refusal" : "end_turn";
    writer->relay(event, out);
    writer->relay(made(EventKind::message_stop), out);
    EXPECT_EQ(out.find("content_block") == std::string::npos, refused);
    EXPECT_THAT(out, ::testing::HasSubstr(refused ? R"("explanation":"I cannot.")"
                                                  : R"("text":"I cannot.")"));
  }
}

}  // namespace
}  // namespace sallyport::dialect::anthropic::testing
