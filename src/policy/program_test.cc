#include "policy/program.h"

#include "base/encoding.h"
#include "crypto/ed25519.h"
#include "policy/test_support.h"

namespace sallyport::policy {
namespace {

using namespace test;

constexpr char kPolicy[] = R"({
 "provider":"p",
 "models":[{"id":"open","access":"open"},{"id":"low","access":"open"},{"id":"keep","access":"open","retention_min_days":30},
  {"id":"claude-mythos-5-1","access":"programme"},{"id":"claude-opus-5-5","access":"open"},{"id":"claude-sonnet-5-5","access":"open"},
  {"id":"soon","access":"open","released":"2027-01-01","evaluators":["eve"]}],
 "grants":[{"id":"g","programme":"cvp-defense","organisation":"o","evidence":["e"],"approvers":["a","b"],"widens":["cyber.high_risk_dual_use"],"from":"2026-10-06","until":"2027-10-06"}]})";

constexpr char kDirective[] =
    R"({"id":"d","issuer":"i","form":"verbal","received":"2026-01-01","effective":"2026-01-01",
 "scope":{"models":["open"]},"acts":["release"],"definition":"ear@1","effect":"deny")";

std::string directives(const std::string& more) {
  return R"({"directives":[)" + std::string(kDirective) + more + "}]}";
}

std::string refusal(const std::string& part) {
  const auto read = read_policy({{"base.json", kPolicy}, {"part.json", part}});
  return read ? "" : read.error().detail;
}

Decision ask(const Principal& principal, std::string_view model, std::string_view when,
             const std::string& more = "{}") {
  const auto read = read_policy({{"base.json", kPolicy}, {"more.json", more}});
  EXPECT_TRUE(read) << read.error().detail;
  const Program program = Program::compile(std::make_shared<const Policy>(*read), at(when));
  return program.decide(resolve(principal, at(when)), model, "default");
}

Principal defender() {
  Principal out = staff(citizen("u", {"US"}), organisation("o", "US"));
  state(out.organisation->attributes.attestations, std::vector<std::string>{"security_contact"});
  out.credential = {"api_key", false, at("2026-11-01"), Duration(0), Mfa::any};
  return out;
}

TEST(ProgramTest, ObligationsFollowTheirDates) {
  const auto effect = [](const Principal& p, std::string_view when) {
    return ask(p, "claude-mythos-5-1", when).effect;
  };
  EXPECT_EQ(Effect::serve, effect(defender(), "2026-11-07"));
  EXPECT_EQ(Effect::deny, effect(defender(), "2026-11-08"));  // the key is seven days old
  Principal token = defender();
  token.credential.kind = "oidc";
  EXPECT_EQ(Effect::serve, effect(token, "2026-12-14"));
  EXPECT_EQ(Effect::deny, effect(token, "2026-12-15"));
  token.credential.mfa = Mfa::phishing_resistant;
  EXPECT_EQ(Effect::serve, effect(token, "2026-12-15"));
  EXPECT_EQ(at("2026-11-08"), ask(defender(), "claude-mythos-5-1", "2026-11-07").valid_until);
}

TEST(ProgramTest, AnUnmetObligationVoidsTheGrantAndNothingElse) {
  Principal lax = defender();
  lax.credential.mfa = Mfa::none;
  const Decision mythos = ask(lax, "claude-mythos-5-1", "2026-11-02");
  EXPECT_EQ(Effect::deny, mythos.effect);
  EXPECT_THAT(mythos.reasons, ::testing::Contains("grant:g#void:mfa"));
  const Decision opus = ask(lax, "claude-opus-5-5", "2026-11-02");
  EXPECT_EQ(Effect::serve, opus.effect);
  EXPECT_THAT(opus.widens, ::testing::IsEmpty());
  EXPECT_THAT(ask(defender(), "claude-opus-5-5", "2026-11-02").widens,
              ::testing::ElementsAre("cyber.high_risk_dual_use"));
}

TEST(ProgramTest, RetentionAndEarlyAccess) {
  Principal p = defender();
  EXPECT_THAT(ask(p, "keep", "2026-11-02").obligations,
              ::testing::ElementsAre("retention_days>=30"));
  p.retention_max_days = 0;
  EXPECT_EQ(400, ask(p, "keep", "2026-11-02").status);
  EXPECT_EQ(Effect::deny, ask(p, "keep", "2026-11-02").effect);
  EXPECT_EQ(404, ask(p, "soon", "2026-11-02").status);
  EXPECT_EQ(Effect::serve, ask(of(citizen("eve", {"US"})), "soon", "2026-11-02").effect);
  EXPECT_EQ(Effect::serve, ask(p, "soon", "2027-01-01").effect);
  EXPECT_EQ(404, ask(p, "nothing", "2026-11-02").status);
}

