#include <gtest/gtest.h>

#include "dialect/cross/answer_checker.h"
#include "json/writer.h"

// Every client dialect behind every upstream dialect, streamed and not, for every kind of content,
// with a refusal nowhere, before output, in its middle, and from the gateway; and with a hop in the
// middle.
namespace sallyport::dialect::cross::testing {
namespace {

using openai::testing::hear;
using openai::testing::Heard;
using openai::testing::Kept;
using openai::testing::options;

enum class Content { text, thinking, tool, two_tools, everything };
enum class Refusal { none, before_output, after_output };

bool has(Content content, Content part) {
  return content == part || content == Content::everything;
}

// The answer to be expected: the text and calls of a Content.
struct Piece {
  std::string kind;  // thinking, text or tool
  std::string text;  // or the arguments
  std::string name;
};

std::vector<Piece> pieces(Content content) {
  std::vector<Piece> list;
  if (has(content, Content::thinking)) list.push_back({"thinking", "Let me see.", ""});
  if (content != Content::tool && content != Content::two_tools) {
    list.push_back({"text", "Hello, w\xc3\xb6rld", ""});
  }
  if (content == Content::tool || has(content, Content::two_tools)) {
    list.push_back({"tool", R"({"city":"Oslo \"}"})", "look"});
  }
  if (has(content, Content::two_tools)) list.push_back({"tool", R"({"n":[1,{}]})", "count"});
  return list;
}

std::string q(std::string_view text) { return json::quoted(text); }

std::string anthropic_upstream(Content content, Refusal refusal, bool stream) {
  using openai::testing::named;
  const std::string usage = R"("usage":{"input_tokens":9,"output_tokens":5})";
  const bool refused = refusal != Refusal::none;
  const bool calls = content == Content::tool || has(content, Content::two_tools);
  const std::string stop =
      refused ? R"("stop_reason":"refusal","stop_sequence":null,"stop_details":)"
                R"({"type":"refusal","category":"cyber","explanation":"Declined."})"
              : std::string(R"("stop_reason":")") + (calls ? "tool_use" : "end_turn") +
                    R"(","stop_sequence":null,"stop_details":null)";
  std::string out;
  std::string blocks;
  int index = 0;
  for (const Piece& piece : pieces(content)) {
    if (refusal == Refusal::before_output) break;
    std::string start;
    std::string delta;
    std::string whole;
    if (piece.kind == "tool") {
      const std::string head = R"({"type":"tool_use","id":"toolu_)" + piece.name + R"(","name":)" +
                               q(piece.name) + R"(,"input":)";
      start = head + "{}}";
      whole = head + piece.text + "}";
      delta = R"({"type":"input_json_delta","partial_json":)" + q(piece.text) + "}";
    } else {
      start = R"({"type":")" + piece.kind + R"(",")" + piece.kind + R"(":""})";
      whole = R"({"type":")" + piece.kind + R"(",")" + piece.kind + "\":" + q(piece.text) + "}";
      delta =
          R"({"type":")" + piece.kind + R"(_delta",")" + piece.kind + "\":" + q(piece.text) + "}";
    }
    const std::string at = R"("index":)" + std::to_string(index++);
    out += named("content_block_start", at + R"(,"content_block":)" + start);
    out += named("content_block_delta", at + R"(,"delta":)" + delta);
    out += named("content_block_stop", at);
    blocks += (blocks.empty() ? "" : ",") + whole;
  }
  if (!stream) {
    return R"({"id":"msg_up","type":"message","role":"assistant","model":"up-1","content":[)" +
           blocks + "]," + stop + "," + usage + "}";
  }
  return named(
             "message_start",
             R"("message":{"id":"msg_up","type":"message","role":"assistant","model":"up-1","content":[],)"
             R"("stop_reason":null,"stop_sequence":null,)" +
                 usage + "}") +
         out + named("message_delta", R"("delta":{)" + stop + "}," + usage) +
         "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n";
}

