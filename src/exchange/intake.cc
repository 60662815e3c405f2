#include "exchange/intake.h"

#include "exchange/headers.h"
#include "http/content_coding.h"
#include "json/writer.h"

namespace sallyport::exchange {
namespace {

std::string_view bearer(const http::Headers& headers) {
  const std::string_view value = headers.get("authorization");
  constexpr std::string_view kScheme = "bearer ";
  if (value.size() <= kScheme.size() ||
      !http::equals_ignore_case(value.substr(0, kScheme.size()), kScheme))
    return {};
  std::string_view token = value.substr(kScheme.size());
  while (!token.empty() && token.front() == ' ') token.remove_prefix(1);
  while (!token.empty() && token.back() == ' ') token.remove_suffix(1);
  return token;
}

// The API names the three ways in which a coded body can be wrong.
dialect::RequestError coding_error(const Error& error) {
  const std::string_view name = error.code == Code::too_large
                                    ? "request_body_too_large_after_decoding"
                                : error.code == Code::invalid ? "request_body_encoding_unsupported"
                                                              : "request_body_encoding_invalid";
  dialect::RequestError shown(error);
  shown.details_json = "{\"error_code\":" + json::quoted(name) + "}";
  return shown;
}

dialect::Decoded<void> decode_content(Intake& intake) {
  if (intake.headers.count("content-encoding") > 1) {
    return tl::unexpected(coding_error(
        {Code::invalid, Source::client, false, "content-encoding: sent more than once"}));
  }
  const auto coding = http::parse_content_encoding(intake.headers.get("content-encoding"));
  if (!coding) return tl::unexpected(coding_error(coding.error()));
  if (*coding == http::Coding::identity) return {};
  http::DecodeLimits limits;
  limits.max_output_bytes = intake.max_body_bytes;
  auto plain = http::decode_body(*coding, intake.body, limits);
  if (!plain) return tl::unexpected(coding_error(plain.error()));
  intake.body = std::move(*plain);
  return {};
}

}  // namespace

Result<const access::Principal*> identify(const http::Headers& headers,
                                          const access::Keyring& keyring, WallTime now) {
  const std::string_view by_key = headers.get("x-api-key");
  const std::string_view by_bearer = bearer(headers);
  if (by_key.empty() && by_bearer.empty()) {
    return fail(Code::unauthenticated, "x-api-key or Authorization: Bearer header is required",
                Source::client);
  }
  if (by_key.empty()) return keyring.authenticate(by_bearer, now);
  auto principal = keyring.authenticate(by_key, now);
  if (by_bearer.empty() || by_bearer == by_key) return principal;
  // Claude Code may send both. One of them suffices, but two different principals are a
  // contradiction.
  auto other = keyring.authenticate(by_bearer, now);
  if (!principal) return other;
  if (other && (*other)->key_id != (*principal)->key_id) {
    return fail(Code::unauthenticated,
                "x-api-key and Authorization name different keys: send one of them",
                Source::client);
  }
  return principal;
}

Result<void> check_media(const http::Headers& headers) {
  const std::string* type = headers.find("content-type");
  if (type && media_type(*type) != "application/json") {
    return fail(Code::invalid, "content-type: this endpoint reads application/json",
                Source::client);
  }
  if (headers.count("content-type") > 1) {
    return fail(Code::invalid, "content-type: sent more than once", Source::client);
  }
  return {};
}

dialect::Decoded<std::unique_ptr<dialect::ClientRequest>> Intake::run() {
  if (auto ok = decode_content(*this); !ok) return tl::unexpected(ok.error());
  json::Limits limits;
  limits.max_bytes = max_body_bytes;
  return dialect::decode_request(api, operation, std::move(body), headers, limits);
}

}  // namespace sallyport::exchange
