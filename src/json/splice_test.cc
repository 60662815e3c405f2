#include "json/splice.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <optional>

#include "base/random.h"
#include "json/writer.h"

namespace sallyport::json {
namespace {

std::string edited(const std::string& source, const std::function<void(Splice&, Value)>& edit) {
  const Result<Document> document = Document::parse(source);
  EXPECT_TRUE(document);
  Splice splice(source);
  edit(splice, document->root());
  const std::string out = splice.apply();
  const Result<Document> again = Document::parse(out);
  EXPECT_TRUE(again) << out << ": " << again.error().detail;
  return out;
}

TEST(Splice, leavesTheSourceAloneWithoutEdits) {
  const std::string source = " { \"a\" : [ 1 , 2 ] } ";
  EXPECT_EQ(edited(source, [](Splice& s, Value) { EXPECT_TRUE(s.empty()); }), source);
  EXPECT_EQ(edited(source, [](Splice& s, Value root) { s.remove_member(root, "absent"); }), source);
}

TEST(Splice, setsMembers) {
  EXPECT_EQ(edited(R"({ "model" : "a", "x":1 })",
                   [](Splice& s, Value r) { s.set_member(r, "model", "\"b\""); }),
            R"({ "model" : "b", "x":1 })");
  EXPECT_EQ(edited("{}", [](Splice& s, Value r) { s.set_member(r, "a", "1"); }), R"({"a":1})");
  EXPECT_EQ(edited("{ }", [](Splice& s, Value r) { s.set_member(r, "a\n", "1"); }),
            R"({"a\n":1 })");
  EXPECT_EQ(edited(R"({"a":1 })", [](Splice& s, Value r) { s.append_member(r, "b", "2"); }),
            R"({"a":1,"b":2 })");
}

TEST(Splice, neverWritesAKeyTwice) {
  EXPECT_EQ(edited(R"({"a":1})",
                   [](Splice& s, Value r) {
                     s.set_member(r, "a", "2");
                     s.append_member(r, "a", "3");
                     s.set_member(r, "b", "4");
                     s.append_member(r, "b", "5");
                   }),
            R"({"a":3,"b":5})");
  EXPECT_EQ(edited(R"({"a":1,"c":1})",
                   [](Splice& s, Value r) {
                     s.remove_member(r, "a");
                     s.set_member(r, "a", "2");
                     s.set_member(r, "b", "3");
                     s.remove_member(r, "b");
                     s.set_member(r, "c", "4");
                     s.remove_member(r, "c");
                   }),
            R"({"a":2})");
}

TEST(Splice, removesMembersWithTheirCommas) {
  const std::string source = R"({ "a":1, "b":2 , "c":3 })";
  const auto without = [&](const std::vector<std::string>& keys) {
    return edited(source, [&](Splice& s, Value r) {
      for (const std::string& key : keys) s.remove_member(r, key);
    });
  };
  EXPECT_EQ(without({"a"}), R"({ "b":2 , "c":3 })");
  EXPECT_EQ(without({"b"}), R"({ "a":1 , "c":3 })");
  EXPECT_EQ(without({"c"}), R"({ "a":1, "b":2 })");
  EXPECT_EQ(without({"c", "a"}), R"({ "b":2 })");
  EXPECT_EQ(without({"a", "b"}), R"({ "c":3 })");
  EXPECT_EQ(without({"b", "c"}), R"({ "a":1 })");
  EXPECT_EQ(without({"b", "a", "c"}), R"({  })");
}

TEST(Splice, combinesRemovalAndAddition) {
  EXPECT_EQ(edited("[1,2,3]",
                   [](Splice& s, Value r) {
                     s.remove_items(r, {0, 1, 2, 9});
                     s.append_item(r, "4");
                     s.prepend_item(r, "0");
                     s.prepend_item(r, "-1");
                   }),
            "[-1,0,4]");
  EXPECT_EQ(edited("[1,2,3]",
                   [](Splice& s, Value r) {
                     s.remove_items(r, {0});
                     s.remove_items(r, {2});
                     s.append_item(r, "4");
                     s.append_item(r, "5");
                     s.prepend_item(r, "0");
                   }),
            "[0,2,4,5]");
  EXPECT_EQ(
      edited("[ ]", [](Splice& s, Value r) { s.prepend_item(r, "1"), s.append_item(r, "2"); }),
      "[1,2 ]");
}

TEST(Splice, dropsEditsWithinWhatIsGone) {
  EXPECT_EQ(edited(R"([{"a":[1]},2])",
                   [](Splice& s, Value r) {
                     s.append_item(r.at(0)["a"], "7");
                     s.set_member(r.at(0), "a", "null");
                     s.replace(r.at(0)["a"].at(0).span(), "9");
                     s.remove_items(r, {0});
                   }),
            "[2]");
  EXPECT_EQ(edited(R"([[1]])",
                   [](Splice& s, Value r) {
                     s.append_item(r.at(0), "2");
                     s.replace(r.at(0).span(), "{}");
                   }),
            "[{}]");
}

std::string space(Random& random) {
  static constexpr std::string_view kSpaces[] = {"", "", " ", "\n", "\t ", "  "};
  return std::string(kSpaces[random.below(6)]);
}

TEST(Splice, anyEditsOfAnArrayComeOutRight) {
  SeededRandom random(11);
  for (int round = 0; round < 5000; ++round) {
    std::vector<std::string> items;
    std::string source = "[" + space(random);
    for (std::size_t i = random.below(6); i > 0; --i) {
      static constexpr std::string_view kItems[] = {"1", "\"a,]\"", "[ ]", "{\"k\": [2]}", "null"};
      items.emplace_back(kItems[random.below(5)]);
      source += items.back() + space(random) + (i > 1 ? "," + space(random) : "");
    }
    source += "]" + space(random);
    const Result<Document> document = Document::parse(source);
    ASSERT_TRUE(document) << source;
    Splice splice(source);
    std::vector<std::string> expected;
    std::vector<std::string> tail;
    std::vector<std::string> head;
    std::vector<bool> removed(items.size(), false);
    std::vector<std::string> values = items;
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (random.below(3) == 0) {
        splice.remove_items(document->root(), {i});
        removed[i] = true;
      } else if (random.below(3) == 0) {
        splice.replace(document->root().at(i).span(), "\"new\"");
        values[i] = "\"new\"";
      }
    }
    for (std::size_t i = random.below(3); i > 0; --i) {
      splice.append_item(document->root(), "7" + std::to_string(i));
      tail.push_back("7" + std::to_string(i));
    }
    for (std::size_t i = random.below(3); i > 0; --i) {
      splice.prepend_item(document->root(), "8" + std::to_string(i));
      head.insert(head.begin(), "8" + std::to_string(i));
    }
    expected = head;
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (!removed[i]) expected.push_back(values[i]);
    }
    expected.insert(expected.end(), tail.begin(), tail.end());