std::string chat_upstream(Content content, Refusal refusal, bool stream) {
  using openai::testing::chunk;
  const bool refused = refusal != Refusal::none;
  const bool calls = content == Content::tool || has(content, Content::two_tools);
  const std::string finish = refused ? "content_filter" : calls ? "tool_calls" : "stop";
  std::string out = openai::testing::role_chunk();
  std::string text;
  std::string thinking;
  std::string tools;
  int tool = 0;
  for (const Piece& piece : pieces(content)) {
    if (refusal == Refusal::before_output) break;
    if (piece.kind == "tool") {
      const std::string head = "{\"index\":" + std::to_string(tool++) + R"(,"id":"call_)" +
                               piece.name + R"(","type":"function","function":{"name":)" +
                               q(piece.name) + ",\"arguments\":";
      out += chunk(R"("delta":{"tool_calls":[)" + head + "\"\"}}]}");
      out += chunk(R"("delta":{"tool_calls":[{"index":)" + std::to_string(tool - 1) +
                   R"(,"function":{"arguments":)" + q(piece.text) + "}}]}");
      tools += (tools.empty() ? "" : ",") + head + q(piece.text) + "}}";
      continue;
    }
    const std::string key = piece.kind == "text" ? "content" : "reasoning_content";
    out += chunk("\"delta\":{\"" + key + "\":" + q(piece.text) + "}");
    (piece.kind == "text" ? text : thinking) += piece.text;
  }
  if (stream) {
    return out + openai::testing::finish_chunk(finish) + openai::testing::usage_chunk() +
           std::string(openai::testing::kDoneEvent);
  }
  return R"({"id":"chatcmpl-1","object":"chat.completion","created":1,"model":"up-1","choices":[{"index":0,)"
         R"("message":{"role":"assistant","content":)" +
         q(text) + R"(,"reasoning_content":)" + q(thinking) + R"(,"tool_calls":[)" + tools +
         R"(]},"finish_reason":")" + finish +
         R"("}],"usage":{"prompt_tokens":9,"completion_tokens":5,"total_tokens":14}})";
}

// Made by our own writer from the Messages answer, and so as valid as the checker says it is.
std::string responses_upstream(Content content, Refusal refusal, bool stream) {
  const auto writer = make_writer(options(Api::openai_responses, stream));
  writer->serving("up-1", Api::anthropic);
  return openai::testing::relay(
      hear(Api::anthropic, stream, anthropic_upstream(content, refusal, stream)), *writer);
}

std::string upstream(Api api, Content content, Refusal refusal, bool stream) {
  if (api == Api::anthropic) return anthropic_upstream(content, refusal, stream);
  if (api == Api::openai_chat) return chat_upstream(content, refusal, stream);
  return responses_upstream(content, refusal, stream);
}

struct Case {
  Api client;
  Api upstream;
  bool stream;
  Content content;
};

std::vector<Case> cases() {
  std::vector<Case> list;
  for (const Api client : {Api::anthropic, Api::openai_chat, Api::openai_responses}) {
    for (const Api up : {Api::anthropic, Api::openai_chat, Api::openai_responses}) {
      for (const bool stream : {true, false}) {
        for (const Content content : {Content::text, Content::thinking, Content::tool,
                                      Content::two_tools, Content::everything}) {
          list.push_back({client, up, stream, content});
        }
      }
    }
  }
  return list;
}

std::string name_of(const Case& c) {
  return std::string(to_string(c.client)) + " <- " + std::string(to_string(c.upstream)) +
         (c.stream ? " streamed " : " whole ") + std::to_string(static_cast<int>(c.content));
}

std::string expected_end(Api client, bool refused, bool calls) {
  if (client == Api::anthropic) return refused ? "refusal" : calls ? "tool_use" : "end_turn";
  if (client == Api::openai_chat) return refused ? "content_filter" : calls ? "tool_calls" : "stop";
  return refused ? "incomplete/content_filter" : "completed";
}

