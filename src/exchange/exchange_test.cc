#include "exchange/exchange_test_support.h"
#include "exchange/wire_test_support.h"

namespace sallyport::exchange {
namespace {

using namespace testing;
using metering::Outcome;

constexpr const char* kPlain =
    R"({"model":"fable","max_tokens":64,"messages":[{"role":"user","content":"hello"}]})";
constexpr const char* kStream =
    R"({"model":"fable","max_tokens":64,"stream":true,"messages":[{"role":"user","content":"hello"}]})";

TEST(Exchange, RelaysAStreamByteForByteAndRecordsIt) {
  World world;
  Drive drive(world);
  drive.request(kStream, {{"anthropic-beta", "some-new-thing-2026-11-01"}, {"cookie", "secret=1"}});
  ASSERT_EQ(drive.port.attempts.size(), 1u);
  const UpstreamCall& call = drive.attempt().call;
  EXPECT_EQ(call.body, kStream);
  EXPECT_EQ(call.head.path, "/v1/messages");
  EXPECT_EQ(call.head.headers.get("x-api-key"), "upstream-secret");
  EXPECT_EQ(call.head.headers.get("anthropic-beta"), "some-new-thing-2026-11-01");
  EXPECT_EQ(call.head.headers.get("accept-encoding"), "identity");
  EXPECT_EQ(call.head.headers.find("cookie"), nullptr);
  EXPECT_EQ(call.head.headers.count("x-api-key"), 1u);

  const std::string wire = answer("fable", "hi there");
  drive.stream(wire);
  EXPECT_EQ(drive.port.body, wire);
  EXPECT_TRUE(drive.port.ended);
  EXPECT_TRUE(drive.exchange->finished());
  EXPECT_EQ(drive.port.head.headers.get("request-id"), drive.exchange->request_id());
  EXPECT_EQ(drive.port.head.headers.get("sallyport-served-model"), "fable");
  EXPECT_EQ(drive.port.head.headers.get("sallyport-reason"), "requested");
  ASSERT_EQ(world.sink.records.size(), 1u);
  EXPECT_EQ(drive.record().outcome, Outcome::answered);
  ASSERT_EQ(drive.record().attempts.size(), 1u);
  EXPECT_EQ(drive.record().attempts[0].usage.output_tokens, 12);
  EXPECT_EQ(drive.record().attempts[0].cost_nano_usd, 28 * 10'000 + 12 * 50'000);
}

TEST(Exchange, AnyChunkingGivesTheSameBytes) {
  const std::string wire = answer("fable", "hi there");
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    World world;
    Drive drive(world);
    SeededRandom random(seed);
    drive.request(kStream);
    drive.head(200, "text/event-stream");
    for (std::size_t at = 0; at < wire.size();) {
      const std::size_t n = 1 + random.below(40);
      drive.send(std::string_view(wire).substr(at, n));
      at += n;
    }
    drive.end();
    EXPECT_EQ(drive.port.body, wire);
    EXPECT_EQ(world.sink.records.size(), 1u);
  }
}

TEST(Exchange, RelaysAWholeAnswerByteForByte) {
  World world;
  Drive drive(world);
  drive.request(kPlain);
  const std::string body = whole_message("fable", R"([{"type":"text","text":"hi"}])", "end_turn");
  drive.whole(body);
  EXPECT_EQ(drive.port.body, body);
  EXPECT_EQ(drive.port.head.status, 200);
  EXPECT_EQ(drive.port.head.content_length, body.size());
}

TEST(Exchange, RefusesStrangersBeforeReadingTheirBody) {
  World world;
  Drive drive(world);
  drive.request("this is not JSON", {{"x-api-key", "sk-ant-nonsense"}});
  EXPECT_EQ(drive.port.head.status, 401);
  EXPECT_THAT(drive.port.body, ::testing::HasSubstr("authentication_error"));
  EXPECT_EQ(drive.record().outcome, Outcome::denied);
}

TEST(Exchange, AnswersUnknownPathsAndMethods) {
  World world;
  Drive batches(world);
  batches.request("{}", {}, "/v1/messages/batches");
  EXPECT_EQ(batches.port.head.status, 404);
  Drive wrong(world);
  wrong.request("", {}, "/v1/messages", "GET");
  EXPECT_EQ(wrong.port.head.status, 405);
  EXPECT_EQ(wrong.port.head.headers.get("allow"), "POST");
  Drive probe(world);
  probe.request("", {}, "/", "HEAD");
  EXPECT_EQ(probe.port.head.status, 200);
  EXPECT_TRUE(probe.exchange->finished());
}

TEST(Exchange, RefusesWhatItCannotReadTheSameWayAsTheModel) {
  World world;
  for (const auto& [body, headers] :
       std::vector<std::pair<std::string, std::map<std::string, std::string>>>{
           {R"({"model":"fable","model":"opus-5","max_tokens":1,"messages":[]})", {}},
           {R"({"model":"fable","mod\u0065l":"opus-5","max_tokens":1,"messages":[]})", {}},
           {std::string(kPlain) + "x", {}},
           {kPlain, {{"content-encoding", "br"}}},
           {kPlain, {{"content-type", "text/plain"}}},
           {kPlain, {{"anthropic-version", "1999-01-01"}}}}) {
    Drive drive(world);
    drive.request(body, headers);
    EXPECT_EQ(drive.port.head.status, 400) << body;
    EXPECT_TRUE(drive.port.attempts.empty());
    EXPECT_EQ(drive.record().outcome, Outcome::client_error);
  }
}

TEST(Exchange, PassesAnUpstreamsErrorUnmodified) {
  World world;
  Drive drive(world);
  drive.request(kPlain);
  const std::string error =
      R"({"type":"error","error":{"type":"invalid_request_error","message":"prefill not supported"},"request_id":"req_up"})";
  drive.whole(error, 400);
  EXPECT_EQ(drive.port.head.status, 400);
  EXPECT_EQ(drive.port.body, error);
  EXPECT_EQ(drive.record().outcome, Outcome::client_error);
}

TEST(Exchange, KeepsItsOwnCredentialsTroubleToItself) {
  World world;
  Drive drive(world);
  drive.request(kPlain);
  drive.whole(
      R"({"type":"error","error":{"type":"authentication_error","message":"bad key upstream-secret"}})",
      401);
  EXPECT_EQ(drive.port.head.status, 502);
  EXPECT_THAT(drive.port.body, ::testing::Not(::testing::HasSubstr("upstream-secret")));
  EXPECT_EQ(drive.record().outcome, Outcome::upstream_error);
}

TEST(Exchange, FailsOverToTheNextRouteOnTroubleAndNowhereElse) {
  World world;
  Drive drive(world);
  drive.request(kStream);
  EXPECT_EQ(drive.attempt().call.upstream->name, "first");
  drive.exchange->on_upstream_failure(1, {Code::connect_failed, true, "refused"});
  ASSERT_EQ(drive.port.attempts.size(), 2u);
  EXPECT_EQ(drive.attempt().call.upstream->name, "second");
  drive.whole(R"({"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}})",
              529);
  EXPECT_EQ(drive.port.head.status, 529);  // the last one's own words
  EXPECT_EQ(drive.record().attempts.size(), 2u);

  Drive other(world);
  other.request(kStream);
  const std::size_t before = other.port.attempts.size();
  other.head(503, "application/json");
  EXPECT_EQ(other.port.attempts.size(), before + 1);
  EXPECT_TRUE(other.port.attempts[0].cancelled);
}

