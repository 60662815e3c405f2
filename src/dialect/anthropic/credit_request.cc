#include "dialect/anthropic/request_fields.h"

// Source: platform.claude.com/docs/en/build-with-claude/fallback-credit (2026-09-02);
// @anthropic-ai/sdk 1.11.0, BetaFallbackCreditTokenParam.
namespace sallyport::dialect::anthropic {
namespace {

constexpr std::size_t kMaxTokenBytes = 16u << 10;

[[nodiscard]] Failure malformed_token() {
  return refuse("fallback_credit_token: invalid or malformed");
}

Decoded<std::string> read_token(json::Value value) {
  if (!value.is_string() || value.raw().size() > kMaxTokenBytes) return malformed_token();
  std::string token = value.text();
  if (token.empty()) return malformed_token();
  return token;
}

Decoded<CreditRedemption> read_object(json::Value value) {
  for (const json::Member member : value.members()) {
    if (member.key.equals("token") || member.key.equals("mode")) continue;
    return refuse("fallback_credit_token." + shortened(member.key.text()) +
                  ": Extra inputs are not permitted");
  }
  auto token = read_token(value["token"]);
  if (!token) return tl::unexpected(std::move(token).error());
  const json::Value mode = value["mode"];
  const bool best_effort = mode.equals("best_effort");
  if (mode && !best_effort && !mode.equals("strict")) {
    return refuse("fallback_credit_token.mode: Input should be 'strict' or 'best_effort'");
  }
  return CreditRedemption{std::move(*token), !best_effort};
}

}  // namespace

Decoded<void> read_credit(ClientRequest& request) {
  const json::Value credit = request.document.root()["fallback_credit_token"];
  if (!given(credit)) return {};
  if (request.operation != Operation::create || !request.betas.credit()) {
    return refuse("fallback_credit_token: Extra inputs are not permitted");
  }
  if (credit.is_object()) {
    if (!request.betas.credit_object()) {
      return refuse("fallback_credit_token: Input should be a valid string");
    }
    auto read = read_object(credit);
    if (!read) return tl::unexpected(std::move(read).error());
    request.credit = std::move(*read);
    return {};
  }
  auto token = read_token(credit);
  if (!token) return tl::unexpected(std::move(token).error());
  request.credit = CreditRedemption{std::move(*token), true};
  return {};
}

}  // namespace sallyport::dialect::anthropic