void expect_content(const Case& c, const Answer& answer) {
  std::string text;
  std::string thinking;
  std::vector<std::pair<std::string, std::string>> calls;
  for (const Piece& piece : pieces(c.content)) {
    if (piece.kind == "text") text += piece.text;
    if (piece.kind == "thinking") thinking += piece.text;
    if (piece.kind == "tool") calls.emplace_back(piece.name, piece.text);
  }
  EXPECT_EQ(answer.text, text);
  EXPECT_EQ(answer.thinking, thinking);
  EXPECT_EQ(answer.calls, calls);
  EXPECT_EQ(answer.end, expected_end(c.client, false, !calls.empty()));
}

TEST(Matrix, AnswersKeepTheirMeaning) {
  for (const Case& c : cases()) {
    SCOPED_TRACE(name_of(c));
    for (const bool usage : {true, false}) {
      const Heard heard =
          hear(c.upstream, c.stream, upstream(c.upstream, c.content, Refusal::none, c.stream));
      ASSERT_TRUE(heard.outcome) << heard.outcome.error().detail;
      WriterOptions made = options(c.client, c.stream);
      made.include_usage = usage;
      const auto writer = make_writer(made);
      writer->serving("catalog-1", c.upstream);
      const std::string out = openai::testing::relay(heard, *writer);
      const Answer answer = check(c.client, c.stream, out, usage);
      ASSERT_EQ(answer.fault, "") << out;
      expect_content(c, answer);
      EXPECT_EQ(out.find("up-1"), std::string::npos) << "the upstream's name of the model";
      EXPECT_NE(out.find("catalog-1"), std::string::npos);
      EXPECT_FALSE(writer->open_block());
    }
  }
}

TEST(Matrix, SameDialectAndSameNameIsByteExact) {
  for (const Case& c : cases()) {
    if (c.client != c.upstream) continue;
    SCOPED_TRACE(name_of(c));
    const std::string bytes = upstream(c.upstream, c.content, Refusal::none, c.stream);
    WriterOptions made = options(c.client, c.stream);
    made.include_usage = true;
    const auto writer = make_writer(made);
    writer->serving("up-1", c.upstream);
    EXPECT_EQ(openai::testing::relay(hear(c.upstream, c.stream, bytes), *writer), bytes);
  }
}

// Relays until the answer ends, and lets finish() write the end as the exchange does.
std::string finished(const Case& c, const Heard& heard, const Finish& finish) {
  std::string out;
  const auto writer = make_writer(options(c.client, c.stream));
  writer->serving("catalog-1", c.upstream);
  for (const Kept& kept : heard.events) {
    const bool last =
        kept.event.kind == (c.stream ? EventKind::message_delta : EventKind::message_stop);
    if (last) {
      const Event event = kept.view();
      writer->finish(&event, finish, out);
      return out;
    }
    writer->relay(kept.view(), out);
  }
  return out;
}

TEST(Matrix, RefusalsOfAnUpstreamAreRefusals) {
  for (const Case& c : cases()) {
    for (const Refusal refusal : {Refusal::before_output, Refusal::after_output}) {
      SCOPED_TRACE(name_of(c) + (refusal == Refusal::before_output ? " before" : " after"));
      const Heard heard =
          hear(c.upstream, c.stream, upstream(c.upstream, c.content, refusal, c.stream));
      ASSERT_TRUE(heard.outcome) << heard.outcome.error().detail;
      Finish finish;
      finish.stop_reason = "refusal";
      finish.stop_details.emplace();
      finish.stop_details->category = "cyber";
      finish.stop_details->explanation = "Declined.";
      const std::string out = finished(c, heard, finish);
      const Answer answer = check(c.client, c.stream, out, false);
      ASSERT_EQ(answer.fault, "") << out;
      EXPECT_EQ(answer.end, expected_end(c.client, true, false)) << out;
      EXPECT_EQ(answer.text.find("Declined"), std::string::npos) << "an explanation is no answer";
      if (c.client != Api::anthropic) {
        EXPECT_NE(out.find(R"("x_gateway":{"stop_reason":"refusal")"), std::string::npos) << out;
      }
    }
  }
}

