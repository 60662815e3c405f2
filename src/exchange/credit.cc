#include "exchange/credit.h"

#include <algorithm>
#include <cstring>

#include "base/encoding.h"
#include "crypto/sha256.h"

namespace sallyport::exchange {
namespace {

constexpr std::string_view kPrefix = "spct_";
constexpr std::string_view kAssociated = "sallyport credit token 1";
constexpr std::array<std::string_view, 10> kBoundFields = {
    "system",        "messages",      "tools",       "tool_choice",        "thinking",
    "cache_control", "output_config", "mcp_servers", "context_management", "container"};
constexpr std::size_t kMessages = 1;
constexpr std::size_t kBetas = 10;

BodyPrint::Digest short_digest(const crypto::Sha256Digest& whole) {
  BodyPrint::Digest digest;
  std::memcpy(digest.data(), whole.data(), digest.size());
  return digest;
}

crypto::Sha256Digest digest_of_messages(json::Value messages, std::size_t count) {
  crypto::Sha256 hash;
  std::size_t left = count;
  for (const json::Value message : messages.items()) {
    if (left-- == 0) break;
    hash.update(std::to_string(message.raw().size()));
    hash.update(":");
    hash.update(message.raw());
  }
  return hash.finish();
}

// Sets must be equal but for the server-side-fallback values, which never travel.
crypto::Sha256Digest digest_of_betas(const dialect::Betas& betas) {
  std::vector<std::string> values;
  for (const std::string& value : betas.values()) {
    if (!value.starts_with("server-side-fallback-")) values.push_back(value);
  }
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
  crypto::Sha256 hash;
  for (const std::string& value : values) {
    hash.update(value);
    hash.update(",");
  }
  return hash.finish();
}

// A sealed claim is a list of length-prefixed fields in a fixed order: nothing to parse but
// lengths.
void put(std::string& out, std::string_view field) {
  const auto size = static_cast<std::uint32_t>(field.size());
  for (int shift = 24; shift >= 0; shift -= 8)
    out.push_back(static_cast<char>(size >> shift & 0xff));
  out += field;
}

bool take(std::string_view& in, std::string& field) {
  if (in.size() < 4) return false;
  std::uint32_t size = 0;
  for (int i = 0; i < 4; ++i)
    size = size << 8 | static_cast<unsigned char>(in[static_cast<std::size_t>(i)]);
  in.remove_prefix(4);
  if (in.size() < size) return false;
  field = std::string(in.substr(0, size));
  in.remove_prefix(size);
  return true;
}

void put_print(std::string& out, const BodyPrint& print) {
  std::string packed;
  for (std::size_t i = 0; i < BodyPrint::kFields; ++i) {
    packed.push_back(print.present[i] ? '\1' : '\0');
    packed.append(reinterpret_cast<const char*>(print.fields[i].data()), print.fields[i].size());
  }
  put(out, packed);
  put(out, std::to_string(print.message_count));
}

bool take_print(std::string_view& in, BodyPrint& print) {
  std::string packed;
  std::string count;
  constexpr std::size_t kEach = 1 + sizeof(BodyPrint::Digest);
  if (!take(in, packed) || packed.size() != kEach * BodyPrint::kFields || !take(in, count))
    return false;
  for (std::size_t i = 0; i < BodyPrint::kFields; ++i) {
    print.present[i] = packed[i * kEach] != '\0';
    std::memcpy(print.fields[i].data(), packed.data() + i * kEach + 1, sizeof(BodyPrint::Digest));
  }
  print.message_count = 0;
  for (const char c : count)
    print.message_count = print.message_count * 10 + static_cast<std::size_t>(c - '0');
  return true;
}

// The text blocks of the last message, where it is an assistant turn.
std::optional<std::vector<std::string>> last_assistant_text(const dialect::ClientRequest& request) {
  const json::Value messages = request.document.root()["messages"];
  const json::Value last = messages.size() > 0 ? messages.at(messages.size() - 1) : json::Value();
  if (!last["role"].equals("assistant")) return std::nullopt;
  std::vector<std::string> blocks;
  const json::Value content = last["content"];
  if (content.is_string()) blocks.push_back(content.text());
  for (const json::Value block : content.items()) {
    if (block["type"].equals("text")) blocks.push_back(block["text"].text());
  }
  return blocks;
}

bool forbids_continuation(const dialect::ClientRequest& request) {
  const json::Value root = request.document.root();
  const json::Value format = root["output_config"]["format"];
  const json::Value choice = root["tool_choice"]["type"];
  return (format.exists() && !format.is_null()) || choice.equals("any") || choice.equals("tool");
}

std::string_view message_for(std::string_view reason) {
  if (reason == "expired") return "fallback_credit_token: has expired";
  if (reason == "wrong_organization")
    return "fallback_credit_token: does not belong to this organization";
  if (reason == "wrong_workspace")
    return "fallback_credit_token: does not belong to this workspace";
  if (reason == "invalid_target_model") return "fallback_credit_token: is not valid for model";
  if (reason == "body_mismatch") {
    return "fallback_credit_token: request body does not match the refused request";
  }
  if (reason == "continuation_excluded") {
    return "fallback_credit_token: a continuation cannot be combined with output_config.format or "
           "a forced tool_choice";
  }
  if (reason == "variant_fields_present") {
    return "fallback_credit_token: request body does not match the refused request: remove the "
           "members that it did not have";
  }
  return "fallback_credit_token: has been redeemed already";
}

}  // namespace

BodyPrint print_of(const dialect::ClientRequest& request, std::size_t message_count) {
  BodyPrint print;
  print.message_count = message_count;
  const json::Value root = request.document.root();
  for (std::size_t i = 0; i < kBoundFields.size(); ++i) {
    const json::Value value = root[kBoundFields[i]];
    print.present[i] = value.exists();
    if (i == kMessages) {
      print.fields[i] = short_digest(digest_of_messages(value, message_count));
    } else {
      print.fields[i] = short_digest(crypto::sha256(value.raw()));
    }
  }
  print.present[kBetas] = true;
  print.fields[kBetas] = short_digest(digest_of_betas(request.betas));
  return print;
}

BodyPrint::Digest released_digest(const std::vector<std::string>& text_blocks) {
  crypto::Sha256 hash;
  std::size_t last = text_blocks.size();
  while (last > 0 && text_blocks[last - 1].find_last_not_of(" \t\r\n") == std::string::npos) --last;
  for (std::size_t i = 0; i < last; ++i) {
    std::string_view text = text_blocks[i];
    if (i + 1 == last) text = text.substr(0, text.find_last_not_of(" \t\r\n") + 1);
    if (text.empty()) continue;
    hash.update(std::to_string(text.size()));
    hash.update(":");
    hash.update(text);
  }
  return short_digest(hash.finish());
}

Result<std::string> CreditTokens::mint(const CreditClaim& claim, Random& random) const {
  std::string plain;
  for (const std::string& field : {claim.organisation, claim.workspace, claim.refused_model,
                                   claim.upstream, claim.upstream_token, claim.nonce}) {
    put(plain, field);
  }
  put(plain, claim.has_prefill_claim ? "1" : "0");
  put(plain, {reinterpret_cast<const char*>(claim.released.data()), claim.released.size()});
  put(plain, std::to_string(unix_seconds(claim.expires)));
  put_print(plain, claim.body);
  auto sealed = key_.seal(plain, kAssociated, random);
  if (!sealed) return Failure(sealed.error());
  return std::string(kPrefix) + base64url_encode(*sealed);
}

Result<CreditClaim> CreditTokens::open(std::string_view token) const {
  const auto malformed = [] {
    return fail(Code::invalid, "fallback_credit_token: invalid or malformed", Source::client);
  };
  if (!token.starts_with(kPrefix)) return malformed();
  const auto sealed = base64url_decode(token.substr(kPrefix.size()));
  if (!sealed) return malformed();
  const auto plain = key_.open(*sealed, kAssociated);
  if (!plain) return malformed();
  std::string_view in = *plain;
  CreditClaim claim;
  std::string prefill, released, expires;
  for (std::string* field :
       {&claim.organisation, &claim.workspace, &claim.refused_model, &claim.upstream,
        &claim.upstream_token, &claim.nonce, &prefill, &released, &expires}) {
    if (!take(in, *field)) return malformed();
  }
  if (released.size() != claim.released.size() || !take_print(in, claim.body)) return malformed();
  claim.has_prefill_claim = prefill == "1";
  std::memcpy(claim.released.data(), released.data(), released.size());
  std::int64_t seconds = 0;
  for (const char c : expires) seconds = seconds * 10 + (c - '0');
  claim.expires = wall_from_unix_seconds(seconds);
  return claim;
}

bool CreditTokens::spend(const std::string& nonce, WallTime now) {
  const std::lock_guard lock(mutex_);
  if (spent_.size() >= kMaxSpent) {
    std::erase_if(spent_, [&](const auto& entry) { return entry.second <= now; });
    if (spent_.size() >= kMaxSpent) return false;  // a full memory of spent tokens redeems nothing
  }
  return spent_.emplace(nonce, now + kCreditLifetime).second;
}

Result<Redemption> CreditTokens::redeem(const dialect::ClientRequest& request,
                                        const access::Principal& principal,
                                        const catalog::Model& target,
                                        const catalog::Catalog& catalog, WallTime now) {
  auto opened = open(request.credit->token);
  if (!opened) return Failure(opened.error());
  CreditClaim& claim = *opened;
  Redemption redemption;

  const std::size_t count = request.document.root()["messages"].size();
  redemption.continues = claim.has_prefill_claim && count == claim.body.message_count + 1;
  const BodyPrint print = print_of(request, redemption.continues ? count - 1 : count);
  const catalog::Model* refused = catalog.find_model(claim.refused_model);

  std::string reason;
  bool mismatch = false;
  for (std::size_t i = 0; i < BodyPrint::kFields; ++i) {
    if (print.fields[i] == claim.body.fields[i]) continue;
    if (print.present[i] && !claim.body.present[i] && i < kBoundFields.size()) {
      redemption.outcome.remove_to_redeem.emplace_back(kBoundFields[i]);
    } else {
      mismatch = true;
    }
  }
  if (redemption.continues) {
    const auto text = last_assistant_text(request);
    mismatch = mismatch || !text || released_digest(*text) != claim.released;
  }
  const bool permitted =
      refused && std::find(refused->allowed_fallbacks.begin(), refused->allowed_fallbacks.end(),
                           target.id) != refused->allowed_fallbacks.end();
  if (claim.organisation != principal.organisation) {
    reason = "wrong_organization";
  } else if (claim.workspace != principal.workspace) {
    reason = "wrong_workspace";
  } else if (claim.expires <= now) {
    reason = "expired";
  } else if (!permitted) {
    reason = "invalid_target_model";
  } else if (mismatch) {
    reason = "body_mismatch";
  } else if (!redemption.outcome.remove_to_redeem.empty()) {
    reason = "variant_fields_present";
  } else if (redemption.continues && forbids_continuation(request)) {
    reason = "continuation_excluded";
  } else if (!spend(claim.nonce, now)) {
    reason = "reprice_unavailable";
  }
  if (reason != "variant_fields_present") redemption.outcome.remove_to_redeem.clear();
  if (reason.empty()) {
    redemption.outcome.redeemed = true;
    redemption.claim = std::move(claim);
  } else {
    if (request.credit->strict)
      return fail(Code::invalid, std::string(message_for(reason)), Source::client);
    redemption.outcome.reason = reason;
  }
  return redemption;
}

}  // namespace sallyport::exchange
