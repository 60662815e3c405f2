#include "policy/geo.h"

#include <cstdlib>

#include "base/files.h"
#include "policy/test_support.h"

namespace sallyport::policy {
namespace {

using namespace test;

// The folder with MaxMind's public test databases; tests that need it are skipped without it.
std::string data_folder() {
  const char* set = std::getenv("SALLYPORT_DATA");
  return set == nullptr ? "" : std::string(set) + "/geo";
}

class GeoData : public ::testing::Test {
 protected:
  void SetUp() override {
    if (data_folder().empty()) GTEST_SKIP() << "SALLYPORT_DATA names no folder with test databases";
  }
};

TEST_F(GeoData, CountryAndBuildTime) {
  const auto database = GeoDatabase::open(data_folder() + "/GeoIP2-Country-Test.mmdb");
  ASSERT_TRUE(database) << database.error().detail;
  EXPECT_GT(database->built(), at("2015-01-01"));
  EXPECT_EQ(country("GB"), database->look_up("2.125.160.216")->country);
  EXPECT_EQ(country("JP"), database->look_up("2001:218::1")->country);
  EXPECT_EQ(kNoCountry, database->look_up("127.0.0.1")->country);
  EXPECT_EQ(Code::invalid, database->look_up("not an address").error().code);
}

TEST_F(GeoData, Anonymisers) {
  const auto database = GeoDatabase::open(data_folder() + "/GeoIP-Anonymous-Plus-Test.mmdb");
  ASSERT_TRUE(database) << database.error().detail;
  EXPECT_TRUE(database->look_up("1.2.0.1")->anonymous);
  EXPECT_FALSE(database->look_up("9.9.9.9")->anonymous);
}

TEST_F(GeoData, HostileFilesGiveErrorsOrNothing) {
  RealFiles files;
  const std::string folder = data_folder() + "/hostile";
  const auto names = files.list(folder);
  ASSERT_TRUE(names);
  ASSERT_FALSE(names->empty());
  SeededRandom random(11);
  for (const std::string& name : *names) {
    const auto database = GeoDatabase::open(folder + "/" + name);
    if (!database) {
      EXPECT_THAT(database.error().detail, ::testing::StartsWith("geo database: ")) << name;
      continue;
    }
    for (int i = 0; i < 2000; ++i) {
      std::string address;
      for (int part = 0; part < 4; ++part)
        address += (part == 0 ? "" : ".") + std::to_string(random.below(256));
      const auto found = database->look_up(i % 2 == 0 ? address : "::" + address);
      if (found) {
        EXPECT_EQ(kNoCountry, found->country) << name;
      } else {
        EXPECT_THAT(found.error().detail, ::testing::StartsWith("geo database: ")) << name;
      }
    }
  }
}

TEST(GeoTest, WhatIsNoDatabaseIsAnError) {
  EXPECT_EQ(Code::io, GeoDatabase::open("no/such/file.mmdb").error().code);
  EXPECT_EQ(Code::corrupt,
            GeoDatabase::open(std::string(SALLYPORT_SOURCE_DIR) + "/LICENSE").error().code);
}

std::optional<Country> believed(std::string_view stated, std::optional<AddressFacts> address,
                                std::string_view built) {
  Principal principal = of(person("u"));
  if (!stated.empty()) state(principal.holder.attributes.location, country(stated));
  doubt_location(principal, address, at(built), at("2026-06-12"), std::chrono::hours(24 * 30));
  return resolve(principal, at("2026-06-12")).holder.location;
}

TEST(GeoTest, AnAddressDoubtsAndNeverProves) {
  const AddressFacts us = {country("US"), false};
  const AddressFacts fr = {country("FR"), false};
  const AddressFacts hidden = {country("US"), true};
  EXPECT_EQ(country("US"), believed("US", us, "2026-06-01"));
  EXPECT_EQ(std::nullopt, believed("US", fr, "2026-06-01"));
  EXPECT_EQ(std::nullopt, believed("US", hidden, "2026-06-01"));
  EXPECT_EQ(std::nullopt, believed("US", us, "2026-04-01"));  // stale
  EXPECT_EQ(std::nullopt, believed("US", std::nullopt, "2026-06-01"));
  EXPECT_EQ(std::nullopt, believed("", us, "2026-06-01"));
  EXPECT_EQ(country("US"), believed("US", AddressFacts{}, "2026-06-01"));
}

}  // namespace
}  // namespace sallyport::policy
