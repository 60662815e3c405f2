#include "policy/principal.h"

#include "policy/test_support.h"

namespace sallyport::policy {
namespace {

using namespace test;

std::string with_citizenship(std::string_view assertions) {
  return R"({"id":"u","kind":"person","attributes":{"citizenships":[)" + std::string(assertions) +
         "]}}";
}

std::string assertion(std::string_view value, std::string_view from, std::string_view until) {
  return R"({"value":)" + std::string(value) + R"(,"issuer":"i","evidence":"passport","at":")" +
         std::string(from) + R"(","expires":")" + std::string(until) + R"("})";
}

std::optional<CountrySet> citizenships(std::string_view assertions, std::string_view when) {
  const auto read = read_principal(with_citizenship(assertions));
  EXPECT_TRUE(read) << read.error().detail;
  return resolve(*read, at(when)).holder.citizenships;
}

TEST(PrincipalTest, EvidenceHoldsFromItsTimeUntilItsExpiry) {
  const std::string one = assertion(R"(["US"])", "2026-01-01", "2026-07-01");
  EXPECT_EQ(countries({"US"}), citizenships(one, "2026-06-30"));
  EXPECT_EQ(std::nullopt, citizenships(one, "2026-07-01"));
  EXPECT_EQ(std::nullopt, citizenships(one, "2025-12-31"));
  const auto read = read_principal(with_citizenship(one));
  EXPECT_EQ(at("2026-07-01"), resolve(*read, at("2026-02-01")).valid_until);
  EXPECT_EQ(at("2026-01-01"), resolve(*read, at("2025-02-01")).valid_until);
}

TEST(PrincipalTest, ContradictionIsUnknown) {
  const std::string two = assertion(R"(["US"])", "2026-01-01", "2027-01-01") + "," +
                          assertion(R"(["FR"])", "2026-01-01", "2026-03-01");
  EXPECT_EQ(std::nullopt, citizenships(two, "2026-02-01"));
  EXPECT_EQ(countries({"US"}), citizenships(two, "2026-03-01"));
  const std::string same = assertion(R"(["US","FR"])", "2026-01-01", "2027-01-01") + "," +
                           assertion(R"(["FR","US"])", "2026-01-01", "2027-01-01");
  EXPECT_EQ(countries({"FR", "US"}), citizenships(same, "2026-02-01"));
}

TEST(PrincipalTest, EveryProblemIsNamedWithItsPlace) {
  const auto read = read_principal(
      R"({"id":"a b","kind":"robot","nationality":"US","attributes":{"citizenships":[{"value":["us"],"issuer":"i","at":"yesterday"}]}})");
  ASSERT_FALSE(read);
  for (const auto* said :
       {"id: must have", "kind: must be one of", "unknown key 'nationality'",
        "attributes.citizenships[0].value[0]: must be a country code",
        "attributes.citizenships[0].evidence: is missing", "attributes.citizenships[0].at: must"})
    EXPECT_THAT(read.error().detail, ::testing::HasSubstr(said));
}

TEST(PrincipalTest, MalformedDocumentsAreErrors) {
  for (
      const auto* text :
      {"", "[]", "null", "{", R"({"id":"u","kind":"person","id":"v"})",
       R"({"id":1,"kind":"person"})", R"({"id":"u","kind":"person","attributes":[]})",
       R"({"id":"u","kind":"person","attributes":{"citizenships":{"value":["US"]}}})",
       R"({"id":"u","kind":"person","attributes":{"citizenships":"US"}})",
       R"({"id":"u","kind":"person","organisation":{"id":"o","attributes":{"owners":[{"value":[{"share_percent":60},{"share_percent":60}],"issuer":"i","evidence":"e","at":"2026-01-01"}]}}})"})
    EXPECT_FALSE(read_principal(text)) << text;
}

TEST(PrincipalTest, OwnershipOverHalfCountsThroughTheChain) {
  const CountrySet listed = countries({"CN", "RU"});
  const auto cn = country("CN"), ru = country("RU"), us = country("US"), sg = country("SG");
  const auto owned = [&](std::vector<Owner> owners) { return controlled_by(owners, listed); };
  EXPECT_EQ(Tri::yes, owned({{51, cn, false, {}}, {49, us, false, {}}}));
  EXPECT_EQ(Tri::no, owned({{50, cn, false, {}}, {50, us, false, {}}}));
  EXPECT_EQ(Tri::yes, owned({{30, cn, false, {}}, {30, ru, false, {}}, {40, us, false, {}}}));
  // 60 % by a Singapore holding that is itself 60 % Chinese: the whole 60 count.
  EXPECT_EQ(Tri::yes, owned({{60, sg, false, {{60, cn, false, {}}, {40, sg, false, {}}}},
                             {40, us, false, {}}}));
  EXPECT_EQ(Tri::no, owned({{60, sg, false, {{50, cn, false, {}}, {50, sg, false, {}}}},
                            {40, us, false, {}}}));
  // What is not stated may be theirs.
  EXPECT_EQ(Tri::unknown, owned({{40, us, false, {}}}));
  EXPECT_EQ(Tri::unknown, owned({{60, kNoCountry, false, {}}, {40, us, false, {}}}));
  EXPECT_EQ(Tri::no, owned({{60, kNoCountry, true, {}}, {40, us, false, {}}}));
  EXPECT_EQ(Tri::unknown, owned({}));
}

TEST(TimeText, ZonesAndNonsense) {
  EXPECT_EQ(at("2026-06-12T21:21:00Z"), at("2026-06-12T17:21:00-04:00"));
  for (const auto* text : {"2026-02-30", "2026-06-12T17:21:00", "2026-6-1", "26-06-12", "",
                           "2026-06-12T25:00:00Z", "2026-06-12T17:21:00-0400", "2026-06-12 "})
    EXPECT_EQ(std::nullopt, parse_time(text)) << text;
}

}  // namespace
}  // namespace sallyport::policy
