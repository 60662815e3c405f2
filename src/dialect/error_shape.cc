#include "dialect/error_shape.h"

#include <algorithm>
#include <array>

#include "json/document.h"
#include "json/writer.h"

// Sources: platform.claude.com/docs/en/api/errors; openai (npm) 7.55.0, core/error.ts.
namespace sallyport::dialect {
namespace {

constexpr std::size_t kMaxErrorBodyBytes = 256u << 10;
constexpr std::size_t kMaxMessageBytes = 4096;

struct Row {
  Code code;
  int status;
  std::string_view type;
  std::string_view sentence;  // what is said where the detail is not for the client
};

constexpr std::array kRows = {
    Row{Code::malformed, 400, "invalid_request_error", "the request could not be read"},
    Row{Code::invalid, 400, "invalid_request_error", "the request is not valid"},
    Row{Code::too_large, 413, "request_too_large", "the request exceeds the maximum size"},
    Row{Code::unauthenticated, 401, "authentication_error", "invalid or missing credential"},
    Row{Code::forbidden, 403, "permission_error", "this credential does not permit the request"},
    Row{Code::not_found, 404, "not_found_error", "the requested resource was not found"},
    Row{Code::conflict, 409, "conflict_error", "the request conflicts with the current state"},
    Row{Code::rate_limited, 429, "rate_limit_error", "a rate limit was reached; try again later"},
    Row{Code::over_budget, 429, "rate_limit_error",
        "the spend limit of this credential was reached"},
    Row{Code::overloaded, 529, "overloaded_error", "Overloaded"},
    Row{Code::unavailable, 503, "api_error", "the service is temporarily unavailable"},
    Row{Code::timeout, 504, "timeout_error", "the request timed out"},
    Row{Code::connect_failed, 502, "api_error", "the model's server could not be reached"},
    Row{Code::reset, 502, "api_error", "the connection to the model's server was lost"},
    Row{Code::protocol, 502, "api_error", "the model's server sent an invalid response"},
    Row{Code::io, 500, "api_error", "internal error"},
    Row{Code::corrupt, 500, "api_error", "internal error"},
    Row{Code::config, 500, "api_error", "internal error"},
    Row{Code::cancelled, 499, "api_error", "the request was cancelled"},
    Row{Code::internal, 500, "api_error", "internal error"},
};

Row row_of(const Error& error) {
  const bool about_bytes =
      error.code == Code::malformed || error.code == Code::invalid || error.code == Code::too_large;
  // Whose bytes were at fault decides: only the client's own make it the client's error.
  if (about_bytes && error.source == Source::upstream) {
    return {error.code, 502, "api_error", "the model's server sent an invalid response"};
  }
  if (about_bytes && error.source == Source::internal) {
    return {error.code, 500, "api_error", "internal error"};
  }
  if (error.source == Source::client && error.code == Code::protocol) {
    return {error.code, 400, "invalid_request_error", "the request could not be read"};
  }
  if (error.source == Source::client && error.code == Code::timeout) {
    return {error.code, 408, "invalid_request_error", "the request took too long to arrive"};
  }
  const auto* found = std::find_if(kRows.begin(), kRows.end(),
                                   [&error](const Row& row) { return row.code == error.code; });
  return found != kRows.end() ? *found : kRows.back();
}

struct OpenAiWords {
  std::string_view type;
  std::string_view code;
};

OpenAiWords openai_words(const PublicError& error) {
  const std::string_view type = error.type;
  if (type == "authentication_error") return {"invalid_request_error", "invalid_api_key"};
  if (type == "permission_error") return {"permission_error", "permission_denied"};
  if (type == "not_found_error") {
    const bool model = std::string_view(error.message).starts_with("model: ");
    return {"invalid_request_error", model ? "model_not_found" : "not_found"};
  }
  if (type == "request_too_large") return {"invalid_request_error", "request_too_large"};
  if (type == "rate_limit_error") return {"rate_limit_error", "rate_limit_exceeded"};
  if (type == "billing_error") return {"insufficient_quota", "insufficient_quota"};
  if (type == "conflict_error") return {"invalid_request_error", "conflict"};
  if (type == "timeout_error") return {"server_error", "timeout"};
  if (type == "overloaded_error") return {"server_error", "overloaded"};
  if (type == "api_error") return {"server_error", ""};
  return {"invalid_request_error", ""};
}

std::string anthropic_body(const PublicError& error, std::string_view request_id) {
  std::string out;
  json::Writer w(out);
  w.begin_object().key("type").string("error").key("error").begin_object();
  w.key("type").string(error.type).key("message").string(error.message);
  if (!error.details_json.empty()) w.key("details").raw(error.details_json);
  w.end_object();
  if (!request_id.empty()) w.key("request_id").string(request_id);
  w.end_object();
  return out;
}

std::string openai_body(const PublicError& error) {
  const OpenAiWords words = openai_words(error);
  const bool out_of_money = error.code == "insufficient_quota";
  std::string out;
  json::Writer w(out);
  w.begin_object().key("error").begin_object().key("message").string(error.message);
  w.key("type").string(out_of_money ? std::string_view("insufficient_quota") : words.type);
  w.key("param");
  error.param.empty() ? w.null() : w.string(error.param);
  w.key("code");
  const std::string_view code = error.code.empty() ? words.code : std::string_view(error.code);
  code.empty() ? w.null() : w.string(code);
  w.end_object().end_object();
  return out;
}

std::string_view type_of_status(int status) {
  switch (status) {
    case 401:
      return "authentication_error";
    case 402:
      return "billing_error";
    case 403:
      return "permission_error";
    case 404:
      return "not_found_error";
    case 409:
      return "conflict_error";
    case 413:
      return "request_too_large";
    case 429:
      return "rate_limit_error";
    case 408:
    case 504:
      return "timeout_error";
    case 503:
    case 529:
      return "overloaded_error";
    default:
      return status >= 400 && status < 500 ? "invalid_request_error" : "api_error";
  }
}

std::string bounded_text(json::Value value) {
  if (!value.is_string() || value.raw().size() > 16 * kMaxMessageBytes) return {};
  std::string text = value.text();
  if (text.size() <= kMaxMessageBytes) return text;
  std::size_t end = kMaxMessageBytes;  // cut between characters
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0u) == 0x80u) --end;
  text.resize(end);
  return text;
}

}  // namespace

