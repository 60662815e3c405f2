#include "dialect/anthropic/test_support.h"
#include "dialect/upstream_request.h"

namespace sallyport::dialect::anthropic::testing {
namespace {

UpstreamAsk ask_for(std::string model) {
  UpstreamAsk ask;
  ask.model = std::move(model);
  return ask;
}

std::string encoded(const ClientRequest& request, const UpstreamAsk& ask) {
  const auto body = encode_for_upstream(request, ask);
  return body ? body->body : "failed: " + body.error().detail;
}

// The request with one entry of `fallbacks`, as it goes to that entry's model.
std::string hop_with(std::string_view members, std::string_view overrides) {
  const std::string entry = R"({"model":"next-1")" + std::string(overrides.empty() ? "" : ",") +
                            std::string(overrides) + "}";
  const std::string separator = members.empty() ? "" : ",";
  const auto decoded = decode(
      request_with(std::string(members) + separator + "\"fallbacks\":[" + entry + "]"), kListBeta);
  if (!decoded) return decoded.error().detail;
  UpstreamAsk ask = ask_for("next-1");
  ask.entry = &(*decoded)->fallbacks.list[0];
  ask.hop = true;
  return encoded(**decoded, ask);
}

std::string expected(std::string_view members, std::string_view max_tokens = "64") {
  return R"({"model":"next-1","max_tokens":)" + std::string(max_tokens) +
         std::string(members.empty() ? "" : ",") + std::string(members) +
         R"(,"messages":[{"role":"user","content":"Hello"}]})";
}

TEST(AnthropicSplice, LeavesABodyAloneThatNeedsNothing) {
  const std::string body =
      " {\"model\" : \"flag\\u0073hip-1\",\n\"max_tokens\":64 , \"x\":[1 ,2]"
      ",\"messages\":[ {\"role\":\"user\",\"content\":\"\\u00e9\"} ]}\n";
  const auto decoded = decode(body);
  ASSERT_TRUE(decoded);
  EXPECT_EQ(encoded(**decoded, ask_for("flagship-1")), body);
}

TEST(AnthropicSplice, ChangesOnlyWhatIsOurs) {
  const auto decoded =
      decode(R"({ "fallbacks" : "default" , "model":"flagship-1", "max_tokens":64,)"
             R"( "messages":[{"role":"user","content":"x"}] })",
             kListBeta);
  ASSERT_TRUE(decoded);
  EXPECT_EQ(encoded(**decoded, ask_for("vendor/model-\"1\"")),
            R"({ "model":"vendor/model-\"1\"", "max_tokens":64,)"
            R"( "messages":[{"role":"user","content":"x"}] })");
}

TEST(AnthropicSplice, TakesTheFallbackBetasOut) {
  const auto decoded = decode(request_with(""),
                              "a,server-side-fallback-2026-06-01,fallback-credit-2026-07-01,b,"
                              "server-side-fallback-2026-07-01");
  ASSERT_TRUE(decoded);
  const auto body = encode_for_upstream(**decoded, ask_for("flagship-1"));
  ASSERT_TRUE(body);
  EXPECT_EQ(body->betas, (std::vector<std::string>{"a", "fallback-credit-2026-07-01", "b"}));
}

TEST(AnthropicSplice, ReplacesOrRemovesTheCreditToken) {
  const auto decoded =
      decode(request_with(R"("fallback_credit_token":"ours")"), "fallback-credit-2026-07-01");
  ASSERT_TRUE(decoded);
  UpstreamAsk ask = ask_for("flagship-1");
  EXPECT_EQ(encoded(**decoded, ask), request_with(""));
  ask.credit_token_json = R"({"token":"theirs","mode":"strict"})";
  EXPECT_EQ(encoded(**decoded, ask),
            request_with(R"("fallback_credit_token":{"token":"theirs","mode":"strict"})"));
}

TEST(AnthropicOverrides, AbsentKeepsNullResetsValueReplaces) {
  EXPECT_EQ(hop_with("", ""), expected(""));
  EXPECT_EQ(hop_with("", R"("max_tokens":9)"), expected("", "9"));
  EXPECT_EQ(hop_with("", R"("max_tokens":null)"), expected(""));

  const std::string thinking = R"("thinking":{"type":"adaptive","display":"omitted"})";
  EXPECT_EQ(hop_with(thinking, ""), expected(thinking));
  EXPECT_EQ(hop_with(thinking, R"("thinking":null)"), expected(""));
  EXPECT_EQ(hop_with(thinking, R"("thinking":{"type":"disabled"})"),
            expected(R"("thinking":{"type":"disabled"})"));
  EXPECT_EQ(hop_with(thinking, R"("thinking":{"type":"enabled","budget_tokens":9})"),
            expected(R"("thinking":{"type":"enabled","budget_tokens":9,"display":"omitted"})"));

  EXPECT_EQ(hop_with(R"("speed":"fast")", ""), expected(R"("speed":"fast")"));
  EXPECT_EQ(hop_with(R"("speed":"fast")", R"("speed":null)"), expected(""));
  EXPECT_EQ(hop_with(R"("speed":"fast")", R"("speed":"standard")"),
            expected(R"("speed":"standard")"));
}

TEST(AnthropicOverrides, MergesOutputConfigByField) {
  const std::string both =
      R"("output_config":{"effort":"max","format":{"type":"json_schema","schema":{}}})";
  EXPECT_EQ(hop_with(both, ""), expected(both));
  EXPECT_EQ(hop_with(both, R"("output_config":null)"), expected(""));
  EXPECT_EQ(hop_with(both, R"("output_config":{})"), expected(both));
  EXPECT_EQ(hop_with(both, R"("output_config":{"effort":null})"),
            expected(R"("output_config":{"format":{"type":"json_schema","schema":{}}})"));
  EXPECT_EQ(hop_with(both, R"("output_config":{"effort":"low","format":null})"),
            expected(R"("output_config":{"effort":"low"})"));
  EXPECT_EQ(hop_with(both, R"("output_config":{"effort":null,"format":null})"), expected(""));
  EXPECT_EQ(hop_with(R"("output_format":{"type":"json_schema"})", R"("output_config":null)"),
            expected(""));
  EXPECT_THAT(hop_with("", R"("output_config":{"task_budget":{"total":5}})"),
              ::testing::HasSubstr(R"("output_config":{"task_budget":{"total":5}})"));
}

std::string conversation(std::string_view turns) {
  return R"({"model":"m","max_tokens":1,"messages":[{"role":"user","content":"q"},)" +
         std::string(turns) + "]}";
}

std::string repaired(std::string_view turns, bool keep_history = false) {
  const auto decoded = decode(conversation(turns));
  if (!decoded) return decoded.error().detail;
  UpstreamAsk ask = ask_for("m");
  ask.keep_history = keep_history;
  return encoded(**decoded, ask);
}

constexpr std::string_view kFallback =
    R"({"type":"fallback","from":{"model":"a"},"to":{"model":"b"}})";

TEST(AnthropicEchoRepair, DropsWhatMayNotStandBeforeTheLastFallback) {
  const std::string turn =
      R"({"role":"assistant","content":[{"type":"thinking","thinking":"t","signature":"s"},)"
      R"({"type":"text","text":"one"},{"type":"redacted_thinking","data":"d"},)" +
      std::string(kFallback) +
      R"(, {"type":"connector_text","text":"c"},{"type":"tool_use","id":"t1","name":"n","input":{}},)"
      R"({"type":"server_tool_use","id":"s1","name":"n","input":{}},)"
      R"({"type":"server_tool_use","id":"s2","name":"n","input":{}},)"
      R"({"type":"web_search_tool_result","tool_use_id":"s2","content":[]},)" +
      std::string(kFallback) +
      R"(,{"type":"thinking","thinking":"u","signature":"v"} , {"type":"text","text":"two"},)"
      R"({"type":"tool_use","id":"t2","name":"n","input":{}}]},)"
      R"({"role":"user","content":[{"type":"tool_result","tool_use_id":"t1","content":"x"},)"
      R"({"type":"tool_result","tool_use_id":"t2","content":"y"}]})";
  EXPECT_EQ(
      repaired(turn),
      conversation(
          R"({"role":"assistant","content":[{"type":"text","text":"one"},)"
          R"({"type":"server_tool_use","id":"s2","name":"n","input":{}},)"
          R"({"type":"web_search_tool_result","tool_use_id":"s2","content":[]},)"
          R"({"type":"thinking","thinking":"u","signature":"v"} , {"type":"text","text":"two"},)"
          R"({"type":"tool_use","id":"t2","name":"n","input":{}}]},)"
          R"({"role":"user","content":[{"type":"tool_result","tool_use_id":"t2","content":"y"}]})"));
  EXPECT_EQ(repaired(turn, true), conversation(turn));
}

TEST(AnthropicEchoRepair, LeavesTurnsWithoutFallbackAlone) {
  const std::string turns =
      R"({"role":"assistant","content":[{"type":"thinking","thinking":"t","signature":"s"},)"
      R"({"type":"tool_use","id":"t1","name":"n","input":{}}]},)"
      R"({"role":"user","content":[{"type":"tool_result","tool_use_id":"t1","content":"x"}]},)";
  const std::string echo = R"({"role":"assistant","content":[)" + std::string(kFallback) +
                           R"(,{"type":"text","text":"two"}]},{"role":"user","content":"more"})";
  EXPECT_EQ(repaired(turns + echo),
            conversation(turns + R"({"role":"assistant","content":[{"type":"text","text":"two"}]},)"
                                 R"({"role":"user","content":"more"})"));
}

TEST(AnthropicEchoRepair, NeverLeavesAnEmptyTurn) {
  const std::string emptied = R"({"role":"assistant","content":[)" + std::string(kFallback) + "]}";
  EXPECT_EQ(repaired(emptied + R"(,{"role":"user","content":"more"})"),
            conversation(R"({"role":"user","content":"more"})"));
  EXPECT_EQ(repaired(emptied),
            R"({"model":"m","max_tokens":1,"messages":[{"role":"user","content":"q"}]})");
  const std::string orphan = R"({"role":"assistant","content":[{"type":"text","text":"a"},)"
                             R"({"type":"tool_use","id":"t1","name":"n","input":{}},)" +
                             std::string(kFallback) +
                             R"(]},{"role":"user","content":[)"
                             R"({"type":"tool_result","tool_use_id":"t1","content":"x"}]})";
  EXPECT_EQ(repaired(orphan),
            conversation(R"({"role":"assistant","content":[{"type":"text","text":"a"}]},)"
                         R"({"role":"user","content":[{"type":"text","text":"Continue."}]})"));
}

TEST(AnthropicContinuation, AppendsTheReleasedText) {
  const auto decoded = decode(request_with(""));
  ASSERT_TRUE(decoded);
  UpstreamAsk ask = ask_for("flagship-1");
  ask.hop = true;
  ask.continuation = Continuation::prefill;
  ask.released_text = {"One. ", "", "Two \"quoted\" \n", "  "};
  const std::string turn = R"(,{"role":"assistant","content":[{"type":"text","text":"One. "},)"
                           R"({"type":"text","text":"Two \"quoted\""}]})";
  std::string body = request_with("");
  EXPECT_EQ(encoded(**decoded, ask), body.substr(0, body.size() - 2) + turn + "]}");

  ask.continuation = Continuation::restate;
  EXPECT_THAT(encoded(**decoded, ask),
              ::testing::AllOf(::testing::HasSubstr(turn + R"(,{"role":"user","content":")"),
                               ::testing::EndsWith("\"}]}")));

  ask.released_text = {" \n", ""};
  EXPECT_EQ(encoded(**decoded, ask), body);
}

