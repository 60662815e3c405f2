#include "exchange/exchange_test_support.h"
#include "exchange/wire_test_support.h"

namespace sallyport::exchange {
namespace {

using namespace testing;
using metering::Outcome;
using ::testing::HasSubstr;
using ::testing::Not;

const std::map<std::string, std::string> kBeta = {
    {"anthropic-beta", "server-side-fallback-2026-07-01"}};

std::string body_with(const std::string& fallbacks, bool stream) {
  return R"({"model":"fable","max_tokens":64,"stream":)" + std::string(stream ? "true" : "false") +
         R"(,"fallbacks":)" + fallbacks + R"(,"messages":[{"role":"user","content":"hello"}]})";
}
const std::string kList = R"([{"model":"opus-4-8"}])";

TEST(Fallback, BeforeOutputTheNextModelStartsTheMessage) {
  World world;
  Drive drive(world);
  drive.request(body_with(kList, true), kBeta);
  EXPECT_THAT(drive.attempt().call.body, Not(HasSubstr("fallbacks")));
  EXPECT_EQ(drive.attempt().call.head.headers.find("anthropic-beta"), nullptr);
  drive.stream(message_start("fable") + refusal("cyber", 0));
  EXPECT_FALSE(drive.port.responded) << "nothing may be said before it is known who speaks";
  ASSERT_EQ(drive.port.attempts.size(), 2u);
  EXPECT_THAT(drive.attempt().call.body, HasSubstr(R"("model":"opus-4-8")"));
  drive.stream(answer("opus-4-8", "instead"));

  const std::string& body = drive.port.body;
  EXPECT_EQ(body.find("event: message_start"), body.rfind("event: message_start"));
  EXPECT_THAT(body, HasSubstr(R"("model":"opus-4-8")"));
  EXPECT_THAT(body, HasSubstr(R"("type":"fallback")"));
  EXPECT_THAT(body, HasSubstr(R"("category":"cyber")"));
  EXPECT_LT(body.find(R"("type":"fallback")"), body.find("text_delta"));
  EXPECT_THAT(body, HasSubstr("fallback_message"));
  EXPECT_EQ(drive.record().outcome, Outcome::fallback_served);
  EXPECT_EQ(drive.record().served_model, "opus-4-8");
  ASSERT_EQ(drive.record().attempts.size(), 2u);
  EXPECT_FALSE(drive.record().attempts[0].billed);  // cyber, before output
  EXPECT_TRUE(drive.record().attempts[1].billed);
  EXPECT_EQ(drive.port.head.headers.get("sallyport-served-model"), "opus-4-8");
  EXPECT_EQ(drive.port.head.headers.get("sallyport-reason"), "fallback");
}

TEST(Fallback, InMidOutputTheNextModelContinuesTheReleasedText) {
  World world;
  Drive drive(world);
  drive.request(body_with(kList, true), kBeta);
  drive.stream(message_start("fable") + text_start(0) + text_delta(0, "Start by ") + block_stop(0) +
               refusal("bio", 9));
  ASSERT_EQ(drive.port.attempts.size(), 2u);
  EXPECT_THAT(drive.attempt().call.body, HasSubstr(R"("role":"assistant")"));
  EXPECT_THAT(drive.attempt().call.body, HasSubstr("Start by"));
  EXPECT_TRUE(drive.port.responded);
  drive.stream(answer("opus-4-8", "continuing"));
  const std::string& body = drive.port.body;
  EXPECT_EQ(body.find("event: message_start"), body.rfind("event: message_start"));
  EXPECT_THAT(body, HasSubstr(R"("index":1,"content_block":{"type":"fallback")"));
  EXPECT_THAT(body, HasSubstr(R"("index":2,"delta":{"type":"text_delta","text":"continuing"})"));
  EXPECT_EQ(body.find("event: message_delta"), body.rfind("event: message_delta"));
  EXPECT_TRUE(drive.record().attempts[0].billed);  // after output
}

TEST(Fallback, AToolCallCutInHalfIsNotContinued) {
  {
    World world;
    Drive drive(world);
    drive.request(body_with(kList, true), kBeta);
    // The upstream closes the block before it says that it refuses; the input that does not parse
    // tells.
    drive.stream(message_start("fable") + tool_start(0) + input_delta(0, R"({"q": "ha)") +
                 block_stop(0) + refusal("cyber", 5));
    EXPECT_EQ(drive.port.attempts.size(), 1u);
    EXPECT_THAT(drive.port.body, HasSubstr(R"("stop_reason":"refusal")"));
    EXPECT_EQ(drive.record().outcome, Outcome::refused);
  }
  World world;
  Drive complete(world);
  complete.request(body_with(kList, true), kBeta);
  complete.stream(message_start("fable") + tool_start(0) + input_delta(0, R"({"q": "half"})") +
                  block_stop(0) + refusal("cyber", 5));
  EXPECT_EQ(complete.port.attempts.size(), 2u);
}

TEST(Fallback, AModelThatCannotContinueLetsTheRefusalStandInMidOutput) {
  World world;
  Drive mid(world);
  mid.request(body_with(R"([{"model":"stubborn"}])", true), kBeta);
  mid.stream(message_start("fable") + text_start(0) + text_delta(0, "Start") + block_stop(0) +
             refusal("bio", 9));
  EXPECT_EQ(mid.port.attempts.size(), 1u);
  EXPECT_EQ(mid.record().outcome, Outcome::refused);
  Drive before(world);
  before.request(body_with(R"([{"model":"stubborn"}])", true), kBeta);
  before.stream(message_start("fable") + refusal("bio", 0));
  EXPECT_EQ(before.port.attempts.size(), 2u);
}

TEST(Fallback, WithoutStreamThePartialIsDroppedAndTheBlockIsFirst) {
  World world;
  Drive drive(world);
  drive.request(body_with(kList, false), kBeta);
  drive.whole(whole_message("fable", R"([{"type":"text","text":"partial secret"}])", "refusal",
                            R"({"type":"refusal","category":"bio","explanation":null})"));
  ASSERT_EQ(drive.port.attempts.size(), 2u);
  EXPECT_THAT(drive.attempt().call.body, Not(HasSubstr("partial secret")));
  drive.whole(whole_message("opus-4-8", R"([{"type":"text","text":"whole answer"}])", "end_turn"));
  const auto document = json::Document::parse(drive.port.body);
  ASSERT_TRUE(document) << drive.port.body;
  const json::Value root = document->root();
  EXPECT_EQ(root["model"].text(), "opus-4-8");
  EXPECT_EQ(root["content"].at(0)["type"].text(), "fallback");
  EXPECT_EQ(root["content"].at(0)["trigger"]["category"].text(), "bio");
  EXPECT_EQ(root["content"].at(1)["text"].text(), "whole answer");
  EXPECT_EQ(root["usage"]["iterations"].size(), 2u);
  EXPECT_EQ(root["usage"]["iterations"].at(1)["type"].text(), "fallback_message");
  EXPECT_TRUE(root["future_member"]["kept"].exists());
  EXPECT_THAT(drive.port.body, Not(HasSubstr("partial secret")));
}

TEST(Fallback, AHopThatCannotBeHadGivesBackTheRefusalAndNamesIt) {
  for (const bool stream : {true, false}) {
    World world;
    Drive drive(world);
    drive.request(body_with(kList, stream), kBeta);
    if (stream) {
      drive.stream(message_start("fable") + refusal("cyber", 0));
    } else {
      drive.whole(whole_message("fable", "[]", "refusal",
                                R"({"type":"refusal","category":"cyber","explanation":null})"));
    }
    ASSERT_EQ(drive.port.attempts.size(), 2u);
    drive.whole(R"({"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}})",
                529);
    EXPECT_EQ(drive.port.head.status, 200);
    EXPECT_THAT(drive.port.body, HasSubstr(R"("recommended_model":"opus-4-8")"));
    EXPECT_THAT(drive.port.body, HasSubstr(R"("stop_reason":"refusal")"));
    EXPECT_THAT(drive.port.body, Not(HasSubstr(R"("type":"fallback")")));
    EXPECT_EQ(drive.port.head.headers.get("sallyport-served-model"), "fable");
    EXPECT_EQ(drive.record().outcome, Outcome::refused);
    EXPECT_EQ(world.sink.records.size(), 1u);
  }
}