TEST(Matrix, TheGatewayMayRefuseAtAnyEvent) {
  for (const Case& c : cases()) {
    const Heard heard =
        hear(c.upstream, c.stream, upstream(c.upstream, c.content, Refusal::none, c.stream));
    for (std::size_t cut = 0; cut < heard.events.size(); ++cut) {
      if (heard.events[cut].event.kind == EventKind::message_delta) break;
      SCOPED_TRACE(name_of(c) + " cut at " + std::to_string(cut));
      // A call cut in the middle is not valid JSON, and clients are told so by the refusal.
      if (cut > 0 && heard.events[cut - 1].event.block == BlockType::tool_use) continue;
      const auto writer = make_writer(options(c.client, c.stream));
      std::string out;
      writer->serving("catalog-1", c.upstream);
      for (std::size_t i = 0; i < cut; ++i) writer->relay(heard.events[i].view(), out);
      Finish finish;
      finish.stop_reason = "refusal";
      writer->finish(nullptr, finish, out);
      const Answer answer = check(c.client, c.stream, out, false);
      ASSERT_EQ(answer.fault, "") << out;
      EXPECT_EQ(answer.end, expected_end(c.client, true, false));
    }
  }
}

TEST(Matrix, AnotherModelMayGoOn) {
  for (const Case& c : cases()) {
    for (const Api second : {Api::anthropic, Api::openai_chat, Api::openai_responses}) {
      const Heard first =
          hear(c.upstream, c.stream, upstream(c.upstream, Content::text, Refusal::none, c.stream));
      const Heard next =
          hear(second, c.stream, upstream(second, c.content, Refusal::none, c.stream));
      for (const std::size_t cut :
           {std::size_t{0}, first.events.size() / 2, first.events.size() - 2}) {
        SCOPED_TRACE(name_of(c) + " then " + std::string(to_string(second)) + " cut at " +
                     std::to_string(cut));
        const auto writer = make_writer(options(c.client, c.stream));
        std::string out;
        writer->serving("asked-1", c.upstream);
        for (std::size_t i = 0; i < cut; ++i) writer->relay(first.events[i].view(), out);
        const Hop hop{"asked-1", "second-1", "refusal", "cyber", false};
        writer->hop(hop, out);
        writer->serving("second-1", second);
        Finish finish;
        for (const Kept& kept : next.events) {
          if (kept.event.kind != (c.stream ? EventKind::message_delta : EventKind::message_stop)) {
            if (!kept.event.stop_reason.empty()) finish.stop_reason = kept.event.stop_reason;
            writer->relay(kept.view(), out);
            continue;
          }
          if (!kept.event.stop_reason.empty()) finish.stop_reason = kept.event.stop_reason;
          finish.hops = {hop};
          finish.iterations = {{false, "asked-1", {}}, {true, "second-1", {}}};
          const Event event = kept.view();
          writer->finish(&event, finish, out);
          break;
        }
        const Answer answer = check(c.client, c.stream, out, false);
        ASSERT_EQ(answer.fault, "") << out;
        EXPECT_EQ(out.find("up-1"), std::string::npos) << out;
        if (c.client != Api::anthropic) {
          EXPECT_NE(out.find(R"("served_by_fallback":true)"), std::string::npos) << out;
        }
      }
    }
  }
}

TEST(Matrix, ErrorsInAStreamStaySeen) {
  for (const Case& c : cases()) {
    if (!c.stream) continue;
    SCOPED_TRACE(name_of(c));
    const Heard heard =
        hear(c.upstream, true, upstream(c.upstream, c.content, Refusal::none, true));
    const auto writer = make_writer(options(c.client, true));
    std::string out;
    writer->serving("catalog-1", c.upstream);
    writer->relay(heard.events[0].view(), out);
    PublicError error;
    error.message = "the connection was lost";
    writer->fail(error, out);
    EXPECT_NE(out.find("the connection was lost"), std::string::npos);
    EXPECT_EQ(check(c.client, true, out, false).ended, false);
  }
}

}  // namespace
}  // namespace sallyport::dialect::cross::testing
