#include "access/key_text.h"

#include <gtest/gtest.h>

#include <set>

namespace sallyport::access {
namespace {

TEST(KeyText, WhatIsMadeIsUnderstood) {
  SystemRandom random;
  std::set<std::string> seen;
  for (int i = 0; i < 200; ++i) {
    const std::string text = make_key_text("live", random).value();
    EXPECT_EQ(text.size(), 3 + 4 + 1 + kSecretChars + 1 + kChecksumChars);
    const auto key = parse_key_text(text);
    ASSERT_TRUE(key);
    EXPECT_EQ(key->environment, "live");
    EXPECT_EQ(key->secret.size(), kSecretChars);
    EXPECT_EQ(key->hint(), text.substr(0, 12));
    EXPECT_TRUE(seen.insert(text).second);
  }
}

TEST(KeyText, EveryWrongCharacterIsSeen) {
  SeededRandom random(9);
  const std::string text = make_key_text("test", random).value();
  for (std::size_t at = 0; at < text.size(); ++at) {
    for (const char other : {'a', 'Z', '0', '-', '\0', '\xff', ' '}) {
      if (text[at] == other) continue;
      std::string wrong = text;
      wrong[at] = other;
      EXPECT_FALSE(parse_key_text(wrong)) << at << " " << int{other};
    }
    EXPECT_FALSE(parse_key_text(text.substr(0, at)));
    EXPECT_FALSE(parse_key_text(text.substr(at + 1)));
    EXPECT_FALSE(parse_key_text(text.substr(0, at) + "x" + text.substr(at)));
    if (at + 1 < text.size() && text[at] != text[at + 1]) {
      std::string swapped = text;
      std::swap(swapped[at], swapped[at + 1]);
      EXPECT_FALSE(parse_key_text(swapped)) << at;
    }
  }
}

TEST(KeyText, AnErrorTellsATypoFromAnotherKindOfKeyAndQuotesNothing) {
  SeededRandom random(10);
  std::string text = make_key_text("live", random).value();
  text[10] = text[10] == 'x' ? 'y' : 'x';
  const auto typo = parse_key_text(text);
  ASSERT_FALSE(typo);
  EXPECT_EQ(typo.error().code, Code::unauthenticated);
  EXPECT_EQ(typo.error().source, Source::client);
  EXPECT_NE(typo.error().detail.find("mistyped"), std::string::npos);
  EXPECT_EQ(typo.error().detail.find(text.substr(8, 8)), std::string::npos);
  for (const std::string_view other :
       {"", "sk-proj-abcdef", "sp-", "sp-live-", "sp-live-short-000000",
        "sp-LIVE-abcdefghijklmnopqrstuvwxyz012345-000000"}) {
    const auto refused = parse_key_text(other);
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().detail.find("not a Sallyport key"), std::string::npos);
  }
  EXPECT_FALSE(parse_key_text(std::string(1'000'000, 's')));
}

TEST(KeyText, EnvironmentsAreShortAndPlain) {
  SeededRandom random(11);
  EXPECT_TRUE(make_key_text("abcdefghij012345", random));
  for (const std::string_view bad : {"", "abcdefghij0123456", "Live", "a-b", "a b", "\xc3\xa4"}) {
    EXPECT_EQ(make_key_text(bad, random).error().code, Code::invalid) << bad;
  }
}

}  // namespace
}  // namespace sallyport::access
