#include "dialect/error_shape.h"

#include "json/document.h"

namespace sallyport::dialect {
namespace {

Error made(Code code, Source source, std::string detail = "secret detail") {
  return fail(code, std::move(detail), source).value();
}

TEST(ErrorShape, EveryCodeHasAStatusAndAType) {
  const std::vector<std::tuple<Code, int, std::string>> table = {
      {Code::malformed, 400, "invalid_request_error"},
      {Code::invalid, 400, "invalid_request_error"},
      {Code::too_large, 413, "request_too_large"},
      {Code::unauthenticated, 401, "authentication_error"},
      {Code::forbidden, 403, "permission_error"},
      {Code::not_found, 404, "not_found_error"},
      {Code::conflict, 409, "conflict_error"},
      {Code::rate_limited, 429, "rate_limit_error"},
      {Code::over_budget, 429, "rate_limit_error"},
      {Code::overloaded, 529, "overloaded_error"},
      {Code::unavailable, 503, "api_error"},
      {Code::timeout, 408, "invalid_request_error"},
      {Code::connect_failed, 502, "api_error"},
      {Code::reset, 502, "api_error"},
      {Code::protocol, 400, "invalid_request_error"},
      {Code::io, 500, "api_error"},
      {Code::corrupt, 500, "api_error"},
      {Code::config, 500, "api_error"},
      {Code::cancelled, 499, "api_error"},
      {Code::internal, 500, "api_error"},
  };
  ASSERT_EQ(table.size(), static_cast<std::size_t>(Code::internal) + 1);
  for (const auto& [code, status, type] : table) {
    const PublicError shown = public_error(made(code, Source::client, "what is wrong"));
    EXPECT_EQ(shown.status, status) << to_string(code);
    EXPECT_EQ(shown.type, type) << to_string(code);
    EXPECT_EQ(shown.message, "what is wrong");
  }
}

TEST(ErrorShape, OnlyTheClientsOwnErrorsAreToldInDetail) {
  for (const Source source : {Source::upstream, Source::internal}) {
    for (int code = 0; code <= static_cast<int>(Code::internal); ++code) {
      const PublicError shown = public_error(made(static_cast<Code>(code), source));
      EXPECT_EQ(shown.message.find("secret"), std::string::npos);
      EXPECT_FALSE(shown.message.empty());
    }
  }
  EXPECT_EQ(public_error(made(Code::malformed, Source::upstream)).status, 502);
  EXPECT_EQ(public_error(made(Code::protocol, Source::upstream)).status, 502);
  EXPECT_EQ(public_error(made(Code::timeout, Source::upstream)).status, 504);
  EXPECT_EQ(public_error(made(Code::too_large, Source::upstream)).status, 502);
  EXPECT_EQ(public_error(made(Code::invalid, Source::internal)).status, 500);
}

TEST(ErrorShape, IsWrittenInEitherShape) {
  PublicError error;
  error.status = 403;
  error.type = "permission_error";
  error.message = "not \"permitted\"";
  error.details_json = R"({"error_code":"organization_on_hold"})";
  EXPECT_EQ(error_body(Api::anthropic, error, "req_1"),
            R"({"type":"error","error":{"type":"permission_error","message":"not \"permitted\"",)"
            R"("details":{"error_code":"organization_on_hold"}},"request_id":"req_1"})");
  EXPECT_EQ(error_body(Api::openai_chat, error, "req_1"),
            R"({"error":{"message":"not \"permitted\"","type":"permission_error","param":null,)"
            R"("code":"permission_denied"}})");
  RequestError request_error(made(Code::invalid, Source::client, "n: must be 1"));
  request_error.param = "n";
  EXPECT_EQ(error_body(Api::openai_responses, public_error(request_error), ""),
            R"({"error":{"message":"n: must be 1","type":"invalid_request_error","param":"n",)"
            R"("code":null}})");
}

