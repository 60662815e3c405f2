#include "policy/compare.h"

#include "base/files.h"
#include "policy/population.h"
#include "policy/test_support.h"

namespace sallyport::policy {
namespace {

using namespace test;

// The June policy with one surface and one grant, so that its whole domain is walked in a test.
Policy small_june() {
  RealFiles files;
  Policy out =
      load_policy(files, std::string(SALLYPORT_SOURCE_DIR) + "/docs/examples/june-2026.toml")
          .value();
  out.surfaces = {"first_party"};
  std::erase_if(out.grants, [](const Grant& grant) { return grant.id != "g-utility"; });
  std::erase_if(out.models, [](const ModelRule& m) { return m.id == "claude-fable-5"; });
  for (Directive& d : out.directives) {
    std::erase(d.scope.models, "claude-fable-5");
    d.successors.erase("claude-fable-5");
  }
  return out;
}

Program at_june_27(const Policy& policy) {
  return Program::compile(std::make_shared<const Policy>(policy), at("2026-06-27"));
}

TEST(PolicyDomain, GrantsNeverNarrow) {
  const Policy with = small_june();
  Policy without = with;
  without.grants.clear();
  const Comparison found = implies(at_june_27(without), at_june_27(with));
  EXPECT_EQ(Answer::yes, found.answer) << found.counterexample->principal;
  EXPECT_GT(found.cells, 10'000u);
  EXPECT_EQ(Answer::no, implies(at_june_27(with), at_june_27(without)).answer);
}

TEST(PolicyDomain, DirectivesNeverWidenAndLiftRestores) {
  const Policy with = small_june();
  const Policy lifted = without_directive(with, "june");
  EXPECT_EQ(Answer::yes, implies(at_june_27(with), at_june_27(lifted)).answer);
  const Comparison same = equivalent(at_june_27(with), at_june_27(lifted));
  EXPECT_EQ(Answer::no, same.answer);
  ASSERT_TRUE(same.counterexample);
  EXPECT_EQ("claude-mythos-5", same.counterexample->model);
  EXPECT_EQ(Answer::yes, equivalent(at_june_27(lifted), at_june_27(lifted)).answer);
}

TEST(PolicyDomain, UnknownNeverWidens) {
  const Policy policy = small_june();
  const Program program = at_june_27(policy);
  const Domain domain({&policy});
  std::vector<Effect> effects(domain.vectors());
  for (std::uint64_t i = 0; i < effects.size(); ++i)
    effects[i] =
        program.decide(resolve(domain.principal(i), program.at()), "claude-mythos-5", "first_party")
            .effect;
  std::uint64_t stride = 1, compared = 0;
  for (const DomainAxis& axis : domain.axes()) {
    const std::uint64_t size = axis.values.size();
    for (std::uint64_t i = 0; axis.labels[0] == "?" && axis.name != "key" && i < effects.size();
         ++i) {
      if (i / stride % size != 0) continue;
      for (std::uint64_t value = 1; value < size; ++value, ++compared)
        ASSERT_LE(effects[i], effects[i + value * stride])
            << domain.describe(i) << " against " << domain.describe(i + value * stride);
    }
    stride *= size;
  }
  EXPECT_GT(compared, 10'000u);
}

TEST(PolicyDomain, NoSuccessorThatTheAskerMayNotUse) {
  Policy policy = small_june();
  // A second order denies the successor to those of one country.
  Directive second = policy.directives[0];
  second.id = "second";
  second.scope.models = {"claude-opus-4-8"};
  second.successors.clear();
  second.effect = Effect::deny;
  second.who = {};
  second.who.ask = Ask::citizenship;
  second.who.countries = {country("CN")};
  policy.directives.push_back(second);
  const Program program = at_june_27(policy);
  const auto served = [&](const Principal& p) {
    return program.decide(resolve(p, program.at()), "claude-mythos-5", "first_party").effect;
  };
  const Organisation utility = organisation("org-utility", "US");
  EXPECT_EQ(Effect::substitute, served(staff(citizen("e", {"DE"}), utility)));
  EXPECT_EQ(Effect::deny, served(staff(citizen("e", {"CN"}), utility)));
}

TEST(PolicyDomain, AlwaysDeniesAndItsCounterexample) {
  Policy policy = small_june();
  EXPECT_EQ(Answer::no, always_denies(at_june_27(policy), "claude-mythos-5").answer);
  policy.grants.clear();
  EXPECT_EQ(Answer::yes, always_denies(at_june_27(policy), "claude-mythos-5").answer);
}

TEST(PolicyDomain, TooLargeIsNotDecided) {
  Policy policy = small_june();
  for (int i = 0; i < 20; ++i) {
    Grant grant = policy.grants[0];
    grant.id = "g" + std::to_string(i);
    grant.holder = "org-" + std::to_string(i);
    policy.grants.push_back(grant);
    policy.surfaces.push_back("surface-" + std::to_string(i));
  }
  const Comparison found = equivalent(at_june_27(policy), at_june_27(policy));
  EXPECT_EQ(Answer::not_decided, found.answer);
  EXPECT_GT(found.cells, kMaxCells);
}

TEST(PlanTest, CountsWhoLosesAndWhatEvidenceWouldSettle) {
  const Policy policy = small_june();
  const auto shared = std::make_shared<const Policy>(policy);
  const Program before = Program::compile(shared, at("2026-06-11"));
  const Program after = Program::compile(shared, at("2026-06-13"));
  Population population(before, after);
  const Organisation utility = organisation("org-utility", "US");
  for (int i = 0; i < 50; ++i) {
    population.add(staff(citizen("us-" + std::to_string(i), {"US"}), utility));
    population.add(staff(citizen("fr-" + std::to_string(i), {"FR"}), utility));
    population.add(staff(person("nn-" + std::to_string(i)), utility));
  }
  EXPECT_EQ(150u, population.principals());
  EXPECT_EQ(3u, population.vectors().size());
  const std::vector<PlanRow> rows = plan(before, after, population);
  const auto row = std::find_if(rows.begin(), rows.end(),
                                [](const PlanRow& r) { return r.model == "claude-mythos-5"; });
  ASSERT_NE(rows.end(), row);
  EXPECT_EQ(150u, row->served_before);
  EXPECT_EQ(50u, row->served_after);
  EXPECT_EQ(100u, row->lose);
  EXPECT_EQ(50u, row->lose_unknown);
  EXPECT_THAT(row->lose_examples, ::testing::ElementsAre("fr-0", "nn-0"));
  EXPECT_THAT(row->missing_facts, ::testing::Contains("holder.citizenships"));
}

}  // namespace
}  // namespace sallyport::policy
