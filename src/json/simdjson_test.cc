#include <gtest/gtest.h>

#include <bit>
#include <cmath>

#include "base/random.h"
#include "json/differential.h"
#include "json/writer.h"

namespace sallyport::json {
namespace {

const std::vector<std::string>& hostile_texts() {
  static const std::vector<std::string> texts = {
      R"({"model":"a","messages":[{"role":"user","content":"hi \u00e9 \ud83d\ude00"}],"max_tokens":1024})",
      R"({"a":[1,-2.5e3,true,false,null,"",[],{}],"b":{"c":{"d":[[[1]]]}}})",
      R"( [ 1 , 2 , { "x" : "y" } ] )",
      R"("\"\\\/\b\f\n\r\t\u0000\u001f\ufeff")",
      "[0,-0,0.0,1e5,1E+5,1e-5,123456789,18446744073709551615,-9223372036854775808,5e-324,1e-400,1."
      "7976931348623157e308]",
      "[18446744073709551616,123456789012345678901234567890]",
      "\"a string of more than sixteen bytes, with \xc3\xa9 and \xf0\x9f\x98\x80 in it\"",
      "[\"\\ud800\"]",
      "[\"\\udc00\\ud800\"]",
      "[1e400]",
      "[-1e400]",
      "[01]",
      "[1.]",
      "[\"\x01\"]",
      "[\"\xff\"]",
      "[1,]",
      "{\"a\":1,}",
      "[1 2]",
      "{\"a\" \"b\"}",
      "tru",
      "[nul]",
      "\"",
      "[[[[",
      "\xef\xbb\xbf[]"};
  return texts;
}

TEST(Simdjson, agreesOnHostileTexts) {
  for (const std::string& text : hostile_texts()) EXPECT_EQ(disagreement(text), "") << text;
}

TEST(Simdjson, agreesOnMutatedTexts) {
  SeededRandom random(61);
  static constexpr std::string_view kAlphabet =
      "{}[],:\"\\ \t\n0123456789-+.eEtrufalsn/bdc\x01\x7f\xc3\xa9\xed\xa0\x80\xff";
  std::size_t accepted = 0;
  for (int round = 0; round < 60'000; ++round) {
    std::string text = hostile_texts()[random.below(hostile_texts().size())];
    for (std::size_t i = 1 + random.below(4); i > 0; --i) {
      const std::size_t at = random.below(text.size() + 1);
      const char c = kAlphabet[random.below(kAlphabet.size())];
      switch (random.below(4)) {
        case 0:
          text.insert(at, 1, c);
          break;
        case 1:
          text.replace(at, 1, 1, c);
          break;
        case 2:
          text.erase(at, 1 + random.below(3));
          break;
        default:
          text.insert(at, text.substr(random.below(text.size() + 1), random.below(12)));
          break;
      }
      if (text.empty()) text = "1";
    }
    ASSERT_EQ(disagreement(text), "") << testing::PrintToString(text);
    accepted += Document::parse(text).has_value();
  }
  EXPECT_GT(accepted, 5000u);
}

std::string random_value(Random& random, std::size_t depth) {
  switch (random.below(depth == 0 ? 5 : 7)) {
    case 0:
      return "null";
    case 1:
      return random.below(2) == 0 ? "true" : "false";
    case 2:
      return std::to_string(static_cast<std::int64_t>(random.next_u64()));
    case 3: {
      const auto value = std::bit_cast<double>(random.next_u64());
      if (!std::isfinite(value)) return "0.5";
      std::string out;
      Writer(out).number(value);
      return out;
    }
    case 4: {
      std::string text(random.below(40), '\0');
      for (char& c : text) c = static_cast<char>(random.below(128));
      return json::quoted(text);
    }
    case 5: {
      std::string out = "[";
      for (std::size_t i = random.below(5); i > 0; --i)
        out += random_value(random, depth - 1) + (i > 1 ? " ," : "");
      return out + "]";
    }
    default: {
      std::string out = "{";
      for (std::size_t i = random.below(5); i > 0; --i) {
        out += "\"k" + std::to_string(i) + "\": " + random_value(random, depth - 1) +
               (i > 1 ? "," : "");
      }
      return out + "}";
    }
  }
}

TEST(Simdjson, agreesOnRandomValues) {
  SeededRandom random(62);
  for (int round = 0; round < 5000; ++round) {
    const std::string text = random_value(random, 6);
    ASSERT_TRUE(Document::parse(text)) << text;
    ASSERT_EQ(disagreement(text), "") << text;
  }
}

}  // namespace
}  // namespace sallyport::json