TEST(Fallback, WhenAllDeclineTheLastRefusalIsReturned) {
  World world;
  Drive drive(world);
  drive.request(body_with(R"([{"model":"opus-4-8"},{"model":"opus-5"}])", true), kBeta);
  drive.stream(message_start("fable") + refusal("cyber", 0));
  drive.stream(message_start("opus-4-8") + refusal("cyber", 0));
  drive.stream(message_start("opus-5") + refusal("bio", 0));
  EXPECT_EQ(drive.port.attempts.size(), 3u);
  EXPECT_THAT(drive.port.body, HasSubstr(R"("model":"opus-5")"));
  EXPECT_THAT(drive.port.body, HasSubstr(R"("category":"bio")"));
  EXPECT_THAT(drive.port.body, Not(HasSubstr("content_block")));
  EXPECT_EQ(drive.record().attempts.size(), 3u);
}

TEST(Fallback, DefaultRoutesByCategory) {
  for (const auto& [category, target] :
       std::map<std::string, std::string>{{"cyber", "opus-4-8"}, {"bio", "opus-5"}}) {
    World world;
    Drive drive(world);
    drive.request(body_with(R"("default")", true), kBeta);
    drive.stream(message_start("fable") + refusal(category, 0));
    ASSERT_EQ(drive.port.attempts.size(), 2u);
    EXPECT_THAT(drive.attempt().call.body, HasSubstr(R"("model":")" + target));
  }
  World world;
  Drive stands(world);
  stands.request(body_with(R"("default")", true), kBeta);
  stands.stream(message_start("fable") + refusal("reasoning_extraction", 0));
  EXPECT_EQ(stands.port.attempts.size(), 1u);
  EXPECT_EQ(stands.record().outcome, Outcome::refused);
}

TEST(Fallback, WithoutTheBetaARefusalStandsUnlessTheOperatorSaysOtherwise) {
  World world;
  Drive plain(world);
  plain.request(
      R"({"model":"fable","max_tokens":64,"stream":true,"messages":[{"role":"user","content":"hello"}]})");
  const std::string wire = message_start("fable") + refusal("cyber", 0);
  plain.stream(wire);
  EXPECT_EQ(plain.port.attempts.size(), 1u);
  EXPECT_EQ(plain.port.body, wire);

  auto models = default_models();
  models[0].automatic_fallback = catalog::AutomaticFallback::by_default;
  World automatic(models);
  Drive drive(automatic);
  drive.request(
      R"({"model":"fable","max_tokens":64,"stream":true,"messages":[{"role":"user","content":"hello"}]})");
  drive.stream(wire);
  ASSERT_EQ(drive.port.attempts.size(), 2u);
  drive.stream(answer("opus-4-8", "instead"));
  EXPECT_THAT(drive.port.body, Not(HasSubstr(R"("type":"fallback")")));
  EXPECT_THAT(drive.port.body, Not(HasSubstr("iterations")));
  EXPECT_EQ(drive.port.head.headers.get("sallyport-served-model"), "opus-4-8");
}

TEST(Fallback, ValidatesWhatTheClientAsksFor) {
  World world;
  const auto status = [&](const std::string& fallbacks,
                          std::map<std::string, std::string> headers) {
    Drive drive(world);
    drive.request(body_with(fallbacks, true), std::move(headers));
    EXPECT_TRUE(drive.port.attempts.empty() || drive.port.head.status == 0);
    return drive.port.attempts.empty() ? drive.port.head.status : 0;
  };
  EXPECT_EQ(status(kList, {}), 400);
  EXPECT_EQ(status(kList, {{"anthropic-beta", "server-side-fallback-2026-05-01"}}), 400);
  EXPECT_EQ(status(R"("default")", {{"anthropic-beta", "server-side-fallback-2026-06-01"}}), 400);
  EXPECT_EQ(status(kList, {{"anthropic-beta", "server-side-fallback-2026-06-01"}}), 0);
  EXPECT_EQ(status(R"([{"model":"fable"}])", kBeta), 400);
  EXPECT_EQ(status(R"([{"model":"nobody"}])", kBeta), 400);
  EXPECT_EQ(status(R"([{"model":"opus-4-8"},{"model":"opus-4-8"}])", kBeta), 400);
  EXPECT_EQ(status(R"([{"model":"opus-4-8","temperature":1}])", kBeta), 400);
  EXPECT_EQ(
      status(R"([{"model":"opus-4-8"},{"model":"opus-5"},{"model":"stubborn"},{"model":"gpt"}])",
             kBeta),
      400);
  EXPECT_EQ(status(R"([{"model":"opus-4-8","max_tokens":999999}])", kBeta), 400);
  EXPECT_EQ(status("null", kBeta), 0);
}

TEST(Fallback, ARefusalThatStandsIsBilledByItsCategory) {
  for (const auto& [category, billed] :
       std::map<std::string, bool>{{"bio", true}, {"cyber", false}, {"", false}}) {
    World world;
    Drive drive(world);
    drive.request(
        R"({"model":"fable","max_tokens":64,"stream":true,"messages":[{"role":"user","content":"hello"}]})");
    drive.stream(message_start("fable") + refusal(category, 0));
    EXPECT_EQ(drive.record().attempts[0].billed, billed) << category;
    EXPECT_EQ(drive.record().attempts[0].outcome, metering::AttemptOutcome::refused);
  }
}

TEST(Fallback, NothingOfADeclinedHopsHeadGetsOut) {
  World world;
  Drive drive(world);
  drive.request(body_with(kList, true), kBeta);
  drive.head(
      200, "text/event-stream",
      {{"anthropic-organization-id", "org_secret"}, {"retry-after", "99"}, {"set-cookie", "a=b"}});
  drive.send(message_start("fable") + refusal("cyber", 0));
  drive.stream(answer("opus-4-8", "instead"));
  for (const http::Header& header : drive.port.head.headers.list()) {
    EXPECT_THAT(header.value, Not(HasSubstr("org_secret")));
    EXPECT_NE(header.value, "99");
    EXPECT_NE(header.name, "set-cookie");
  }
}

TEST(Fallback, CrossesDialectsInTheSameStream) {
  World world;
  Drive drive(world);
  drive.request(body_with(R"([{"model":"gpt"}])", true), kBeta);
  drive.stream(message_start("fable") + refusal("cyber", 0));
  ASSERT_EQ(drive.port.attempts.size(), 2u);
  EXPECT_EQ(drive.attempt().call.head.path, "/v1/chat/completions");
  EXPECT_EQ(drive.attempt().call.head.headers.get("authorization"), "Bearer upstream-secret");
  EXPECT_EQ(drive.attempt().call.head.headers.find("anthropic-version"), nullptr);
  drive.stream(
      "data: "
      "{\"id\":\"c1\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"gpt\","
      "\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"},\"finish_"
      "reason\":null}]}\n\n"
      "data: "
      "{\"id\":\"c1\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"gpt\","
      "\"choices\":[{\"index\":0,\"delta\":{\"content\":\"bonjour\"},\"finish_reason\":null}]}\n\n"
      "data: "
      "{\"id\":\"c1\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"gpt\","
      "\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n"
      "data: [DONE]\n\n");
  EXPECT_THAT(drive.port.body, HasSubstr("bonjour"));
  EXPECT_THAT(drive.port.body, HasSubstr(R"("type":"fallback")"));
  EXPECT_THAT(drive.port.body, HasSubstr("event: message_stop"));
  EXPECT_EQ(drive.record().outcome, Outcome::fallback_served);
}

