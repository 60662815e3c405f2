#include "base/files.h"
#include "policy/test_support.h"

namespace sallyport::policy {
namespace {

using namespace test;

constexpr auto kStages = {"2026-06-10T00:00:00Z",      "2026-06-12T17:20:59-04:00",
                          "2026-06-12T17:21:00-04:00", "2026-06-26T12:00:00-04:00",
                          "2026-06-30T18:00:00-04:00", "2026-07-10"};

class June : public ::testing::Test {
 protected:
  void SetUp() override {
    RealFiles files;
    auto read =
        load_policy(files, std::string(SALLYPORT_SOURCE_DIR) + "/docs/examples/june-2026.toml");
    ASSERT_TRUE(read) << read.error().detail;
    policy_ = std::make_shared<const Policy>(std::move(*read));
  }

  // One letter a stage: S served, f fell to the successor, d denied.
  std::string way(const Principal& principal, std::string_view model,
                  std::string_view surface = "first_party") const {
    std::string out;
    for (const auto* stage : kStages) {
      const Program program = Program::compile(policy_, at(stage));
      const Decision decision =
          program.decide(resolve(principal, at(stage)), std::string(model), surface);
      out += decision.effect == Effect::serve ? 'S' : (decision.effect == Effect::deny ? 'd' : 'f');
      EXPECT_EQ(decision.served_model.empty(), decision.effect == Effect::deny);
      if (decision.effect == Effect::substitute) {
        EXPECT_EQ("claude-opus-4-8", decision.served_model);
      }
    }
    return out;
  }
  std::string fable(const Principal& p, std::string_view surface = "first_party") const {
    return way(p, "claude-fable-5", surface);
  }
  std::string mythos(const Principal& p) const { return way(p, "claude-mythos-5"); }

  static Organisation annex() {
    Organisation out = organisation("org-utility", "US");
    state(out.attributes.annexes, std::vector<std::string>{"annex-a"});
    state(out.attributes.staff_attested, true);
    return out;
  }
  static Organisation provider() {
    Organisation out = organisation("anthropic", "US");
    state(out.attributes.annexes, std::vector<std::string>{});
    return out;
  }