TEST(Exchange, NeverAsksTwiceOnceBytesMayHaveLeft) {
  World world;
  Drive drive(world);
  drive.request(kStream);
  drive.exchange->on_upstream_failure(1, {Code::reset, false, "reset"});
  EXPECT_EQ(drive.port.attempts.size(), 1u);
  EXPECT_EQ(drive.port.head.status, 502);
}

TEST(Exchange, TellsTheClientWhenTheUpstreamBreaksOffMidStream) {
  const std::string wire = answer("fable", "hi there");
  for (std::size_t cut = 0; cut < wire.size(); ++cut) {
    World world;
    Drive drive(world);
    drive.request(kStream);
    drive.head(200, "text/event-stream");
    drive.send(std::string_view(wire).substr(0, cut));
    drive.end();
    EXPECT_TRUE(drive.port.ended);
    EXPECT_TRUE(drive.exchange->finished());
    ASSERT_EQ(world.sink.records.size(), 1u) << cut;
    if (drive.port.head.status == 200) {
      EXPECT_THAT(drive.port.body, ::testing::HasSubstr("event: error")) << cut;
    } else {
      EXPECT_EQ(drive.port.head.status, 502);
    }
    EXPECT_EQ(drive.record().outcome, Outcome::upstream_error) << cut;
  }
}

TEST(Exchange, RefusesAnswersOfAnotherKindThanAskedFor) {
  World world;
  Drive coded(world);
  coded.request(kStream);
  coded.head(200, "text/event-stream", {{"content-encoding", "gzip"}});
  EXPECT_EQ(coded.port.head.status, 502);
  EXPECT_TRUE(coded.attempt().cancelled);
  Drive html(world);
  html.request(kPlain);
  html.head(200, "text/html");
  EXPECT_EQ(html.port.head.status, 502);
}

TEST(Exchange, CancelsTheUpstreamWhenTheClientLeaves) {
  World world;
  Drive drive(world);
  drive.request(kStream);
  drive.head(200, "text/event-stream");
  drive.send(message_start("fable") + text_start(0) + text_delta(0, "hi"));
  drive.exchange->on_client_gone();
  EXPECT_TRUE(drive.attempt().cancelled);
  EXPECT_TRUE(drive.exchange->finished());
  EXPECT_EQ(drive.record().outcome, Outcome::client_gone);
  ASSERT_EQ(world.sink.records.size(), 1u);
}