TEST(Credit, AnUpstreamsTokenIsWrappedAndRedeemedOnce) {
  World world;
  const std::string messages = R"("messages":[{"role":"user","content":"hello"}]})";
  const std::map<std::string, std::string> beta = {
      {"anthropic-beta", "fallback-credit-2026-07-01"}};
  Drive refused(world);
  refused.request(R"({"model":"fable","max_tokens":64,)" + messages, beta);
  refused.whole(whole_message(
      "fable", "[]", "refusal",
      R"({"type":"refusal","category":"cyber","explanation":null,"fallback_credit_token":"fct_upstream","fallback_has_prefill_claim":false})"));
  EXPECT_THAT(refused.port.body, Not(HasSubstr("fct_upstream")));
  const auto document = json::Document::parse(refused.port.body);
  const std::string token = document->root()["stop_details"]["fallback_credit_token"].text();
  ASSERT_TRUE(token.starts_with("spct_")) << refused.port.body;

  const auto redeem = [&](const std::string& model, const std::string& body) {
    Drive drive(world);
    drive.request(R"({"model":")" + model +
                      R"(","max_tokens":64,"fallback_credit_token":{"token":")" + token +
                      R"(","mode":"strict"},)" + body,
                  beta);
    const std::string sent = drive.port.attempts.empty() ? "" : drive.attempt().call.body;
    return std::pair(drive.port.head.status, sent);
  };
  EXPECT_EQ(redeem("opus-4-8", R"("messages":[{"role":"user","content":"other"}]})").first, 400);
  EXPECT_EQ(redeem("unheard", messages).first, 404);
  EXPECT_THAT(redeem("opus-4-8", messages).second, HasSubstr("fct_upstream"));
  EXPECT_EQ(redeem("opus-4-8", messages).first, 400);  // spent
}

