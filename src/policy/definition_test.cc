#include "policy/definition.h"

#include "policy/policy.h"
#include "policy/seed.h"
#include "policy/test_support.h"

namespace sallyport::policy {
namespace {

using namespace test;

const Policy& seeds() {
  static const Policy policy = read_policy({}).value();
  return policy;
}

TEST(DefinitionTest, EveryWorkedExampleHolds) {
  std::size_t cases = 0;
  for (const Definition& definition : seeds().definitions)
    for (const DefinitionCase& example : definition.cases) {
      EXPECT_EQ(example.expected, outcome(definition, example))
          << definition.id << ": " << example.name;
      ++cases;
    }
  EXPECT_GE(cases, 30u);
}

TEST(DefinitionTest, TheDataRulesEightExamplesAreThere) {
  const Definition* rule = seeds().definition("doj-202@1");
  ASSERT_NE(nullptr, rule);
  for (char number = '1'; number <= '8'; ++number)
    EXPECT_TRUE(std::any_of(rule->cases.begin(), rule->cases.end(), [&](const auto& example) {
      return example.name.starts_with(std::string(1, number) + ":");
    })) << number;
}

TEST(DefinitionTest, AWrongExampleRefusesTheDefinition) {
  const auto read = read_policy({{"d.json", R"({"definitions":[{"id":"mine@1","source":"s",
    "person":{"citizenship_outside":["US"]},"organisation":{"never":true},"deemed":"all_held",
    "cases":[{"name":"dual","person":{"citizenships":["FR","US"]},"foreign":"no"}]}]})"}});
  ASSERT_FALSE(read);
  EXPECT_THAT(read.error().detail, ::testing::HasSubstr("'dual' expects no and gets yes"));
}

TEST(DefinitionTest, EarAndItarDifferOnWhereAReleaseGoes) {
  Person person = citizen("u", {"FR"});
  state(person.attributes.former_citizenships, countries({"CN"}));
  state(person.attributes.most_recent, country("FR"));
  const Facts facts = resolve(of(person), at("2026-06-12"));
  Condition to_china;
  to_china.ask = Ask::deemed_country;
  to_china.countries = {country("CN")};
  const auto asked = [&](std::string_view id) {
    return evaluate(to_china, {&facts.holder, nullptr, seeds().definition(id), ""});
  };
  EXPECT_EQ(Tri::no, asked("ear@1"));
  EXPECT_EQ(Tri::yes, asked("itar@1"));
}

TEST(ConditionTest, CanonicalTextReadsBackTheSame) {
  for (const Definition& definition : seeds().definitions)
    for (const Condition* part : {&definition.person, &definition.organisation}) {
      std::string text;
      write_condition(*part, text);
      const auto document = json::Document::parse(text);
      Problems problems;
      EXPECT_EQ(*part, read_condition(document->root(), "", problems));
      EXPECT_THAT(problems, ::testing::IsEmpty());
    }
}

TEST(ConditionTest, MalformedConditionsAreProblems) {
  std::string deep = R"({"always":true})";
  for (int i = 0; i < 20; ++i) deep = R"({"not":)" + deep + "}";
  for (const std::string& text :
       {std::string("{}"), std::string("true"), std::string(R"({"citizenship":[]})"),
        std::string(R"({"citizenship":["us"]})"), std::string(R"({"never":false})"),
        std::string(R"({"all":[]})"), std::string(R"({"wizard":true})"),
        std::string(R"({"always":true,"never":true})"), std::string(R"({"identity_at_least":9})"),
        deep}) {
    const auto document = json::Document::parse(text);
    Problems problems;
    static_cast<void>(read_condition(document->root(), "", problems));
    EXPECT_FALSE(problems.empty()) << text;
  }
}

}  // namespace
}  // namespace sallyport::policy
