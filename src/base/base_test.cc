#include <gtest/gtest.h>

#include "base/clock.h"
#include "base/encoding.h"
#include "base/random.h"
#include "base/result.h"

namespace sallyport {
namespace {

TEST(Encoding, Base64FollowsRfc4648) {
  EXPECT_EQ(base64_encode("foobar"), "Zm9vYmFy");
  EXPECT_EQ(base64_encode("fooba"), "Zm9vYmE=");
  EXPECT_EQ(base64_encode("foob"), "Zm9vYg==");
  EXPECT_EQ(base64_decode("Zm9vYg==").value(), "foob");
  EXPECT_EQ(base64url_decode(base64url_encode("\xff\xfe\xfd")).value(), "\xff\xfe\xfd");
}

TEST(Encoding, DecodersAreStrict) {
  EXPECT_FALSE(base64_decode("Zm9vYg"));    // padding missing
  EXPECT_FALSE(base64_decode("Zm9vYh=="));  // bits set after the end
  EXPECT_FALSE(base64_decode("Zm9v\nYg=="));
  EXPECT_FALSE(base64url_decode("Zm9vYg=="));
  EXPECT_FALSE(hex_decode("abc"));
  EXPECT_FALSE(hex_decode("zz"));
  EXPECT_EQ(hex_decode("00Ff").value(), std::string("\0\xff", 2));
}

TEST(Random, SeededIsReproducibleAndBounded) {
  SeededRandom a(7);
  SeededRandom b(7);
  for (int i = 0; i < 1000; ++i) {
    const auto x = a.below(10);
    EXPECT_EQ(x, b.below(10));
    EXPECT_LT(x, 10u);
  }
}

TEST(Random, IdsHavePrefixAndLength) {
  SystemRandom random;
  const std::string one = make_id("req_", random);
  EXPECT_EQ(one.size(), 28u);
  EXPECT_TRUE(one.starts_with("req_"));
  EXPECT_NE(one, make_id("req_", random));
}

TEST(Random, OrderedIdsSortByTime) {
  SystemRandom random;
  std::string before;
  for (std::int64_t millis : {0ll, 1ll, 61ll, 62ll, 1'795'230'281'000ll, 1'795'230'281'001ll}) {
    const std::string id = make_ordered_id("req_", wall_from_unix_millis(millis), random);
    EXPECT_EQ(id.size(), 28u);
    EXPECT_LT(before, id);
    before = id;
  }
}

TEST(Clock, FormatsUtc) {
  EXPECT_EQ(rfc3339(wall_from_unix_seconds(1'781'040'000)), "2026-06-09T21:20:00Z");
  EXPECT_EQ(utc_day(wall_from_unix_seconds(1'781'040'000)), "2026-06-09");
}

TEST(Result, ErrorsKeepTheirCodeWhenWrapped) {
  const Result<int> inner = fail(Code::too_large, "body over 32 MB", Source::client);
  const Result<int> outer = fail_within("reading", inner.error());
  EXPECT_EQ(outer.error().code, Code::too_large);
  EXPECT_EQ(outer.error().detail, "reading: body over 32 MB");
}

}  // namespace
}  // namespace sallyport