    const std::string out = splice.apply();
    const Result<Document> again = Document::parse(out);
    ASSERT_TRUE(again) << source << " -> " << out;
    std::vector<std::string> got;
    for (const Value item : again->root().items()) got.emplace_back(item.raw());
    ASSERT_EQ(got, expected) << source << " -> " << out;
    if (splice.empty()) {
      ASSERT_EQ(out, source);
    }
  }
}

TEST(Splice, anyEditsOfAnObjectComeOutRightAndTouchNothingElse) {
  SeededRandom random(12);
  for (int round = 0; round < 5000; ++round) {
    const std::string before = "[" + space(random) + "{\"k0\":0},";
    const std::string after = space(random) + ",{\"k1\" : 1}]";
    std::string object = "{" + space(random);
    std::vector<std::pair<std::string, std::string>> expected;
    for (std::size_t i = 0, n = random.below(6); i < n; ++i) {
      expected.emplace_back("k" + std::to_string(i), std::to_string(i));
      object += "\"k" + std::to_string(i) + "\"" + space(random) + ":" + space(random) +
                std::to_string(i) + space(random) + (i + 1 < n ? "," + space(random) : "");
    }
    object += "}";
    const std::string source = before + object + after;
    const Result<Document> document = Document::parse(source);
    ASSERT_TRUE(document) << source;
    const Value target = document->root().at(1);
    Splice splice(source);
    // The model: members of the source keep their place, also when removed and set again; others go
    // to the end.
    std::vector<std::pair<std::string, std::optional<std::string>>> own, added;
    for (const auto& [key, value] : expected) own.emplace_back(key, value);
    for (std::size_t i = random.below(8); i > 0; --i) {
      const std::string key = "k" + std::to_string(random.below(8));
      const auto is_key = [&key](const auto& entry) { return entry.first == key; };
      const auto mine = std::find_if(own.begin(), own.end(), is_key);
      const auto other = std::find_if(added.begin(), added.end(), is_key);
      if (random.below(2) == 0) {
        splice.remove_member(target, key);
        if (mine != own.end()) mine->second.reset();
        if (other != added.end()) added.erase(other);
        continue;
      }
      const std::string value = std::to_string(random.below(1000));
      splice.set_member(target, key, value);
      if (mine != own.end()) {
        mine->second = value;
      } else if (other != added.end()) {
        other->second = value;
      } else {
        added.emplace_back(key, value);
      }
    }
    own.insert(own.end(), added.begin(), added.end());
    const std::string out = splice.apply();
    const Result<Document> again = Document::parse(out);
    ASSERT_TRUE(again) << source << " -> " << out;
    std::string got, wanted;
    for (const Member member : again->root().at(1).members()) {
      got += member.key.text() + "=" + std::string(member.value.raw()) + ";";
    }
    for (const auto& [key, value] : own) {
      if (value) wanted += key + "=" + *value + ";";
    }
    ASSERT_EQ(got, wanted) << source << " -> " << out;
    ASSERT_TRUE(out.starts_with(before + "{")) << out;
    ASSERT_TRUE(out.ends_with("}" + after)) << out;
  }
}

TEST(Splice, editsManyContainersInLittleTime) {
  std::string source = "[";
  for (int i = 0; i < 50'000; ++i) source += i > 0 ? ",{\"a\":1,\"b\":2}" : "{\"a\":1,\"b\":2}";
  source += "]";
  const std::string out = edited(source, [](Splice& s, Value root) {
    for (const Value item : root.items()) s.remove_member(item, "a");
  });
  EXPECT_EQ(out.size(), source.size() - 50'000 * 6);
}

}  // namespace
}  // namespace sallyport::json
