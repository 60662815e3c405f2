#include "json/writer.h"

#include <gtest/gtest.h>

#include <limits>

#include "base/random.h"
#include "json/document.h"

namespace sallyport::json {
namespace {

TEST(Writer, putsCommasWhereTheyBelong) {
  std::string out;
  Writer writer(out);
  writer.begin_object().key("a").begin_array().integer(1).string("x").begin_object().end_object();
  writer.begin_array().end_array().null().end_array().key("b").boolean(true).key("c").raw("[1]");
  writer.key("d").number(1.5).end_object();
  EXPECT_EQ(out, R"({"a":[1,"x",{},[],null],"b":true,"c":[1],"d":1.5})");
}

TEST(Writer, writesNumbersThatReadBack) {
  const auto written = [](double value) {
    std::string out;
    Writer(out).number(value);
    return out;
  };
  for (const double value : {0.1, 1e22, -5e-324, 1.7976931348623157e308, 0.0, 3.0}) {
    const std::string text = written(value);
    const Result<Document> document = Document::parse(text);
    ASSERT_TRUE(document) << text;
    EXPECT_EQ(document->root().number(), value);
  }
  EXPECT_EQ(written(std::numeric_limits<double>::infinity()), "null");
  EXPECT_EQ(written(std::numeric_limits<double>::quiet_NaN()), "null");
}

TEST(Writer, escapesOnlyWhatItMust) {
  EXPECT_EQ(quoted("a\"b\\c/d\n\r\t\x01\x7f\xc3\xa9"),
            "\"a\\\"b\\\\c/d\\n\\r\\t\\u0001\x7f\xc3\xa9\"");
  EXPECT_EQ(quoted(""), "\"\"");
}

TEST(Writer, replacesWhatIsNotUtf8) {
  EXPECT_EQ(quoted("a\xff\xc3\xa9\xe2\x82"), "\"a\xef\xbf\xbd\xc3\xa9\xef\xbf\xbd\xef\xbf\xbd\"");
}

TEST(Writer, writesAnyBytesAsAStringThatIsAccepted) {
  SeededRandom random(7);
  for (int round = 0; round < 2000; ++round) {
    std::string bytes(random.below(60), '\0');
    for (char& c : bytes) c = static_cast<char>(random.below(round % 2 == 0 ? 128 : 256));
    const std::string text = json::quoted(bytes);
    const Result<Document> document = Document::parse(text);
    ASSERT_TRUE(document) << document.error().detail;
    if (round % 2 == 0) {
      ASSERT_EQ(document->root().text(), bytes);
    }
  }
}

}  // namespace
}  // namespace sallyport::json
