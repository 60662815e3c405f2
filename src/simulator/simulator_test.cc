#include <gtest/gtest.h>

#include "json/document.h"
#include "json/writer.h"
#include "simulator/directive.h"
#include "simulator/script.h"
#include "simulator/words.h"
#include "sse/parser.h"

namespace sallyport::simulator {
namespace {

using namespace std::chrono_literals;

// What a script played, in full.
struct Played {
  http::ResponseHead head;
  std::string body;
  std::vector<std::size_t> pieces;
  std::optional<Fault> fault;
  bool ended = false;
  bool stalled = false;
  Duration time{0};
};

Played play(std::string path, std::string body, std::map<std::string, std::string> headers = {}) {
  http::RequestHead head;
  head.method = body.empty() ? "GET" : "POST";
  head.path = std::move(path);
  for (const auto& [name, value] : headers) head.headers.add(name, value);
  SeededRandom random(1);
  const auto script = make_script(head, body, random, wall_from_unix_seconds(1'795'000'000));
  Played played;
  for (int steps = 0; steps < 1'000'000; ++steps) {
    const auto step = script->next();
    if (!step) {
      played.stalled = true;
      return played;
    }
    played.time += step->after;
    if (const auto* response = std::get_if<http::ResponseHead>(&step->what))
      played.head = *response;
    if (const auto* bytes = std::get_if<std::string>(&step->what)) {
      played.body += *bytes;
      played.pieces.push_back(bytes->size());
    }
    if (const auto* fault = std::get_if<Fault>(&step->what)) {
      played.fault = *fault;
      return played;
    }
    if (std::holds_alternative<End>(step->what)) {
      played.ended = true;
      return played;
    }
  }
  ADD_FAILURE() << "the script does not end";
  return played;
}

std::string messages(const std::string& user, const std::string& more = "",
                     const std::string& model = "claude-fable-5-1") {
  return "{\"model\":\"" + model + "\",\"max_tokens\":4096" + more +
         ",\"messages\":[{\"role\":\"user\",\"content\":" + json::quoted(user) + "}]}";
}

// A parsed body that owns its bytes.
struct Parsed {
  explicit Parsed(std::string text) : bytes(std::make_unique<std::string>(std::move(text))) {
    auto parsed = json::Document::parse(*bytes);
    EXPECT_TRUE(parsed) << *bytes;
    if (parsed) document = std::move(*parsed);
  }
  json::Value operator[](std::string_view key) const { return document.root()[key]; }
  std::unique_ptr<std::string> bytes;
  json::Document document;
};

std::vector<std::pair<std::string, std::string>> events(const std::string& body) {
  std::vector<std::pair<std::string, std::string>> out;
  sse::Parser parser;
  EXPECT_TRUE(parser.feed(
      body, [&](const sse::Event& event) { out.emplace_back(event.name, event.data); }));
  EXPECT_TRUE(parser.finish());
  return out;
}

// The text of a Messages stream, and that its events follow the API's order.
std::string streamed_text(const std::string& body) {
  std::string text;
  for (const auto& [name, data] : events(body)) {
    Parsed parsed(data);
    EXPECT_TRUE(parsed["type"].equals(name)) << data;
    if (name == "content_block_delta") text += parsed["delta"]["text"].text();
  }
  return text;
}

TEST(Words, TokensCoverTheTextAndNeverSplitACharacter) {
  const std::string text = "  hello wörld " + std::string(30, 'x') + "ääääääääääääääääää\n";
  std::string joined;
  for (std::string_view rest = text; !rest.empty();) {
    const std::size_t size = token_size(rest);
    ASSERT_GT(size, 0u);
    EXPECT_NE(static_cast<unsigned char>(rest.front()) & 0xC0, 0x80);
    joined += rest.substr(0, size);
    rest.remove_prefix(size);
  }
  EXPECT_EQ(joined, text);
  EXPECT_EQ(first_tokens("one two three", 2), "one two");
}

TEST(Directive, IsTakenOutOfTheText) {
  Directive directive;
  std::string text =
      "hello [[sim: say=\"a ]] b\" pace=20ms refuse_model=x,y cached]] world [[sim: tokens=3]]";
  EXPECT_EQ(take_directives(text, directive), std::nullopt);
  EXPECT_EQ(text, "hello  world ");
  EXPECT_EQ(directive.say, "a ]] b");
  EXPECT_EQ(directive.pace, Duration(20ms));
  EXPECT_EQ(directive.refuse_models, (std::vector<std::string>{"x", "y"}));
  EXPECT_EQ(directive.tokens, 3u);
  EXPECT_TRUE(directive.cached);
}

TEST(Directive, MistakesAreErrors) {
  for (const char* text :
       {"[[sim: tokens=x]]", "[[sim: unknown=1]]", "[[sim: tokens=1", "[[sim: pace=20]]",
        "[[sim: status=200]]", "[[sim: tokens=999999999999]]", "[[sim: refuse_model=]]"}) {
    Directive directive;
    std::string copy = text;
    EXPECT_NE(take_directives(copy, directive), std::nullopt) << text;
    EXPECT_EQ(play("/v1/messages", messages(text)).head.status, 400) << text;
  }
}

TEST(Messages, AnswersPlainlyLabelled) {
  const Played played = play("/v1/messages", messages("Hello there"));
  EXPECT_EQ(played.head.status, 200);
  EXPECT_EQ(played.head.headers.get("sallyport-simulator"), "1");
  EXPECT_EQ(played.head.content_length, played.body.size());
  EXPECT_TRUE(played.ended);
  Parsed body(played.body);
  const std::string text = body["content"].at(0)["text"].text();
  EXPECT_TRUE(text.starts_with("[sallyport simulator] ")) << text;
  EXPECT_TRUE(body["model"].equals("claude-fable-5-1"));
  EXPECT_TRUE(body["stop_reason"].equals("end_turn"));
  EXPECT_TRUE(body["stop_details"].is_null());
  EXPECT_EQ(body["usage"]["output_tokens"].integer(), count_tokens(text));
}

TEST(Messages, AStreamSaysTheSameAsAWhole) {
  Parsed whole(play("/v1/messages", messages("Hello there")).body);
  const Played stream = play("/v1/messages", messages("Hello there", ",\"stream\":true"));
  EXPECT_EQ(stream.head.headers.get("content-type"), "text/event-stream; charset=utf-8");
  EXPECT_EQ(streamed_text(stream.body), whole["content"].at(0)["text"].text());
  const auto list = events(stream.body);
  EXPECT_EQ(list.front().first, "message_start");
  EXPECT_EQ(list[list.size() - 2].first, "message_delta");
  EXPECT_EQ(list.back().first, "message_stop");
}

TEST(Messages, PaceAndDelayTakeTime) {
  const Played played = play(
      "/v1/messages", messages("x [[sim: say=\"a b c\" delay=1s pace=20ms]]", ",\"stream\":true"));
  // "[sallyport simulator] a b c" is "[sallypo" "rt" " simulat" "or]" and three words.
  EXPECT_EQ(played.time, Duration(1s + 7 * 20ms));
}

TEST(Messages, RefusesBeforeOutput) {
  Parsed body(play("/v1/messages", messages("x [[sim: refuse=cyber]]")).body);
  EXPECT_TRUE(body["stop_reason"].equals("refusal"));
  EXPECT_TRUE(body["stop_details"]["category"].equals("cyber"));
  EXPECT_FALSE(body["stop_details"]["fallback_credit_token"].exists());
  EXPECT_EQ(body["content"].size(), 0u);
  EXPECT_EQ(body["usage"]["output_tokens"].integer(), 0);
  Parsed other(
      play("/v1/messages", messages("x [[sim: refuse=cyber refuse_model=claude-fable-5]]")).body);
  EXPECT_TRUE(other["stop_reason"].equals("end_turn"));
}

TEST(Messages, TheDocumentedTriggerRefuses) {
  Parsed body(play("/v1/messages", messages("ANTHROPIC_MAGIC_STRING_TRIGGER_REFUSAL_1F")).body);
  EXPECT_TRUE(body["stop_reason"].equals("refusal"));
  EXPECT_TRUE(body["stop_details"]["category"].is_null());
  Parsed not_hex(play("/v1/messages", messages("ANTHROPIC_MAGIC_STRING_TRIGGER_REFUSAL_")).body);
  EXPECT_TRUE(not_hex["stop_reason"].equals("end_turn"));
}

TEST(Messages, RefusesAfterTokensAndAnotherModelContinues) {
  const std::string user = "x [[sim: refuse=bio refuse_model=claude-fable-5-1 refuse_after=8]]";
  const Played refused = play("/v1/messages", messages(user, ",\"stream\":true"));
  const std::string released = streamed_text(refused.body);
  EXPECT_EQ(count_tokens(released), 8u);
  EXPECT_NE(refused.body.find("\"stop_reason\":\"refusal\""), std::string::npos);
  const std::string continued =
      "{\"model\":\"claude-opus-4-8\",\"max_tokens\":4096,\"messages\":[{\"role\":\"user\","
      "\"content\":" +
      json::quoted(user) + "},{\"role\":\"assistant\",\"content\":[{\"type\":\"text\",\"text\":" +
      json::quoted(released) + "}]}]}";
  Parsed rest(play("/v1/messages", continued).body);
  Parsed whole(play("/v1/messages", messages(user, "", "claude-opus-4-8")).body);
  EXPECT_EQ(released + rest["content"].at(0)["text"].text(), whole["content"].at(0)["text"].text());
}

constexpr char kTools[] =
    ",\"tools\":[{\"name\":\"get_weather\",\"input_schema\":{\"type\":\"object\",\"properties\":{"
    "\"city\":{\"type\":\"string\"},"
    "\"unit\":{\"enum\":[\"c\",\"f\"]},\"days\":{\"type\":\"integer\"}},\"required\":[\"city\","
    "\"unit\",\"days\"]}}]";

TEST(Messages, CallsAToolWithStreamedArguments) {
  Parsed body(play("/v1/messages", messages("x [[sim: tool]]", kTools)).body);
  EXPECT_TRUE(body["stop_reason"].equals("tool_use"));
  const json::Value call = body["content"].at(1);
  EXPECT_TRUE(call["name"].equals("get_weather"));
  EXPECT_EQ(call["input"].raw(), "{\"city\":\"simulated\",\"unit\":\"c\",\"days\":1}");
  const Played stream =
      play("/v1/messages", messages("x [[sim: tool]]", std::string(kTools) + ",\"stream\":true"));
  std::string args;
  for (const auto& [name, data] : events(stream.body))
    args += Parsed(data)["delta"]["partial_json"].text();
  EXPECT_EQ(args, call["input"].raw());
}

TEST(Messages, RefusesInsideAToolCall) {
  const Played stream = play("/v1/messages", messages("x [[sim: tool refuse=cyber refuse_in_tool]]",
                                                      std::string(kTools) + ",\"stream\":true"));
  std::string args;
  for (const auto& [name, data] : events(stream.body))
    args += Parsed(data)["delta"]["partial_json"].text();
  EXPECT_FALSE(args.empty());
  EXPECT_LT(args.size(), 30u);
  EXPECT_NE(stream.body.find("\"stop_reason\":\"refusal\""), std::string::npos);
}

TEST(Messages, ThinksWhereAsked) {
  Parsed body(play("/v1/messages", messages("x", ",\"thinking\":{\"type\":\"adaptive\"}")).body);
  EXPECT_TRUE(body["content"].at(0)["type"].equals("thinking"));
  EXPECT_GT(body["usage"]["output_tokens_details"]["thinking_tokens"].integer().value_or(0), 0);
}

TEST(Messages, MaxTokensAndStopSequencesEndTheAnswer) {
  Parsed cut(
      play(
          "/v1/messages",
          "{\"model\":\"m\",\"max_tokens\":3,\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}")
          .body);
  EXPECT_TRUE(cut["stop_reason"].equals("max_tokens"));
  EXPECT_EQ(cut["usage"]["output_tokens"].integer(), 3);
  Parsed stopped(play("/v1/messages",
                      messages("x [[sim: say=\"one STOP two\"]]", ",\"stop_sequences\":[\"STOP\"]"))
                     .body);
  EXPECT_TRUE(stopped["stop_reason"].equals("stop_sequence"));
  EXPECT_EQ(stopped["content"].at(0)["text"].text(), "[sallyport simulator] one ");
}

TEST(Messages, CountsTokensAsItBillsThem) {
  Parsed count(play("/v1/messages/count_tokens", messages("Hello there")).body);
  Parsed answer(play("/v1/messages", messages("Hello there")).body);
  EXPECT_EQ(count["input_tokens"].integer(), answer["usage"]["input_tokens"].integer());
}

TEST(Credit, IsMintedWithTheBetaAndRedeemedOnce) {
  const std::map<std::string, std::string> beta = {
      {"anthropic-beta", "fallback-credit-2026-07-01"}};
  const std::string user = "x [[sim: refuse=cyber refuse_model=claude-fable-5-1]]";
  Parsed refused(play("/v1/messages", messages(user), beta).body);
  const std::string token = refused["stop_details"]["fallback_credit_token"].text();
  ASSERT_TRUE(token.starts_with("simfct_"));
  EXPECT_EQ(refused["stop_details"]["fallback_has_prefill_claim"].boolean(), false);
  EXPECT_EQ(refused["usage"]["iterations"].size(), 1u);
  const std::string with = ",\"fallback_credit_token\":\"" + token + "\"";
  Parsed served(play("/v1/messages", messages(user, with, "claude-opus-4-8"), beta).body);
  EXPECT_TRUE(served["usage"]["fallback_credit"]["status"]["type"].equals("redeemed"));
  EXPECT_GT(served["usage"]["cache_read_input_tokens"].integer().value_or(0), 0);
  EXPECT_EQ(play("/v1/messages", messages("other", with, "claude-opus-4-8"), beta).head.status,
            400);
  const std::string best =
      ",\"fallback_credit_token\":{\"token\":\"" + token + "\",\"mode\":\"best_effort\"}";
  Parsed effort(play("/v1/messages", messages("other", best, "claude-opus-4-8"), beta).body);
  EXPECT_TRUE(effort["usage"]["fallback_credit"]["status"]["reason"].equals("body_mismatch"));
  EXPECT_EQ(play("/v1/messages",
                 messages(user, ",\"fallback_credit_token\":\"rubbish\"", "claude-opus-4-8"), beta)
                .head.status,
            400);
}

TEST(Chat, AnswersWholeAndStreamed) {
  const std::string user =
      "{\"model\":\"sim-gpt\",\"messages\":[{\"role\":\"user\",\"content\":\"Hello\"}]";
  Parsed whole(play("/v1/chat/completions", user + "}").body);
  const std::string text = whole["choices"].at(0)["message"]["content"].text();
  EXPECT_TRUE(text.starts_with("[sallyport simulator] "));
  EXPECT_TRUE(whole["choices"].at(0)["finish_reason"].equals("stop"));
  const Played stream =
      play("/v1/chat/completions",
           user + ",\"stream\":true,\"stream_options\":{\"include_usage\":true}}");
  std::string joined;
  auto list = events(stream.body);
  EXPECT_EQ(list.back().second, "[DONE]");
  list.pop_back();
  EXPECT_EQ(Parsed(list.back().second)["usage"]["total_tokens"].integer(),
            whole["usage"]["total_tokens"].integer());
  for (const auto& [name, data] : list)
    joined += Parsed(data)["choices"].at(0)["delta"]["content"].text();
  EXPECT_EQ(joined, text);
}

TEST(Chat, RefusalsAreContentFilter) {
  const std::string user =
      "{\"model\":\"sim-gpt\",\"messages\":[{\"role\":\"system\",\"content\":\"[[sim: "
      "refuse=bio]]\"},"
      "{\"role\":\"user\",\"content\":\"Hello\"}]";
  Parsed whole(play("/v1/chat/completions", user + "}").body);
  EXPECT_TRUE(whole["choices"].at(0)["finish_reason"].equals("content_filter"));
  EXPECT_TRUE(whole["choices"].at(0)["message"]["content"].is_null());
  EXPECT_TRUE(whole["choices"].at(0)["message"]["refusal"].is_string());
  const Played stream = play("/v1/chat/completions", user + ",\"stream\":true}");
  EXPECT_NE(stream.body.find("\"finish_reason\":\"content_filter\""), std::string::npos);
}

TEST(Responses, AnswersWholeAndStreamed) {
  const std::string user = "{\"model\":\"sim-gpt\",\"input\":\"Hello\"";
  Parsed whole(play("/v1/responses", user + "}").body);
  const std::string text = whole["output"].at(0)["content"].at(0)["text"].text();
  EXPECT_TRUE(text.starts_with("[sallyport simulator] "));
  const Played stream = play("/v1/responses", user + ",\"stream\":true}");
  std::string joined;
  std::int64_t sequence = 0;
  const auto list = events(stream.body);
  for (const auto& [name, data] : list) {
    Parsed parsed(data);
    EXPECT_EQ(parsed["sequence_number"].integer(), sequence++);
    if (name == "response.output_text.delta") joined += parsed["delta"].text();
  }
  EXPECT_EQ(joined, text);
  EXPECT_EQ(list.back().first, "response.completed");
}

TEST(Responses, RefusalsAreIncomplete) {
  const Played stream =
      play("/v1/responses",
           "{\"model\":\"m\",\"stream\":true,\"input\":[{\"role\":\"user\",\"content\":"
           "[{\"type\":\"input_text\",\"text\":\"x [[sim: refuse=bio refuse_after=4]]\"}]}]}");
  const auto list = events(stream.body);
  EXPECT_EQ(list.back().first, "response.incomplete");
  EXPECT_NE(stream.body.find("response.refusal.delta"), std::string::npos);
}

TEST(Faults, HappenWhereAsked) {
  const std::string stream = ",\"stream\":true";
  const Played whole = play("/v1/messages", messages("x", stream));
  const auto with = [&](const std::string& directive) {
    return play("/v1/messages", messages("x[[sim: " + directive + "]]", stream));
  };
  const Played reset = with("reset=100");
  EXPECT_EQ(reset.body.size(), 100u);
  EXPECT_EQ(reset.fault->code, Code::reset);
  const Played stall = with("stall=50");
  EXPECT_EQ(stall.body.size(), 50u);
  EXPECT_TRUE(stall.stalled);
  const Played truncate = with("truncate=60");
  EXPECT_EQ(truncate.body.size(), 60u);
  EXPECT_TRUE(truncate.ended);
  EXPECT_TRUE(with("connect_failed").fault->nothing_sent);
  for (const std::size_t size : with("chunk=7").pieces) EXPECT_LE(size, 7u);
  EXPECT_NE(with("malformed=2").body.find("\"index\":\n\n"), std::string::npos);
  EXPECT_NE(with("error_after=2").body.find("overloaded_error"), std::string::npos);
  EXPECT_EQ(with("content_type=text/plain").head.headers.get("content-type"), "text/plain");
  const Played coded = with("gzip");
  EXPECT_EQ(coded.head.headers.get("content-encoding"), "gzip");
  EXPECT_TRUE(coded.body.starts_with("\x1f\x8b"));
  const Played limited = with("status=429 retry_after=7");
  EXPECT_EQ(limited.head.status, 429);
  EXPECT_EQ(limited.head.headers.get("retry-after"), "7");
  EXPECT_TRUE(Parsed(limited.body)["error"]["type"].equals("rate_limit_error"));
  EXPECT_TRUE(Parsed(with("status=529").body)["error"]["type"].equals("overloaded_error"));
}

TEST(Script, UnknownPathsAndBodiesAreErrors) {
  EXPECT_EQ(play("/v1/other", "{}").head.status, 404);
  EXPECT_EQ(play("/v1/messages", "not json").head.status, 400);
  EXPECT_EQ(play("/v1/messages", "{\"model\":1}").head.status, 400);
  EXPECT_EQ(play("/v1/messages", "{\"model\":\"m\",\"messages\":[]}").head.status, 400);
  Parsed models(play("/v1/models", "", {{"anthropic-version", "2023-06-01"}}).body);
  EXPECT_TRUE(models["data"].at(0)["type"].equals("model"));
  EXPECT_TRUE(Parsed(play("/v1/models", "").body)["object"].equals("list"));
}

}  // namespace
}  // namespace sallyport::simulator