TEST(Exchange, PingsWhileTheUpstreamIsSilent) {
  World world;
  Drive drive(world);
  drive.request(kStream);
  drive.head(200, "text/event-stream");
  drive.send(message_start("fable"));
  world.clock.advance(std::chrono::seconds(16));
  drive.exchange->on_tick();
  EXPECT_THAT(drive.port.body, ::testing::EndsWith("event: ping\ndata: {\"type\": \"ping\"}\n\n"));

  Drive silent(world);
  silent.request(kStream);
  world.clock.advance(std::chrono::seconds(241));
  silent.exchange->on_tick();
  EXPECT_EQ(silent.port.head.status, 200);
  EXPECT_THAT(silent.port.body, ::testing::HasSubstr("ping"));
}

TEST(Exchange, HoldsItsLimits) {
  World world;
  UsageLimits limits;
  limits.requests_per_minute = 1;
  world.add_key(limits);
  Drive first(world);
  first.request(kPlain);
  EXPECT_EQ(first.port.attempts.size(), 1u);
  Drive second(world);
  second.request(kPlain);
  EXPECT_EQ(second.port.head.status, 429);
  EXPECT_NE(second.port.head.headers.find("retry-after"), nullptr);
  EXPECT_NE(second.port.head.headers.find("anthropic-ratelimit-requests-limit"), nullptr);
  EXPECT_EQ(second.record().outcome, Outcome::denied);
}

TEST(Exchange, RefusesNewWorkWhenNothingMoreCanBeRecorded) {
  World world;
  world.sink.full = true;
  Drive drive(world);
  drive.request(kPlain);
  EXPECT_EQ(drive.port.head.status, 529);
  EXPECT_TRUE(drive.port.attempts.empty());
}

TEST(Exchange, CountsTokensUnderTheSameDecision) {
  World world;
  Drive drive(world);
  drive.request(R"({"model":"fable","messages":[{"role":"user","content":"hello"}]})", {},
                "/v1/messages/count_tokens");
  EXPECT_EQ(drive.attempt().call.head.path, "/v1/messages/count_tokens");
  drive.whole(R"({"input_tokens":9})");
  EXPECT_EQ(drive.port.body, R"({"input_tokens":9})");
  Drive unknown(world);
  unknown.request(R"({"model":"nobody","messages":[{"role":"user","content":"hello"}]})", {},
                  "/v1/messages/count_tokens");
  EXPECT_EQ(unknown.port.head.status, 404);
}

TEST(Exchange, DeniesAModelThatIsNotAllowedAndNamesItsSuccessor) {
  auto models = default_models();
  models[0].availability = {false, "withdrawn by order", "opus-4-8", false};
  World world(models);
  Drive drive(world);
  drive.request(kPlain);
  EXPECT_EQ(drive.port.head.status, 404);
  EXPECT_THAT(drive.port.body, ::testing::HasSubstr("not_found_error"));
  EXPECT_THAT(drive.port.body, ::testing::HasSubstr("withdrawn by order"));
  EXPECT_THAT(drive.port.body, ::testing::HasSubstr("opus-4-8"));

  models[0].availability.substitute = true;
  World other(models);
  Drive served(other);
  served.request(kPlain);
  ASSERT_EQ(served.port.attempts.size(), 1u);
  EXPECT_THAT(served.attempt().call.body, ::testing::HasSubstr(R"("model":"opus-4-8")"));
  served.whole(whole_message("opus-4-8", R"([{"type":"text","text":"hi"}])", "end_turn"));
  EXPECT_EQ(served.port.head.headers.get("sallyport-reason"), "substituted");
  EXPECT_EQ(served.port.head.headers.get("sallyport-requested-model"), "fable");
  EXPECT_EQ(served.port.head.headers.get("sallyport-served-model"), "opus-4-8");
}

TEST(Exchange, FindsAForbiddenModelInsideATool) {
  auto models = default_models();
  models[1].availability = {false, "withdrawn by order", "", false};
  World world(models);
  Drive drive(world);
  drive.request(
      R"({"model":"fable","max_tokens":64,"tools":[{"type":"advisor_20260301","name":"advisor","model":"opus-4-8"}],"messages":[{"role":"user","content":"hello"}]})");
  EXPECT_EQ(drive.port.head.status, 404);
  EXPECT_THAT(drive.port.body, ::testing::HasSubstr("tools.0"));
  EXPECT_TRUE(drive.port.attempts.empty());
}

TEST(Exchange, ReadsLargeBodiesElsewhere) {
  World world;
  Drive drive(world);
  const std::string text(400'000, 'a');
  drive.request(R"({"model":"fable","max_tokens":64,"messages":[{"role":"user","content":")" +
                text + R"("}]})");
  EXPECT_EQ(drive.port.attempts.size(), 1u);
}

}  // namespace
}  // namespace sallyport::exchange