TEST(ErrorShape, MoneyIsToldApart) {
  const PublicError shown = public_error(made(Code::over_budget, Source::internal));
  EXPECT_THAT(error_body(Api::anthropic, shown, ""),
              ::testing::HasSubstr(R"("error_code":"enforced_spend_limit_reached")"));
  EXPECT_THAT(error_body(Api::openai_chat, shown, ""),
              ::testing::HasSubstr(R"("type":"insufficient_quota","param":null,)"
                                   R"("code":"insufficient_quota")"));
}

TEST(ErrorShape, OverloadHasEachApisStatus) {
  const PublicError shown = public_error(made(Code::overloaded, Source::internal));
  EXPECT_EQ(http_status(Api::anthropic, shown), 529);
  EXPECT_EQ(http_status(Api::openai_chat, shown), 503);
}

TEST(ErrorShape, UpstreamErrorsOfTheSameShapeStayAsTheyAre) {
  const std::string body = "{ \"type\":\"error\" , \"error\":{}}\n";
  EXPECT_EQ(translate_error_body(Api::anthropic, Api::anthropic, 400, body, "req_1"), body);
  EXPECT_EQ(translate_error_body(Api::openai_chat, Api::openai_responses, 400, "<x>", ""), "<x>");
}

TEST(ErrorShape, UpstreamErrorsAreTranslated) {
  EXPECT_EQ(translate_error_body(
                Api::openai_chat, Api::anthropic, 429,
                R"({"error":{"message":"Slow down","type":"requests","code":null}})", "req_1"),
            R"({"type":"error","error":{"type":"rate_limit_error","message":"Slow down"},)"
            R"("request_id":"req_1"})");
  EXPECT_EQ(translate_error_body(Api::anthropic, Api::openai_chat, 529,
                                 R"({"type":"error","error":{"type":"overloaded_error",)"
                                 R"("message":"Overloaded"}})",
                                 "req_1"),
            R"({"error":{"message":"Overloaded","type":"server_error","param":null,)"
            R"("code":"overloaded"}})");
  EXPECT_EQ(translate_error_body(Api::anthropic, Api::openai_chat, 502, "<html>", ""),
            R"({"error":{"message":"the model's server answered with status 502",)"
            R"("type":"server_error","param":null,"code":null}})");
}

TEST(ErrorShape, NothingOfTheGatewaysCredentialIsTold) {
  for (const int status : {401, 403}) {
    const std::string body =
        translate_error_body(Api::openai_chat, Api::anthropic, status,
                             R"({"error":{"message":"Incorrect key: sk-part","type":"x"}})", "");
    EXPECT_EQ(body.find("sk-part"), std::string::npos);
  }
}

TEST(ErrorShape, ReadsErrorsOfManyServers) {
  const auto read = [](std::string_view body) {
    const UpstreamError error = read_error(Api::openai_chat, body);
    return error.type + "|" + error.message;
  };
  EXPECT_EQ(read(R"({"error":{"type":"a","message":"b"}})"), "a|b");
  EXPECT_EQ(read(R"({"error":{"code":"a","message":"b"}})"), "a|b");
  EXPECT_EQ(read(R"({"error":"b"})"), "|b");
  EXPECT_EQ(read(R"({"object":"error","message":"b","type":"a"})"), "a|b");
  EXPECT_EQ(read(R"({"detail":"b"})"), "|b");
  EXPECT_EQ(read("nothing"), "|");
  EXPECT_EQ(read(R"({"error":{"message":7}})"), "|");
  const UpstreamError long_message = read_error(
      Api::anthropic, R"({"error":{"message":")" + std::string(3, 'a') + [] {
        std::string text;
        for (int i = 0; i < 5000; ++i) text += "é";
        return text;
      }() + "\"}}");
  EXPECT_LE(long_message.message.size(), 4096u);
  EXPECT_EQ(long_message.message.substr(long_message.message.size() - 2), "é");
}

}  // namespace
}  // namespace sallyport::dialect