  std::shared_ptr<const Policy> policy_;
};

TEST_F(June, UsPersonsKeepTheirModelsThroughout) {
  Person paris = citizen("u", {"US"});
  state(paris.attributes.location, country("FR"));
  EXPECT_EQ("SSSSSS", fable(of(paris)));
  EXPECT_EQ("SSSSSS", fable(of(resident("u", {"IN"}))));
  EXPECT_EQ("SSSSSS", fable(of(citizen("u", {"US", "FR"}))));
  Person asylee = person("u");
  state(asylee.attributes.protected_person, true);
  EXPECT_EQ("SSSSSS", fable(of(asylee)));
  EXPECT_EQ("SSSSSS", fable(of(paris), "bedrock"));
}

TEST_F(June, ForeignPersonsFallBackUntilTheLiftOfTheirSurface) {
  Person french = citizen("u", {"FR"});
  state(french.attributes.location, country("US"));
  EXPECT_EQ("SSffSS", fable(of(french)));
  EXPECT_EQ("SSfffS", fable(of(french), "bedrock"));
}

TEST_F(June, UnverifiedIsNotServedAndSaysWhatIsMissing) {
  Person somebody = person("u");
  state(somebody.attributes.location, country("US"));
  EXPECT_EQ("SSffSS", fable(of(somebody)));
  const Program program = Program::compile(policy_, at("2026-06-13"));
  const Decision decision =
      program.decide(resolve(of(somebody), at("2026-06-13")), "claude-fable-5", "first_party");
  EXPECT_THAT(decision.missing_facts,
              ::testing::ElementsAre("holder.citizenships", "holder.permanent_residences",
                                     "holder.protected_person"));
  EXPECT_THAT(decision.reasons, ::testing::Contains("directive:june@1#unknown:holder"));
}

TEST_F(June, AnonymiserProvesNothingEitherWay) {
  EXPECT_EQ("SSffSS", fable(of(person("u"))));
  EXPECT_EQ("SSSSSS", fable(of(citizen("u", {"US"}))));
}

TEST_F(June, TheProvidersForeignEmployee) {
  const Principal employee = staff(citizen("e", {"IN"}), provider());
  EXPECT_EQ("SSffSS", fable(employee));
  EXPECT_EQ("SSfSSS", mythos(employee));
}

TEST_F(June, AnnexOrganisationWithMixedStaff) {
  EXPECT_EQ("SSfSSS", mythos(staff(citizen("e", {"DE"}), annex())));
  EXPECT_EQ("SSSSSS", mythos(staff(citizen("e", {"US"}), annex())));
  // The annex speaks of one model only.
  EXPECT_EQ("SSffSS", fable(staff(citizen("e", {"DE"}), annex())));
  // A contractor of another firm is not its staff.
  Principal contractor = of(citizen("c", {"DE"}));
  state(contractor.holder.attributes.employer, std::string("org-other"));
  contractor.organisation = annex();
  EXPECT_EQ("SSffSS", mythos(contractor));
  Organisation unattested = annex();
  unattested.attributes.staff_attested.clear();
  EXPECT_EQ("SSffSS", mythos(staff(citizen("e", {"DE"}), unattested)));
}

TEST_F(June, ForeignEntities) {
  Organisation subsidiary = organisation("org-subsidiary", "DE");
  state(subsidiary.attributes.owners, std::vector<Owner>{{100, country("US"), false, {}}});
  EXPECT_EQ("SSffSS", fable(staff(citizen("e", {"US"}), subsidiary)));
  EXPECT_EQ("SSffSS", mythos(staff(citizen("e", {"US"}), subsidiary)));
  Organisation branch = organisation("org-branch", "FR");
  branch.attributes.type[0].value = "branch";
  EXPECT_EQ("SSffSS", fable(staff(citizen("e", {"US"}), branch)));
}

TEST_F(June, ServiceAccountsAndJobs) {
  EXPECT_EQ("SSffSS", fable(staff(person("s", Kind::service), organisation("org-x", "US"))));
  EXPECT_EQ("SSfSSS", mythos(staff(person("ci", Kind::service), annex())));
  // A service that acts for a named end user is no better than that end user.
  Principal service = staff(person("s", Kind::service), annex());
  service.end_user = citizen("u", {"CN"});
  EXPECT_EQ("SSffSS", mythos(service));
}

TEST_F(June, SharedKeyWithoutEndUser) {
  Principal shared = staff(citizen("e", {"US"}), annex());
  shared.credential.shared = true;
  EXPECT_EQ("SSffSS", fable(shared));
  EXPECT_EQ("dddddd", mythos(shared));
}

TEST_F(June, LiftLeavesNothingBehind) {
  const Policy lifted = without_directive(*policy_, "june");
  Policy never = *policy_;
  never.directives.clear();
  EXPECT_EQ(hash_of(never), hash_of(lifted));
  EXPECT_NE(hash_of(*policy_), hash_of(lifted));
}

TEST_F(June, CanonicalDirectivesReadBackTheSame) {
  for (const Directive& directive : policy_->directives) {
    const std::string text = canonical(directive);
    const auto document = json::Document::parse(text);
    ASSERT_TRUE(document);
    Problems problems;
    Reader reader(document->root(), "", problems);
    Directive copy;
    read_directive(reader, copy);
    EXPECT_THAT(problems, ::testing::IsEmpty());
    EXPECT_EQ(text, canonical(copy));
  }
}

TEST_F(June, WithoutAGrantThereIsNoMythosAndNothingElseChanges) {
  EXPECT_EQ("dddddd", mythos(of(citizen("u", {"US"}))));
}

}  // namespace
}  // namespace sallyport::policy
