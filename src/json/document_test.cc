#include "json/document.h"

#include <gtest/gtest.h>

#include <string>

#include "json/writer.h"

namespace sallyport::json {
namespace {

Document parsed(std::string_view source, const Limits& limits = {}) {
  Result<Document> document = Document::parse(source, limits);
  EXPECT_TRUE(document) << source << ": " << (document ? "" : document.error().detail);
  return document ? std::move(*document) : Document();
}

std::string problem(std::string_view source, const Limits& limits = {}) {
  const Result<Document> document = Document::parse(source, limits);
  return document ? "accepted" : document.error().detail;
}

TEST(Document, readsEveryType) {
  const std::string source =
      R"( {"s":"text","n":-12.5e1,"i":42,"t":true,"f":false,"z":null,"a":[1,[],{}],"o":{"k":"v"}} )";
  const Document document = parsed(source);
  const Value root = document.root();
  EXPECT_EQ(root.size(), 8u);
  EXPECT_EQ(root["s"].text(), "text");
  EXPECT_TRUE(root["s"].equals("text"));
  EXPECT_EQ(root["n"].number(), -125.0);
  EXPECT_EQ(root["n"].integer(), std::nullopt);
  EXPECT_EQ(root["i"].integer(), 42);
  EXPECT_EQ(root["t"].boolean(), true);
  EXPECT_EQ(root["f"].boolean(), false);
  EXPECT_TRUE(root["z"].is_null());
  EXPECT_EQ(root["a"].size(), 3u);
  EXPECT_EQ(root["a"].at(0).integer(), 1);
  EXPECT_TRUE(root["a"].at(2).is_object());
  EXPECT_FALSE(root["a"].at(3));
  EXPECT_EQ(root["o"]["k"].raw(), R"("v")");
  EXPECT_FALSE(root["absent"]);
  EXPECT_FALSE(root["absent"]["deeper"].is_null());
  EXPECT_EQ(source.substr(root["o"].span().begin, 9), R"({"k":"v"})");
  EXPECT_EQ(root.raw(), std::string_view(source).substr(1, source.size() - 2));
}

TEST(Document, walksItemsAndMembersInOrder) {
  const Document document = parsed(R"({"b":[1,{"x":[2,3]},4],"a":{},"c":5})");
  std::string keys;
  for (const Member member : document.root().members()) keys += member.key.text();
  EXPECT_EQ(keys, "bac");
  std::string items;
  for (const Value item : document.root()["b"].items()) items += std::string(item.raw()) + ";";
  EXPECT_EQ(items, R"(1;{"x":[2,3]};4;)");
  for (const Value item : document.root()["c"].items()) FAIL() << item.raw();
}

TEST(Document, unescapes) {
  const Document document =
      parsed(R"(["\u0041\n\"\\\/\b\f\r\t", "\ud83d\ude00\u00e9\u20ac", "\u0000"])");
  EXPECT_EQ(document.root().at(0).text(), "A\n\"\\/\b\f\r\t");
  EXPECT_EQ(document.root().at(1).text(), "\xf0\x9f\x98\x80\xc3\xa9\xe2\x82\xac");
  EXPECT_EQ(document.root().at(2).text(), std::string(1, '\0'));
  EXPECT_TRUE(document.root().at(0).has_escape());
  EXPECT_TRUE(document.root().at(0).equals("A\n\"\\/\b\f\r\t"));
  EXPECT_FALSE(document.root().at(0).equals("A"));
}

TEST(Document, findsKeysWrittenWithEscapes) {
  const Document document = parsed(R"({"m\u006fdel":"x"})");
  EXPECT_EQ(document.root()["model"].text(), "x");
}

TEST(Document, refusesDuplicateKeys) {
  EXPECT_EQ(problem(R"({"a":1,"b":2,"a":3})"), "json: duplicate key at byte 13");
  EXPECT_EQ(problem(R"({"a":1,"\u0061":3})"), "json: duplicate key at byte 7");
  EXPECT_EQ(problem(R"([{"x":{"":1,"":2}}])"), "json: duplicate key at byte 12");
  EXPECT_EQ(problem(R"({"a":{"a":1},"b":{"a":1}})"), "accepted");
  EXPECT_EQ(problem(R"({"a":1,"A":1})"), "accepted");
}

std::string object_with_keys(std::size_t count) {
  std::string source = "{";
  for (std::size_t i = 0; i < count; ++i)
    source += (i ? ",\"k" : "\"k") + std::to_string(i) + "\":0";
  return source;
}

TEST(Document, refusesDuplicateKeysAtEverySize) {
  for (const std::size_t count : {1u, 2u, 15u, 16u, 17u, 18u, 100u, 1000u}) {
    EXPECT_EQ(problem(object_with_keys(count) + "}"), "accepted") << count;
    EXPECT_NE(problem(object_with_keys(count) + ",\"k0\":1}"), "accepted") << count;
    EXPECT_NE(problem(object_with_keys(count) + ",\"\\u006b0\":1}"), "accepted") << count;
    const std::string last = std::to_string(count - 1);
    EXPECT_NE(problem(object_with_keys(count) + ",\"k" + last + "\":1}"), "accepted") << count;
  }
}

TEST(Document, takesAHundredThousandKeysInLinearTime) {
  // Quadratic work would be ten thousand million comparisons, far beyond the time limit of the
  // test.
  EXPECT_EQ(problem(object_with_keys(100'000) + "}"), "accepted");
  EXPECT_NE(problem(object_with_keys(100'000) + ",\"k77777\":1}"), "accepted");
}

const char* const kNotStrictJson[] = {"",
                                      " ",
                                      "{",
                                      "[",
                                      "[1",
                                      "[1,",
                                      "[1,]",
                                      "[,1]",
                                      "[1 2]",
                                      "{\"a\"}",
                                      "{\"a\":}",
                                      "{\"a\":1,}",
                                      "{a:1}",
                                      "{'a':1}",
                                      "{1:1}",
                                      "[1]]",
                                      "[1]x",
                                      "{}{}",
                                      "nul",
                                      "nulll",
                                      "True",
                                      "NaN",
                                      "Infinity",
                                      "-Infinity",
                                      "+1",
                                      "01",
                                      "-01",
                                      "-",
                                      "1.",
                                      ".5",
                                      "1e",
                                      "1e+",
                                      "0x10",
                                      "1_000",
                                      "--1",
                                      "1e400",
                                      "-1e999",
                                      "\"",
                                      "\"\\\"",
                                      "\"\\x41\"",
                                      "\"\\u12\"",
                                      "\"\\u12g4\"",
                                      "\"\\ud800\"",
                                      "\"\\udc00\"",
                                      "\"\\ud800\\u0041\"",
                                      "\"\\ud800\\ud800\"",
                                      "\"\\ud800x\"",
                                      "\"\n\"",
                                      "\"\t\"",
                                      "// c\n1",
                                      "/* c */1",
                                      "\xef\xbb\xbf{}",
                                      "\"\xff\"",
                                      "\"\xc0\xaf\"",
                                      "\"\xed\xa0\x80\"",
                                      "\"\xf5\x80\x80\x80\"",
                                      "\"\xe2\x82\"",
                                      "[1}",
                                      "{\"a\":1]",
                                      "]",
                                      ",",
                                      ":",
                                      "\f1",
                                      "\v1"};

TEST(Document, refusesWhatIsNotStrictJson) {
  for (const char* source : kNotStrictJson) EXPECT_NE(problem(source), "accepted") << source;
  EXPECT_NE(problem(std::string("[\"a") + '\x01' + "\"]"), "accepted");
  EXPECT_NE(problem(std::string("[1]") + '\0'), "accepted");
}

TEST(Document, namesOffsetsAndNeverContent) {
  EXPECT_EQ(problem("[1,secret]"), "json: expected a value at byte 3");
  EXPECT_EQ(problem("[1 secret]"), "json: expected a comma or the end of the container at byte 3");
  EXPECT_EQ(problem(R"({"a" 1})"), "json: expected a colon at byte 5");
  EXPECT_EQ(problem("{secret:1}"), "json: expected a key at byte 1");
  EXPECT_EQ(problem("[1"), "json: unexpected end at byte 2");
  EXPECT_EQ(problem("1 secret"), "json: bytes after the value at byte 2");
  EXPECT_EQ(problem("\"secret\xff\""), "json: not valid utf-8");
}

TEST(Document, acceptsWhatStrictJsonAllows) {
  for (const std::string& source : std::vector<std::string>{
           "0", "-0", "1E5", "1e-999", "-0.0e0", "123456789012345678901234567890", "\"\"",
           "\"\x7f\"", "[[]]", "\t\r\n [ 1 , 2 ] ", "{ \"a\" : [ ] , \"b\" : { } }", "true", "null",
           "\"\\ud834\\udd1e\"", "\"\xf0\x9f\x98\x80\""}) {
    EXPECT_EQ(problem(source), "accepted") << source;
  }
}

TEST(Document, boundsDepthValuesNumbersAndBytes) {
  const std::string deep = std::string(64, '[') + std::string(64, ']');
  EXPECT_EQ(problem(deep), "accepted");
  EXPECT_EQ(problem("[" + deep + "]"), "json: nesting too deep at byte 64");
  EXPECT_EQ(Document::parse("[" + deep + "]").error().code, Code::too_large);
  EXPECT_EQ(problem(std::string(1'000'000, '[')), "json: nesting too deep at byte 64");
  EXPECT_EQ(problem("[1,2]", {.max_values = 3}), "accepted");
  EXPECT_EQ(problem("[1,2,3]", {.max_values = 3}), "json: too many values at byte 5");
  EXPECT_EQ(problem(std::string(64, '1')), "accepted");
  EXPECT_EQ(problem(std::string(65, '1')), "json: number too long at byte 0");
  EXPECT_EQ(problem("[1]", {.max_bytes = 2}), "json: longer than the limit");
}

TEST(Document, readsNumbersAtTheEdges) {
  EXPECT_EQ(parsed("9223372036854775807").root().integer(), INT64_MAX);
  EXPECT_EQ(parsed("-9223372036854775808").root().integer(), INT64_MIN);
  EXPECT_EQ(parsed("9223372036854775808").root().integer(), std::nullopt);
  EXPECT_EQ(parsed("9223372036854775808").root().number(), 9223372036854775808.0);
  EXPECT_EQ(parsed("1e2").root().integer(), std::nullopt);
  EXPECT_EQ(parsed("-0").root().integer(), 0);
  EXPECT_EQ(parsed("1e-400").root().number(), 0.0);
  EXPECT_EQ(parsed("5e-324").root().number(), 5e-324);
  EXPECT_EQ(parsed("1.7976931348623157e308").root().number(), 1.7976931348623157e308);
}

TEST(Document, absentValuesAnswerNo) {
  const Value absent;
  EXPECT_FALSE(absent);
  EXPECT_FALSE(absent.is_null());
  EXPECT_EQ(absent.text(), "");
  EXPECT_EQ(absent.size(), 0u);
  EXPECT_FALSE(absent["x"]);
  EXPECT_FALSE(absent.at(0));
  EXPECT_EQ(absent.raw(), "");
  EXPECT_EQ(absent.integer(), std::nullopt);
  EXPECT_FALSE(absent.equals(""));
  EXPECT_FALSE(Document().root());
}

TEST(Document, isEmptyAfterAFailedReparse) {
  Document document = parsed("[1]");
  EXPECT_FALSE(document.reparse("[1"));
  EXPECT_FALSE(document.root());
  EXPECT_TRUE(document.reparse("[2]"));
  EXPECT_EQ(document.root().at(0).integer(), 2);
}

TEST(Document, followsItsBytesElsewhere) {
  std::string first = R"({"a":"x"})";
  Document document = parsed(first);
  const std::string second = first;
  document.rebase(second);
  first.assign(first.size(), '!');
  EXPECT_EQ(document.root()["a"].text(), "x");
}

}  // namespace
}  // namespace sallyport::json