TEST(Credit, ExpiresAfterFiveMinutesAndIsBoundToItsOrganisation) {
  World world;
  CreditClaim claim;
  claim.organisation = "org_1";
  claim.workspace = "ws_1";
  claim.refused_model = "fable";
  claim.nonce = "n";
  claim.expires = world.clock.wall() + kCreditLifetime;
  http::Headers headers;
  headers.add("anthropic-beta", "fallback-credit-2026-07-01");
  headers.add("anthropic-version", "2023-06-01");
  const auto request_with = [&](const std::string& token) {
    return dialect::decode_request(
        dialect::Api::anthropic, dialect::Operation::create,
        R"({"model":"opus-4-8","max_tokens":1,"fallback_credit_token":{"token":")" + token +
            R"(","mode":"best_effort"},"messages":[{"role":"user","content":"x"}]})",
        headers);
  };
  auto plain = request_with("x");
  ASSERT_TRUE(plain) << plain.error().detail;
  claim.body = print_of(**plain, 1);
  access::Principal principal;
  principal.organisation = "org_1";
  principal.workspace = "ws_1";
  const catalog::Model& target = *world.services.catalog->find_model("opus-4-8");
  const auto outcome = [&](const access::Principal& who, WallTime when) {
    auto request = request_with(world.credit.mint(claim, world.random).value());
    auto redemption = world.credit.redeem(**request, who, target, *world.services.catalog, when);
    EXPECT_TRUE(redemption);
    return redemption ? redemption->outcome.reason : std::string("error");
  };
  access::Principal stranger = principal;
  stranger.organisation = "org_2";
  EXPECT_EQ(outcome(stranger, world.clock.wall()), "wrong_organization");
  EXPECT_EQ(outcome(principal, world.clock.wall() + std::chrono::minutes(6)), "expired");
  EXPECT_EQ(outcome(principal, world.clock.wall()), "");
  EXPECT_EQ(outcome(principal, world.clock.wall()), "reprice_unavailable");
}

