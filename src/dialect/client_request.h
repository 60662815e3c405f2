#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "dialect/api.h"
#include "http/message.h"
#include "json/document.h"

// What the gate needs of a request, with the offsets to edit it. Nothing is rewritten and nothing
// is dropped: fields that are not named here stay in the body and go on.
namespace sallyport::dialect {

// What is wrong with a request: an error for the client, with what its API says beside the message.
struct RequestError : Error {
  RequestError() = default;
  RequestError(Error error) : Error(std::move(error)) {}  // NOLINT: so that fail() converts
  std::string param;         // OpenAI: the member at fault; may be empty
  std::string details_json;  // Messages API: error.details, an object; may be empty
};
// Converts to Result<T>, without what RequestError adds.
template <class T>
using Decoded = tl::expected<T, RequestError>;

// One entry of `fallbacks`. `entry` is the object as sent, for its overrides.
struct FallbackEntry {
  std::string model;
  json::Value entry;
};

struct Fallbacks {
  enum class Form : std::uint8_t { absent, by_default, list };
  Form form = Form::absent;
  std::vector<FallbackEntry> list;
};

struct CreditRedemption {
  std::string token;
  bool strict = true;  // else best_effort
};

// The values of anthropic-beta, in order, split at commas and trimmed.
class Betas {
 public:
  static Betas parse(const http::Headers& headers);
  bool has(std::string_view value) const;
  bool has_prefix(std::string_view prefix) const;
  const std::vector<std::string>& values() const { return values_; }

  // Server-side fallback, by the dates that exist; any other date of it is an error of the client.
  bool fallback_list() const;     // -2026-06-01 or -2026-07-01
  bool fallback_default() const;  // -2026-07-01
  // fallback-credit-2026-06-01, -2026-06-09 or -2026-07-01, or server-side-fallback.
  bool credit() const;
  bool credit_object() const;  // the object form of the token needs -2026-07-01

 private:
  std::vector<std::string> values_;
};

// Heap-only and never moved: the values point into `document`, which points into `body`.
struct ClientRequest {
  ClientRequest() = default;
  ClientRequest(const ClientRequest&) = delete;
  ClientRequest& operator=(const ClientRequest&) = delete;

  Api api = Api::anthropic;
  Operation operation = Operation::create;
  std::string body;  // as received, after content decoding
  json::Document document;

  std::string model;
  json::Value model_value;
  bool stream = false;
  bool include_usage = false;   // chat: stream_options.include_usage
  std::int64_t max_tokens = 0;  // 0 where the client named none
  // metadata.user_id, safety_identifier or user; anthropic-user-profile-id where sent. Asserted by
  // the client.
  std::string end_user;
  std::string api_version;  // anthropic-version
  Betas betas;
  Fallbacks fallbacks;
  std::optional<CreditRedemption> credit;
  // A `fallback` block stands in some earlier assistant turn.
  bool echoes_fallback = false;
};

// Strict: JSON admission first (json/document.h), then the types and presence of the fields above.
// An error has source client and a detail meant for the client, in the style of the API: "messages:
// Field required".
Decoded<std::unique_ptr<ClientRequest>> decode_request(Api api, Operation operation,
                                                       std::string body,
                                                       const http::Headers& headers,
                                                       const json::Limits& limits = {});

}  // namespace sallyport::dialect