// Whatever the edits, what they leave of the source stands there in order and unchanged.
TEST(AnthropicSplice, EditsAreTheOnlyDifference) {
  SeededRandom random(11);
  const std::string blank[] = {"", " ", "\n", "\t ", "  "};
  for (int round = 0; round < 300; ++round) {
    const auto gap = [&] { return blank[random.below(5)]; };
    std::vector<std::string> members = {
        "\"model\"" + gap() + ":" + gap() + "\"flagship-1\"", "\"max_tokens\":" + gap() + "64",
        "\"messages\":[" + gap() + R"({"role":"user","content":"x"})" + gap() + "]",
        "\"unknown\":{" + gap() + "\"deep\":[1," + gap() + "2.50e1]}"};
    const bool listed = random.below(2) == 0;
    const std::string ours = listed ? "\"fallbacks\":" + gap() + "\"default\""
                                    : "\"fallback_credit_token\":" + gap() + "\"t\"";
    std::vector<std::string> with = members;
    with.insert(with.begin() + static_cast<std::ptrdiff_t>(random.below(5)), ours);
    const auto join = [](const std::vector<std::string>& parts) {
      std::string out;
      for (const std::string& part : parts) out += (out.empty() ? "" : ",") + part;
      return "{" + out + "}";
    };
    const auto decoded = decode(join(with), kListBeta);
    ASSERT_TRUE(decoded) << decoded.error().detail;
    ASSERT_EQ(encoded(**decoded, ask_for("flagship-1")), join(members));
  }
}

}  // namespace
}  // namespace sallyport::dialect::anthropic::testing
