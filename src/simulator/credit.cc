#include "simulator/credit.h"

#include <charconv>
#include <optional>

#include "base/encoding.h"

namespace sallyport::simulator {
namespace {

constexpr std::string_view kPrefix = "simfct_";
constexpr std::int64_t kLifetime_s = 300;

std::optional<Credit> open_credit(std::string_view token) {
  if (!token.starts_with(kPrefix)) return std::nullopt;
  const auto text = base64url_decode(token.substr(kPrefix.size()));
  if (!text) return std::nullopt;
  Credit credit;
  const char* at = text->data();
  const char* end = at + text->size();
  const auto minted = std::from_chars(at, end, credit.minted);
  if (minted.ec != std::errc() || minted.ptr == end) return std::nullopt;
  const auto hash = std::from_chars(minted.ptr + 1, end, credit.fingerprint);
  if (hash.ec != std::errc() || end - hash.ptr < 3) return std::nullopt;
  credit.prefill_claim = hash.ptr[1] == '1';
  credit.model = std::string(hash.ptr + 3, end);
  return credit;
}

}  // namespace

std::string mint_credit(const Credit& credit) {
  return std::string(kPrefix) +
         base64url_encode(std::to_string(credit.minted) + "|" + std::to_string(credit.fingerprint) +
                          "|" + (credit.prefill_claim ? "1" : "0") + "|" + credit.model);
}

CreditOutcome redeem_credit(const Ask& ask, WallTime now) {
  const auto credit = open_credit(ask.redemption->token);
  if (!credit) return {false, "malformed"};
  if (unix_seconds(now) > credit->minted + kLifetime_s) return {false, "expired"};
  if (credit->model == ask.model) return {false, "invalid_target_model"};
  if (credit->fingerprint != ask.fingerprint) return {false, "body_mismatch"};
  if (!credit->prefill_claim && !ask.prefill.empty()) return {false, "continuation_excluded"};
  return {true, ""};
}

std::string credit_message(std::string_view reason) {
  if (reason == "malformed") return "invalid or malformed";
  if (reason == "expired") return "token has expired";
  if (reason == "invalid_target_model") return "token is not valid for model";
  if (reason == "continuation_excluded") return "the partial response must not be continued";
  return "request body does not match the refused request";
}

}  // namespace sallyport::simulator
