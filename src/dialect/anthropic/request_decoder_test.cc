#include "dialect/client_request.h"

#include "dialect/anthropic/test_support.h"
#include "dialect/error_shape.h"

namespace sallyport::dialect::anthropic::testing {
namespace {

std::string refusal_of(std::string body, std::string_view betas = {}) {
  const auto decoded = decode(std::move(body), betas);
  if (decoded) return "accepted";
  EXPECT_EQ(decoded.error().source, Source::client);
  EXPECT_EQ(public_error(decoded.error()).status, 400);
  return decoded.error().detail;
}

TEST(AnthropicRequest, ReadsWhatTheGateNeeds) {
  http::Headers sent = headers("fallback-credit-2026-07-01, other-beta");
  sent.add("Anthropic-Beta", "third");
  const auto decoded = decode_request(
      Api::anthropic, Operation::create,
      R"({"mod\u0065l":"flagship-1","max_tokens":64,"stream":true,"metadata":{"user_id":"u1"},)"
      R"("unknown":{"a":[1]},"system":[{"type":"text","text":"s"}],)"
      R"("messages":[{"role":"user","content":[{"type":"text","text":"Hi"}]}]})",
      sent);
  ASSERT_TRUE(decoded) << decoded.error().detail;
  const ClientRequest& request = **decoded;
  EXPECT_EQ(request.model, "flagship-1");
  EXPECT_EQ(request.model_value.raw(), "\"flagship-1\"");
  EXPECT_TRUE(request.stream);
  EXPECT_EQ(request.max_tokens, 64);
  EXPECT_EQ(request.end_user, "u1");
  EXPECT_EQ(request.api_version, "2023-06-01");
  EXPECT_EQ(request.betas.values(),
            (std::vector<std::string>{"fallback-credit-2026-07-01", "other-beta", "third"}));
  EXPECT_EQ(request.fallbacks.form, Fallbacks::Form::absent);
  EXPECT_FALSE(request.echoes_fallback);
}

TEST(AnthropicRequest, ProfileHeaderNamesTheEndUser) {
  http::Headers sent = headers();
  sent.add("anthropic-user-profile-id", "profile_7");
  const auto decoded = decode_request(Api::anthropic, Operation::create,
                                      request_with(R"("metadata":{"user_id":"u1"})"), sent);
  ASSERT_TRUE(decoded);
  EXPECT_EQ((*decoded)->end_user, "profile_7");
}

TEST(AnthropicRequest, CountTokensNeedsNoMaxTokens) {
  const auto decoded =
      decode_request(Api::anthropic, Operation::count_tokens,
                     R"({"model":"m","messages":[{"role":"user","content":"x"}]})", headers());
  ASSERT_TRUE(decoded) << decoded.error().detail;
  EXPECT_EQ((*decoded)->max_tokens, 0);
}

TEST(AnthropicRequest, RequiresFieldsAndTypes) {
  const std::string turns = R"("messages":[{"role":"user","content":"x"}]})";
  EXPECT_EQ(refusal_of(R"({"max_tokens":1,)" + turns), "model: Field required");
  EXPECT_EQ(refusal_of(R"({"model":7,"max_tokens":1,)" + turns),
            "model: Input should be a valid string");
  EXPECT_EQ(refusal_of(R"({"model":"m",)" + turns), "max_tokens: Field required");
  EXPECT_EQ(refusal_of(R"({"model":"m","max_tokens":1.5,)" + turns),
            "max_tokens: Input should be a valid integer");
  EXPECT_EQ(refusal_of(R"({"model":"m","max_tokens":0,)" + turns),
            "max_tokens: Input should be greater than or equal to 1");
  EXPECT_EQ(refusal_of(R"({"model":"m","max_tokens":1})"), "messages: Field required");
  EXPECT_EQ(refusal_of(R"({"model":"m","max_tokens":1,"messages":[]})"),
            "messages: at least one message is required");
  EXPECT_EQ(refusal_of(R"({"model":"m","max_tokens":1,"messages":[{"content":"x"}]})"),
            "messages.0.role: Field required");
  EXPECT_EQ(refusal_of(R"({"model":"m","max_tokens":1,"messages":[{"role":"user"}]})"),
            "messages.0.content: Field required");
  EXPECT_EQ(
      refusal_of(R"({"model":"m","max_tokens":1,"messages":[{"role":"user","content":[{}]}]})"),
      "messages.0.content.0.type: Field required");
  EXPECT_EQ(refusal_of(request_with(R"("stream":"yes")")),
            "stream: Input should be a valid boolean");
  EXPECT_EQ(refusal_of(request_with(R"("system":7)")),
            "system: Input should be a valid string or list");
  EXPECT_EQ(refusal_of(request_with(R"("metadata":{"user_id":7})")),
            "metadata.user_id: Input should be a valid string");
  EXPECT_EQ(refusal_of("[]"), "the request body must be a JSON object");
}

TEST(AnthropicRequest, RequiresTheVersionHeader) {
  const auto decoded =
      decode_request(Api::anthropic, Operation::create, request_with(""), http::Headers{});
  ASSERT_FALSE(decoded);
  EXPECT_EQ(decoded.error().detail, "anthropic-version: header is required");
}

TEST(AnthropicRequest, KnowsTheFieldsOfEachVersion) {
  const auto refusal = [](std::string_view version) {
    http::Headers sent;
    sent.add("anthropic-version", version);
    const auto decoded =
        decode_request(Api::anthropic, Operation::create, request_with(R"("temperature":1)"), sent);
    return decoded ? std::string("accepted") : decoded.error().detail;
  };
  EXPECT_EQ(refusal("2023-01-01"), "accepted");
  EXPECT_EQ(refusal("2023-06-01"), "accepted");
  EXPECT_EQ(refusal("2026-10-21"), "temperature: Extra inputs are not permitted");
  EXPECT_EQ(refusal("2024-01-01"), "anthropic-version: '2024-01-01' is not a valid version");
}

TEST(AnthropicRequest, AdmitsOneReadingOnly) {
  EXPECT_THAT(refusal_of(R"({"model":"a","mod\u0065l":"b","max_tokens":1,"messages":[]})"),
              ::testing::StartsWith("the request body is not acceptable JSON"));
}

TEST(AnthropicFallbacks, ReadsEveryForm) {
  auto decoded = decode(request_with(R"("fallbacks":null)"));
  ASSERT_TRUE(decoded);
  EXPECT_EQ((*decoded)->fallbacks.form, Fallbacks::Form::absent);

  decoded = decode(request_with(R"("fallbacks":"default")"), kListBeta);
  ASSERT_TRUE(decoded) << decoded.error().detail;
  EXPECT_EQ((*decoded)->fallbacks.form, Fallbacks::Form::by_default);

  decoded = decode(request_with(R"("fallbacks":[{"model":"b"},{"model":"c","max_tokens":null,)"
                                R"("thinking":{"type":"disabled"},"output_config":{"effort":null},)"
                                R"("speed":"standard"}])"),
                   "server-side-fallback-2026-06-01,server-side-fallback-2026-07-01");
  ASSERT_TRUE(decoded) << decoded.error().detail;
  const Fallbacks& fallbacks = (*decoded)->fallbacks;
  EXPECT_EQ(fallbacks.form, Fallbacks::Form::list);
  ASSERT_EQ(fallbacks.list.size(), 2u);
  EXPECT_EQ(fallbacks.list[1].model, "c");
  EXPECT_TRUE(fallbacks.list[1].entry["max_tokens"].is_null());
}

TEST(AnthropicFallbacks, NeedTheirBeta) {
  const std::string body = request_with(R"("fallbacks":[{"model":"b"}])");
  EXPECT_EQ(refusal_of(body), "fallbacks: Extra inputs are not permitted");
  EXPECT_EQ(refusal_of(request_with(R"("fallbacks":[])")),
            "fallbacks: Extra inputs are not permitted");
  EXPECT_EQ(refusal_of(body, "fallback-credit-2026-07-01"),
            "fallbacks: Extra inputs are not permitted");
  EXPECT_EQ(refusal_of(request_with(""), "server-side-fallback-2026-08-01"),
            "Unexpected value(s) `server-side-fallback-2026-08-01` for the `anthropic-beta` "
            "header.");
  EXPECT_EQ(refusal_of(body, "server-side-fallback-2026-06-01"), "accepted");
  EXPECT_EQ(refusal_of(request_with(R"("fallbacks":"default")"), "server-side-fallback-2026-06-01"),
            "fallbacks: Input should be a valid list");
  const auto counted =
      decode_request(Api::anthropic, Operation::count_tokens, body, headers(kListBeta));
  ASSERT_FALSE(counted);
  EXPECT_EQ(counted.error().detail, "fallbacks: Extra inputs are not permitted");
}

TEST(AnthropicFallbacks, ChecksEntries) {
  const auto with = [](std::string_view list) {
    return refusal_of(request_with("\"fallbacks\":" + std::string(list)), kListBeta);
  };
  EXPECT_EQ(with(R"([{"model":"b","temperature":1}])"),
            "fallbacks.0: 'temperature' is not a supported field. Supported: model, max_tokens, "
            "output_config, speed, thinking.");
  EXPECT_EQ(with(R"([{"max_tokens":1}])"), "fallbacks.0.model: Field required");
  EXPECT_EQ(with(R"(["b"])"), "fallbacks.0: Input should be a valid dictionary");
  EXPECT_EQ(with(R"([{"model":"b"},{"model":"c","max_tokens":"1"}])"),
            "fallbacks.1.max_tokens: Input should be a valid integer");
  EXPECT_EQ(with(R"([{"model":"b","thinking":"x"}])"),
            "fallbacks.0.thinking: Input should be a valid dictionary");
  EXPECT_EQ(with(R"([{"model":"b","speed":"warp"}])"),
            "fallbacks.0.speed: Input should be 'fast' or 'standard'");
  EXPECT_THAT(with(R"([{"model":"b"},{"model":"c"},{"model":"d"},{"model":"e"}])"),
              ::testing::HasSubstr("at most 3 items"));
  EXPECT_THAT(with(R"([{"model":"b"},{"model":"b"}])"), ::testing::HasSubstr("named twice"));
  EXPECT_THAT(with(R"([{"model":"flagship-1"}])"), ::testing::HasSubstr("named twice"));
  EXPECT_EQ(with("\"never\""), "fallbacks: Input should be 'default' or a valid list");
  EXPECT_EQ(with("7"), "fallbacks: Input should be 'default' or a valid list");
}

TEST(AnthropicFallbacks, FirstReleaseKnewTwoOverrides) {
  constexpr std::string_view kFirst = "server-side-fallback-2026-06-01";
  EXPECT_EQ(refusal_of(request_with(R"("fallbacks":[{"model":"b","speed":"fast"}])"), kFirst),
            "fallbacks.0: 'speed' is not a supported field. Supported: model, max_tokens, "
            "thinking.");
  EXPECT_EQ(refusal_of(request_with(R"("fallbacks":[{"model":"b","thinking":null}])"), kFirst),
            "fallbacks.0.thinking: Input should be a valid dictionary");
  EXPECT_EQ(refusal_of(request_with(R"("fallbacks":[{"model":"b","max_tokens":9}])"), kFirst),
            "accepted");
}

TEST(AnthropicFallbacks, RefusesWhatMayNotStandBeside) {
  EXPECT_EQ(refusal_of(request_with(R"("fallback":{"model":"b"},"fallbacks":[{"model":"b"}])"),
                       kListBeta),
            "`fallback` and `fallbacks` cannot both be set");
  EXPECT_EQ(refusal_of(request_with(R"("fallback":{"model":"b"})"), kListBeta),
            "fallback: Extra inputs are not permitted");
  EXPECT_EQ(refusal_of(request_with(R"("fallbacks":"default","fallback_credit_token":"fct_x")"),
                       kListBeta),
            "`fallbacks` and `fallback_credit_token` cannot both be set");
  const auto decoded =
      decode(request_with(R"("fallbacks":"default","thread":{"id":"t"})"), kListBeta);
  ASSERT_FALSE(decoded);
  EXPECT_THAT(error_body(Api::anthropic, public_error(decoded.error()), "req_1"),
              ::testing::HasSubstr(R"("error_code":"thread_unsupported_request")"));
}

TEST(AnthropicCredit, ReadsBothForms) {
  auto decoded =
      decode(request_with(R"("fallback_credit_token":"fct_x")"), "fallback-credit-2026-06-01");
  ASSERT_TRUE(decoded) << decoded.error().detail;
  EXPECT_EQ((*decoded)->credit->token, "fct_x");
  EXPECT_TRUE((*decoded)->credit->strict);

  decoded =
      decode(request_with(R"("fallback_credit_token":{"token":"fct_x","mode":"best_effort"})"),
             "fallback-credit-2026-07-01");
  ASSERT_TRUE(decoded) << decoded.error().detail;
  EXPECT_FALSE((*decoded)->credit->strict);
}

TEST(AnthropicCredit, ChecksBetaAndShape) {
  constexpr std::string_view kBeta = "fallback-credit-2026-07-01";
  const auto with = [](std::string_view token, std::string_view betas) {
    return refusal_of(request_with("\"fallback_credit_token\":" + std::string(token)), betas);
  };
  EXPECT_EQ(with("\"t\"", ""), "fallback_credit_token: Extra inputs are not permitted");
  EXPECT_EQ(with(R"({"token":"t"})", "fallback-credit-2026-06-01"),
            "fallback_credit_token: Input should be a valid string");
  EXPECT_EQ(with("\"\"", kBeta), "fallback_credit_token: invalid or malformed");
  EXPECT_EQ(with("7", kBeta), "fallback_credit_token: invalid or malformed");
  EXPECT_EQ(with(R"({"mode":"strict"})", kBeta), "fallback_credit_token: invalid or malformed");
  EXPECT_EQ(with(R"({"token":"t","mode":"lax"})", kBeta),
            "fallback_credit_token.mode: Input should be 'strict' or 'best_effort'");
  EXPECT_EQ(with(R"({"token":"t","x":1})", kBeta),
            "fallback_credit_token.x: Extra inputs are not permitted");
  EXPECT_EQ(with("null", ""), "accepted");
  const auto counted =
      decode_request(Api::anthropic, Operation::count_tokens,
                     request_with(R"("fallback_credit_token":"t")"), headers(kBeta));
  ASSERT_FALSE(counted);
  EXPECT_EQ(counted.error().detail, "fallback_credit_token: Extra inputs are not permitted");
}

TEST(AnthropicEcho, FindsAndChecksFallbackBlocks) {
  const auto turns = [](std::string_view role, std::string_view extra) {
    return R"({"model":"m","max_tokens":1,"messages":[{"role":"user","content":"x"},{"role":")" +
           std::string(role) + R"(","content":[{"type":"text","text":"y"},{"type":"fallback",)" +
           R"("from":{"model":"a"},"to":{"model":"b"})" + std::string(extra) + "}]}]}";
  };
  const auto decoded = decode(turns("assistant", ""));
  ASSERT_TRUE(decoded) << decoded.error().detail;
  EXPECT_TRUE((*decoded)->echoes_fallback);
  EXPECT_EQ(refusal_of(turns("assistant", R"(,"cache_control":{"type":"ephemeral"})")),
            "messages.1.content.1.fallback.cache_control: Extra inputs are not permitted");
  EXPECT_EQ(refusal_of(turns("user", "")),
            "messages.1.content.1: a `fallback` block is permitted in an assistant turn only");
}

}  // namespace
}  // namespace sallyport::dialect::anthropic::testing
