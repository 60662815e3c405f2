#include "dialect/models.h"

#include <gtest/gtest.h>

#include "json/document.h"

namespace sallyport::dialect {
namespace {

std::vector<ModelInfo> five() {
  std::vector<ModelInfo> models(5);
  for (std::size_t i = 0; i < models.size(); ++i) models[i].id = "claude-" + std::to_string(i);
  models[4].lifecycle = "retired";
  models[0].allowed_fallback_models = {"claude-1"};
  return models;
}

std::string ids(Api api, std::string_view query, bool* more = nullptr) {
  const auto body = render_models(api, five(), query);
  if (!body) return "error: " + body.error().detail;
  const auto document = json::Document::parse(*body);
  EXPECT_TRUE(document) << *body;
  std::string out;
  for (const json::Value model : document->root()["data"].items()) out += model["id"].text().back();
  if (more) *more = document->root()["has_more"].boolean().value_or(false);
  return out;
}

TEST(Models, PagesBothWays) {
  bool more = false;
  EXPECT_EQ(ids(Api::anthropic, "limit=2", &more), "01");
  EXPECT_TRUE(more);
  EXPECT_EQ(ids(Api::anthropic, "limit=2&after_id=claude-1", &more), "23");
  EXPECT_TRUE(more);
  EXPECT_EQ(ids(Api::anthropic, "after_id=claude%2D3", &more), "4");
  EXPECT_FALSE(more);
  EXPECT_EQ(ids(Api::anthropic, "limit=2&before_id=claude-4", &more), "23");
  EXPECT_TRUE(more);
  EXPECT_EQ(ids(Api::anthropic, "lifecycle=retired"), "4");
  EXPECT_EQ(ids(Api::anthropic, "beta=true&limit=1000"), "01234");
}

TEST(Models, SaysWhatIsWrongWithAPage) {
  EXPECT_EQ(ids(Api::anthropic, "limit=0"), "error: limit: must be between 1 and 1000");
  EXPECT_EQ(ids(Api::anthropic, "limit=9x"), "error: limit: must be between 1 and 1000");
  EXPECT_TRUE(ids(Api::anthropic, "after_id=nobody").starts_with("error"));
  EXPECT_TRUE(ids(Api::anthropic, "after_id=claude-1&before_id=claude-2").starts_with("error"));
}

TEST(Models, HasOpenAisShape) {
  EXPECT_EQ(ids(Api::openai_chat, "limit=2"), "01234");
  const std::string one = render_model(Api::openai_chat, five()[0]);
  EXPECT_EQ(one, R"({"id":"claude-0","object":"model","created":0,"owned_by":"sallyport"})");
}

TEST(Models, NamesFallbacksOnlyWhereAsked) {
  EXPECT_NE(render_model(Api::anthropic, five()[0]).find("allowed_fallback_models"),
            std::string::npos);
  EXPECT_EQ(render_model(Api::anthropic, five()[1]).find("allowed_fallback_models"),
            std::string::npos);
}

TEST(Models, NamesTheDatesOfTheirEnd) {
  ModelInfo model = five()[0];
  EXPECT_NE(render_model(Api::anthropic, model).find(R"("deprecated_at":null,"retires_at":null)"),
            std::string::npos);
  model.retires_at = wall_from_unix_seconds(1'780'000'000);
  EXPECT_NE(render_model(Api::anthropic, model)
                .find(R"("deprecated_at":null,"retires_at":"2026-05-28T20:26:40Z")"),
            std::string::npos);
}

}  // namespace
}  // namespace sallyport::dialect