TEST(Sticky, LaterTurnsGoToTheModelThatServed) {
  World world;
  StickyRoutes routes(crypto::SecretBytes(std::string_view("sticky-key-of-the-test")), 1000);
  world.services.sticky = &routes;
  Drive first(world);
  first.request(body_with(kList, true), kBeta);
  first.stream(message_start("fable") + refusal("cyber", 0));
  first.stream(answer("opus-4-8", "instead"));
  const std::string next =
      R"({"model":"fable","max_tokens":64,"stream":true,"fallbacks":[{"model":"opus-4-8"}],"messages":[{"role":"user","content":"hello"},{"role":"assistant","content":[{"type":"text","text":"instead"}]},{"role":"user","content":"go on"}]})";
  Drive second(world);
  second.request(next, kBeta);
  EXPECT_THAT(second.attempt().call.body, HasSubstr(R"("model":"opus-4-8")"));
  second.stream(answer("opus-4-8", "more"));
  EXPECT_THAT(second.port.body, Not(HasSubstr(R"("type":"fallback")")));
  EXPECT_THAT(second.port.body, HasSubstr("fallback_message"));
  world.clock.advance(std::chrono::hours(2));
  Drive later(world);
  later.request(next, kBeta);
  EXPECT_THAT(later.attempt().call.body, HasSubstr(R"("model":"fable")"));
}

}  // namespace
}  // namespace sallyport::exchange
