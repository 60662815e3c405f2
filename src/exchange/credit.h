#pragma once

#include <array>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "access/principal.h"
#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "catalog/catalog.h"
#include "crypto/aead.h"
#include "dialect/client_request.h"
#include "dialect/response_writer.h"

// Fallback credit: a refusal may carry a token that lets the retry on another model be priced as a
// cache hit. An upstream's token is wrapped in ours, so that it can be redeemed only by whom, for
// what and within the time it was given; a token for a refusal of our own changes our metering
// alone. Tokens are sealed, so nothing is stored until one is spent.
namespace sallyport::exchange {

inline constexpr Duration kCreditLifetime = std::chrono::minutes(5);

// The members that must be equal in the refused request and its retry, and what else the retry must
// match.
struct BodyPrint {
  using Digest = std::array<std::uint8_t, 16>;
  static constexpr std::size_t kFields = 11;  // the ten members, then the set of betas
  std::array<Digest, kFields> fields{};
  std::array<bool, kFields> present{};
  std::size_t message_count = 0;
};
// `message_count`: how many of the messages count; all of them, or all but a continuing last one.
BodyPrint print_of(const dialect::ClientRequest& request, std::size_t message_count);

// What a token vouches for.
struct CreditClaim {
  std::string organisation;
  std::string workspace;
  std::string refused_model;  // catalog id
  std::string upstream;       // whose token is inside; empty = the refusal was ours
  std::string upstream_token;
  BodyPrint body;
  bool has_prefill_claim = false;
  BodyPrint::Digest released{};  // of the text that was released before the refusal
  WallTime expires;
  std::string nonce;
};

// The digest that CreditClaim::released holds: of the text blocks in order, the last one without
// trailing white space.
BodyPrint::Digest released_digest(const std::vector<std::string>& text_blocks);

// How a redemption came out. `claim` is there where the token can be used.
struct Redemption {
  std::optional<CreditClaim> claim;
  dialect::CreditOutcome outcome;
  bool continues = false;  // the request ends in the partial answer
};

// Shared by all shards: sealing needs no lock, spending a short one.
class CreditTokens {
 public:
  explicit CreditTokens(crypto::Aead key) : key_(std::move(key)) {}

  Result<std::string> mint(const CreditClaim& claim, Random& random) const;

  // Checks the request's token against who asks, what for and when, and spends it. A malformed
  // token is an error in both modes, any other failure only in strict mode; the error is a 400 for
  // the client.
  Result<Redemption> redeem(const dialect::ClientRequest& request,
                            const access::Principal& principal, const catalog::Model& target,
                            const catalog::Catalog& catalog, WallTime now);

 private:
  Result<CreditClaim> open(std::string_view token) const;
  bool spend(const std::string& nonce, WallTime now);

  static constexpr std::size_t kMaxSpent = 100'000;
  crypto::Aead key_;
  std::mutex mutex_;
  std::unordered_map<std::string, WallTime> spent_;  // nonce -> when it may be forgotten
};

}  // namespace sallyport::exchange
