#include <gtest/gtest.h>

#include <fstream>

#include "config/document.h"
#include "config/units.h"

namespace sallyport::config {
namespace {

using namespace std::chrono_literals;

Environment environment(std::map<std::string, std::string> values) {
  return [values = std::move(values)](const std::string& name) -> std::optional<std::string> {
    const auto it = values.find(name);
    if (it == values.end()) return std::nullopt;
    return it->second;
  };
}

Document parse(std::string_view text, std::map<std::string, std::string> values = {}) {
  return Document::parse(text, "test.toml", environment(std::move(values)));
}

std::string all(const Document& document) {
  std::string out;
  for (const Problem& problem : document.problems())
    out += describe(document.file_name(), problem) + "\n";
  return out;
}

TEST(Units, Durations) {
  EXPECT_EQ(parse_duration("250ms"), Duration(250ms));
  EXPECT_EQ(parse_duration("1h30m"), Duration(90min));
  EXPECT_EQ(parse_duration("30d"), Duration(720h));
  EXPECT_EQ(parse_duration("0s"), Duration(0));
  for (const char* bad : {"", "5", "s", "5 s", " 5s", "5s ", "5sm", "-5s", "+5s", "5s5s", "1s1m",
                          "1.5s", "99999999999999999999s", "9223372037s", "300000000000d"}) {
    EXPECT_FALSE(parse_duration(bad)) << bad;
  }
}

TEST(Units, Sizes) {
  EXPECT_EQ(parse_size("32MiB"), 32u << 20);
  EXPECT_EQ(parse_size("10kB"), 10'000u);
  EXPECT_EQ(parse_size("1B"), 1u);
  for (const char* bad : {"", "32", "MiB", "32 MiB", "32mib", "-1B", "18446744073709551615KiB"})
    EXPECT_FALSE(parse_size(bad)) << bad;
}

TEST(Units, MoneyIsExact) {
  EXPECT_EQ(parse_money("10"), 10'000'000'000);
  EXPECT_EQ(parse_money("$0.25"), 250'000'000);
  EXPECT_EQ(parse_money("0.000000001"), 1);
  for (const char* bad :
       {"", "$", ".5", "1.", "1.0000000001", "-1", "1e3", "1,5", "99999999999", "1.5 "})
    EXPECT_FALSE(parse_money(bad)) << bad;
}

TEST(Section, ReadsEveryKind) {
  Document d = parse(R"(
name = "a"
count = 3
on = true
wait = "5s"
size = "1MiB"
price = "0.25"
day = 2026-06-09
moment = 2026-06-09T21:20:00+02:00
list = ["x", "y"]
mode = "fast"
url = {env = "URL"}
key = {env = "KEY"}
[inner]
a = 1
[[many]]
b = 1
[[many]]
b = 2
[named.one]
c = 1
)",
                     {{"KEY", "secret"}, {"URL", "http://127.0.0.1"}});
  Section root = d.root();
  EXPECT_EQ(root.string("name"), "a");
  EXPECT_EQ(root.integer("count", 0, 1, 5), 3);
  EXPECT_TRUE(root.boolean("on", false));
  EXPECT_EQ(root.duration("wait", 1s, 1s, 10s), Duration(5s));
  EXPECT_EQ(root.size_bytes("size", 1, 1, 1u << 21), 1u << 20);
  EXPECT_EQ(root.money_nano_usd("price", 0), 250'000'000);
  EXPECT_EQ(rfc3339(root.time("day", {})), "2026-06-09T00:00:00Z");
  EXPECT_EQ(rfc3339(root.time("moment", {})), "2026-06-09T19:20:00Z");
  EXPECT_EQ(root.strings("list"), (std::vector<std::string>{"x", "y"}));
  EXPECT_EQ(root.one_of("mode", {"slow", "fast"}), "fast");
  EXPECT_EQ(root.string_or_env("url"), "http://127.0.0.1");
  EXPECT_EQ(root.secret("key"), "secret");
  EXPECT_EQ(root.table("inner").integer("a", 0, 0, 9), 1);
  ASSERT_EQ(root.tables("many").size(), 2u);
  EXPECT_EQ(root.tables("many")[1].integer("b", 0, 0, 9), 2);
  root.tables("many")[0].integer("b", 0, 0, 9);
  ASSERT_EQ(root.named_tables("named").size(), 1u);
  EXPECT_EQ(root.named_tables("named")[0].second.integer("c", 0, 0, 9), 1);
  EXPECT_EQ(root.integer("absent", 7, 0, 9), 7);
  d.note_unknown_keys();
  EXPECT_EQ(all(d), "");
  EXPECT_TRUE(d.known_keys().contains("many[].b"));
  EXPECT_TRUE(d.known_keys().contains("named.<name>.c"));
  EXPECT_TRUE(d.known_keys().contains("absent"));
}

TEST(Section, CollectsEveryProblemWithLineAndHint) {
  Document d = parse(R"(count = "3"
wait = 5
size = "1M"
on = "yes"
price = 0.25
day = "2026-06-09"
list = ["x", 1]
mode = "fsat"
key = "sk-secret"
[inner]
a = 12
b = 1
[[upstream]]
base_ulr = "x"
[[many]]
[many2]
)");
  Section root = d.root();
  root.integer("count", 0, 0, 9);
  root.duration("wait", 1s, 1s, 10s);
  root.size_bytes("size", 1, 1, 100);
  root.boolean("on", false);
  root.money_nano_usd("price", 0);
  root.time("day", {});
  root.strings("list");
  root.one_of("mode", {"slow", "fast"});
  EXPECT_EQ(root.secret("key"), "");
  Section inner = root.table("inner");
  inner.integer("a", 0, 0, 9);
  Section upstream = root.tables("upstream").at(0);
  upstream.required_string("base_url");
  root.table("many");
  root.tables("many2");
  d.note_unknown_keys();
  EXPECT_EQ(
      all(d),
      "test.toml:1:1: count: must be an integer, found a string (write it without quotes)\n"
      "test.toml:2:1: wait: must be a duration, found an integer (write a number with its unit in "
      "quotes: \"250ms\", "
      "\"5s\", \"10m\", \"1h\", \"30d\")\n"
      "test.toml:3:1: size: is not a size (write a number with its unit in quotes: \"64KiB\", "
      "\"32MiB\", \"10MB\")\n"
      "test.toml:4:1: on: must be true or false, found a string (write it without quotes)\n"
      "test.toml:5:1: price: must be an amount of money, found a number with a fraction (write "
      "dollars as 10 or in "
      "quotes as \"0.25\", with at most nine decimals)\n"
      "test.toml:6:1: day: must be a date, found a string (write 2026-06-09 (midnight UTC) or "
      "2026-06-09T21:20:00Z, "
      "without quotes)\n"
      "test.toml:7:1: list: must be a list of strings only, found an integer\n"
      "test.toml:8:1: mode: must be one of slow, fast (did you mean 'fast'?)\n"
      "test.toml:9:1: key: must not be written out (write {env = \"NAME\"} or {file = \"path\"}, "
      "so that no secret "
      "stands in this file)\n"
      "test.toml:11:1: inner.a: must be from 0 to 9, found 12\n"
      "test.toml:12:1: inner.b: unknown key (remove it, or see docs/configuration.md for the keys "
      "that exist)\n"
      "test.toml:13:1: upstream[]: 'base_url' is missing (add it)\n"
      "test.toml:14:1: upstream[].base_ulr: unknown key (did you mean 'base_url'?)\n"
      "test.toml:15:3: many: must be a table, found a list (write [many] on a line of its own)\n"
      "test.toml:16:2: many2: must be a list of tables, found a table (write [[many2]] on a line "
      "of its own, with two "
      "brackets)\n");
}

TEST(Document, SyntaxErrorsNameTheLine) {
  Document d = parse("a = 1\nb = = 2\n");
  EXPECT_FALSE(d.readable());
  ASSERT_EQ(d.problems().size(), 1u);
  EXPECT_EQ(d.problems()[0].line, 2);
  EXPECT_EQ(parse("a = 1\na = 2\n").problems().at(0).line, 2);
  EXPECT_EQ(parse("a = 1\n[= 2\n").problems().at(0).line, 2);
}

TEST(Document, BoundsSizeAndDepth) {
  EXPECT_FALSE(parse(std::string(Document::kMaxBytes + 1, '\n')).readable());
  std::string dotted = "a";
  for (int i = 0; i < 100'000; ++i) dotted += ".a";
  EXPECT_FALSE(parse(dotted + " = 1").readable());
  EXPECT_FALSE(parse("x = 1\ny = " + std::string(100'000, '[')).readable());
  EXPECT_EQ(parse("x = 1\ny = " + std::string(100, '[')).problems().at(0).line, 2);
  // Inside strings and comments neither counts.
  EXPECT_TRUE(parse("x = \"" + std::string(100, '.') + "\" # " + std::string(100, '[')).readable());
  EXPECT_TRUE(parse("x = '''\n" + std::string(100, '[') + "'''''\ny = \"\"\"" +
                    std::string(100, '{') + "\"\"\"")
                  .readable());
}

TEST(Document, MissingFileIsAProblem) {
  Document d = Document::read_file("/nonexistent/sallyport.toml");
  EXPECT_FALSE(d.readable());
  EXPECT_EQ(all(d),
            "/nonexistent/sallyport.toml: cannot be read (check the path and that this user may "
            "read it)\n");
  EXPECT_FALSE(Document::read_file("/").readable());
}

TEST(Secret, FromFileBesideTheConfiguration) {
  const std::string directory = testing::TempDir();
  std::ofstream(directory + "/key.txt") << "sk-file\n";
  Document d = Document::parse(
      "key = {file = \"key.txt\"}\nnone = {file = \"absent\"}\nboth = {env = \"A\", file = \"b\"}\n"
      "unset = {env = \"UNSET\"}\ntypo = {evn = \"A\"}",
      directory + "/test.toml", environment({}));
  EXPECT_EQ(d.root().secret("key"), "sk-file");
  EXPECT_EQ(d.root().secret("none"), "");
  EXPECT_EQ(d.root().secret("both"), "");
  EXPECT_EQ(d.root().secret("unset"), "");
  EXPECT_EQ(d.root().secret("typo"), "");
  EXPECT_EQ(d.root().secret("absent"), "");
  EXPECT_EQ(d.root().required_secret("required"), "");
  d.note_unknown_keys();
  ASSERT_EQ(d.problems().size(), 6u) << all(d);
  EXPECT_EQ(all(d).find("sk-file"), std::string::npos);
}

TEST(Document, MessagesCarryNoControlCharacters) {
  Document d = parse("\"a\\u001b[31m\" = 1");
  d.note_unknown_keys();
  EXPECT_EQ(all(d).find('\x1b'), std::string::npos);
}

}  // namespace
}  // namespace sallyport::config