PublicError public_error(const Error& error) {
  const Row row = row_of(error);
  PublicError shown;
  shown.status = row.status;
  shown.type = row.type;
  shown.message = error.source == Source::client && !error.detail.empty()
                      ? error.detail
                      : std::string(row.sentence);
  if (error.code == Code::over_budget) {
    shown.code = "insufficient_quota";
    shown.details_json = R"({"error_code":"enforced_spend_limit_reached"})";
  }
  return shown;
}

PublicError public_error(const RequestError& error) {
  PublicError shown = public_error(static_cast<const Error&>(error));
  shown.param = error.param;
  if (!error.details_json.empty()) shown.details_json = error.details_json;
  return shown;
}

int http_status(Api client, const PublicError& error) {
  return client != Api::anthropic && error.status == 529 ? 503 : error.status;
}

std::string error_body(Api client, const PublicError& error, std::string_view request_id) {
  return client == Api::anthropic ? anthropic_body(error, request_id) : openai_body(error);
}

UpstreamError read_error(Api upstream, std::string_view body) {
  UpstreamError read;
  json::Limits limits;
  limits.max_bytes = kMaxErrorBodyBytes;
  limits.max_values = 10'000;
  const auto document = json::Document::parse(body, limits);
  if (!document) return read;
  const json::Value root = document->root();
  const json::Value error = root["error"];
  // Servers that only resemble these APIs also answer {"error":"…"}, {"message":…,"type":…} or
  // {"detail":"…"}.
  const json::Value facts = error.is_object() ? error : root;
  read.type = bounded_text(facts["type"]);
  if (upstream == Api::anthropic && read.type == "error") read.type.clear();
  if (read.type.empty()) read.type = bounded_text(facts["code"]);
  read.message = bounded_text(facts["message"]);
  if (read.message.empty()) read.message = bounded_text(error);
  if (read.message.empty()) read.message = bounded_text(root["detail"]);
  return read;
}

std::string translate_error_body(Api upstream, Api client, int status, std::string_view body,
                                 std::string_view request_id) {
  const bool same_shape = (upstream == Api::anthropic) == (client == Api::anthropic);
  if (same_shape) return std::string(body);
  const UpstreamError read = read_error(upstream, body);
  PublicError shown;
  shown.status = status;
  shown.type = type_of_status(status);
  // A credential that was refused there is the gateway's own: such messages may repeat parts of it.
  const bool about_us = status == 401 || status == 403;
  shown.message = about_us || read.message.empty()
                      ? "the model's server answered with status " + std::to_string(status)
                      : read.message;
  return error_body(client, shown, request_id);
}

}  // namespace sallyport::dialect
