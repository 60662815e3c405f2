#include "dialect/models.h"

namespace sallyport::dialect {
namespace {

ModelInfo model(std::string id) {
  ModelInfo info;
  info.id = std::move(id);
  info.created_at = wall_from_unix_seconds(1'780'000'000);
  return info;
}

std::vector<ModelInfo> five() {
  return {model("a"), model("b"), model("c"), model("d"), model("e")};
}

// The ids of a page and what it says of itself: "b c | more | b..c".
std::string page_of(std::string_view query) {
  const auto page = ModelPage::parse(query);
  if (!page) return page.error().detail;
  const auto models = five();
  const auto body = model_list_body(Api::anthropic, models, *page, false);
  if (!body) return body.error().detail;
  std::string ids;
  for (const ModelInfo& info : models) {
    if (body->find(R"("type":"model","id":")" + info.id) != std::string::npos) ids += info.id;
  }
  return ids + body->substr(body->find("],\"has_more\""));
}

TEST(Models, PagesForwardAndBack) {
  EXPECT_EQ(page_of(""), R"(abcde],"has_more":false,"first_id":"a","last_id":"e"})");
  EXPECT_EQ(page_of("limit=2"), R"(ab],"has_more":true,"first_id":"a","last_id":"b"})");
  EXPECT_EQ(page_of("limit=2&after_id=b"), R"(cd],"has_more":true,"first_id":"c","last_id":"d"})");
  EXPECT_EQ(page_of("limit=9&after_id=%64"),
            R"(e],"has_more":false,"first_id":"e","last_id":"e"})");
  EXPECT_EQ(page_of("after_id=e"), R"(],"has_more":false,"first_id":null,"last_id":null})");
  EXPECT_EQ(page_of("limit=2&before_id=d"), R"(bc],"has_more":true,"first_id":"b","last_id":"c"})");
  EXPECT_EQ(page_of("limit=2&before_id=c&beta=true"),
            R"(ab],"has_more":false,"first_id":"a","last_id":"b"})");
  EXPECT_EQ(page_of("lifecycle=retired"), R"(],"has_more":false,"first_id":null,"last_id":null})");
}

TEST(Models, RefusesWrongParameters) {
  EXPECT_EQ(page_of("limit=0"), "limit: Input should be between 1 and 1000");
  EXPECT_EQ(page_of("limit=1001"), "limit: Input should be between 1 and 1000");
  EXPECT_EQ(page_of("limit=9x"), "limit: Input should be a valid integer");
  EXPECT_EQ(page_of("limit="), "limit: Input should be a valid integer");
  EXPECT_EQ(page_of("after_id=zz"), "after_id: names no model of this list");
  EXPECT_EQ(page_of("after_id=a&before_id=b"), "`after_id` and `before_id` cannot both be set");
  EXPECT_EQ(page_of("after_id=%6"), "percent-encoding: two hex digits must follow %");
  EXPECT_EQ(page_of("lifecycle=x"),
            "lifecycle: Input should be 'active', 'deprecated' or 'retired'");
}

TEST(Models, RendersEitherShape) {
  ModelInfo info = model("flagship-1");
  info.display_name = "Flagship 1";
  info.line = "flagship";
  info.retires_at = info.created_at;
  info.max_input_tokens = 1'000'000;
  info.max_tokens = 128'000;
  info.allowed_fallback_models = {"next-1"};
  info.capabilities_json = R"({"batch":{"supported":false}})";
  EXPECT_EQ(
      model_body(Api::anthropic, info, true),
      R"({"type":"model","id":"flagship-1","display_name":"Flagship 1",)"
      R"("created_at":"2026-05-28T20:26:40Z","line":"flagship","lifecycle":"active",)"
      R"("deprecated_at":null,"retires_at":"2026-05-28T20:26:40Z",)"
      R"("max_input_tokens":1000000,"max_tokens":128000,)"
      R"("allowed_fallback_models":["next-1"],"capabilities":{"batch":{"supported":false}}})");
  EXPECT_EQ(model_body(Api::anthropic, info, false).find("allowed_fallback_models"),
            std::string::npos);
  EXPECT_EQ(model_body(Api::openai_chat, info, true),
            R"({"id":"flagship-1","object":"model","created":1780000000,"owned_by":"system"})");
  EXPECT_EQ(*model_list_body(Api::openai_responses, std::vector{info}, {}, false),
            R"({"object":"list","data":[{"id":"flagship-1","object":"model",)"
            R"("created":1780000000,"owned_by":"system"}]})");
  EXPECT_EQ(*decode_model_id("vendor%2Fmodel"), "vendor/model");
  EXPECT_FALSE(decode_model_id("a%zz"));
}

}  // namespace
}  // namespace sallyport::dialect