TEST(ProgramTest, LicencesLetOutWhomTheyNameWhereTheyApply) {
  const std::string more =
      directives(R"(,"exemptions":[{"id":"l","licence":{"number":"D-1","persons":["u"],
    "destinations":["FR"],"provisos":["log every use"],"expires":"2026-12-01"}}])");
  Principal p = of(citizen("u", {"FR"}));
  EXPECT_EQ(Effect::deny, ask(p, "open", "2026-11-02", more).effect);
  state(p.holder.attributes.location, country("FR"));
  EXPECT_THAT(ask(p, "open", "2026-11-02", more).obligations,
              ::testing::ElementsAre("log every use"));
  EXPECT_EQ(Effect::serve, ask(p, "open", "2026-11-02", more).effect);
  EXPECT_EQ(Effect::deny, ask(p, "open", "2026-12-01", more).effect);
  p.holder.id = "v";
  EXPECT_EQ(Effect::deny, ask(p, "open", "2026-11-02", more).effect);
}

TEST(ProgramTest, DenyOverridesSubstitution) {
  const std::string two =
      R"({"directives":[)" + std::string(kDirective) + "}," +
      R"({"id":"s","issuer":"i","form":"letter","received":"2026-01-01","effective":"2026-01-01",
    "scope":{"models":["open"]},"acts":["release"],"definition":"ear@1","effect":"substitute","successors":{"open":"low"}}]})";
  EXPECT_EQ(Effect::deny, ask(of(citizen("u", {"FR"})), "open", "2026-11-02", two).effect);
  EXPECT_EQ(Effect::serve, ask(of(citizen("u", {"US"})), "open", "2026-11-02", two).effect);
}

TEST(ProgramTest, WhatCannotBeEvaluatedForbids) {
  Policy policy = read_policy({{"base.json", kPolicy}, {"d.json", directives("")}}).value();
  policy.directives[0].definition = "nobody@1";
  const Program program =
      Program::compile(std::make_shared<const Policy>(policy), at("2026-11-02"));
  const Decision decision =
      program.decide(resolve(of(citizen("u", {"US"})), at("2026-11-02")), "open", "default");
  EXPECT_EQ(Effect::deny, decision.effect);
  EXPECT_THAT(decision.reasons, ::testing::Contains("directive:d@1#cannot_be_evaluated"));
}

TEST(ProgramTest, SignaturesAreOverTheCanonicalText) {
  SeededRandom random(7);
  const auto signer = crypto::Ed25519Signer::generate(random);
  const auto text = [](const auto& bytes) {
    return base64_encode({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  };
  const std::string key =
      R"({"directive_keys":[{"id":"k","ed25519":")" + text(signer.public_key()) + R"("}]})";
  const Policy unsigned_one =
      read_policy({{"b.json", kPolicy}, {"d.json", directives("")}}).value();
  const std::string signature = text(signer.sign(signed_text(unsigned_one.directives[0])));
  const auto broken = [&](const std::string& more) {
    return read_policy({{"b.json", kPolicy}, {"k.json", key}, {"d.json", directives(more)}})
        .value()
        .directives[0]
        .broken;
  };
  const std::string field = R"(,"signature":{"key":"k","ed25519":")" + signature + R"("})";
  EXPECT_EQ("", broken(field));
  EXPECT_EQ("unsigned", broken(""));
  EXPECT_EQ("signature does not hold", broken(field + R"(,"unknowns":"as_covered")"));
  const std::string strange = R"(,"signature":{"key":"x","ed25519":")" + signature + R"("})";
  EXPECT_EQ("signed by an unknown key", broken(strange));
}

TEST(DirectiveTest, MalformedDirectivesAreRefusedWithTheirPlace) {
  EXPECT_EQ("", refusal(directives("")));
  EXPECT_THAT(refusal(directives(R"(,"surprise":1)")), ::testing::HasSubstr("unknown key"));
  EXPECT_THAT(refusal(directives(R"(,"status":500)")), ::testing::HasSubstr("status"));
  EXPECT_THAT(refusal(directives(R"(,"who":{"wizard":true})")),
              ::testing::HasSubstr("directives[0].who: is not a known question"));
  EXPECT_THAT(refusal(directives(R"(,"successors":{"open":"open"})")),
              ::testing::HasSubstr("under the same directive"));
  EXPECT_THAT(refusal(directives(R"(,"exemptions":[{"id":"x"}])")),
              ::testing::HasSubstr("exactly one of"));
  EXPECT_THAT(refusal(R"({"directives":[{"id":"d"}]})"), ::testing::HasSubstr("scope: is missing"));
  EXPECT_THAT(
      refusal(
          R"({"grants":[{"id":"h","programme":"none","organisation":"o","approvers":["a","a"]}]})"),
      ::testing::HasSubstr("two different people"));
  for (const auto* text : {"", "[", "[]", "7", R"({"directives":{}})", R"({"directives":[3]})"})
    EXPECT_NE("", refusal(text)) << text;
}

TEST(PolicyTest, HashForgetsOrderAndSpelling) {
  const std::string spaced = "  " + std::string(kPolicy) + "\n";
  const auto hash = [](const std::vector<PolicyText>& parts) {
    return hash_of(read_policy(parts).value());
  };
  const PolicyText d = {"d.json", directives("")};
  EXPECT_EQ(hash({{"b.json", kPolicy}, d}), hash({d, {"b.json", spaced}}));
  EXPECT_NE(hash({{"b.json", kPolicy}, d}), hash({{"b.json", kPolicy}}));
}

}  // namespace
}  // namespace sallyport::policy
