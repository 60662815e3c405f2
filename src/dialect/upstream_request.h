#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "dialect/client_request.h"

namespace sallyport::dialect {

// How an attempt takes up what its predecessor has already released (protocol: continue from the
// partial).
enum class Continuation : std::uint8_t {
  none,     // from scratch
  prefill,  // the released text blocks become a last assistant turn that the model continues
  restate,  // the same turn, followed by a user turn that asks for a complete answer anew
};

struct UpstreamAsk {
  Api api = Api::anthropic;  // what the upstream speaks
  std::string model;         // its name for the model
  // The entry of `fallbacks` that named this hop: its overrides apply (absent / null / value, per
  // the protocol).
  const FallbackEntry* entry = nullptr;
  // A fallback hop: history is repaired for a model that did not write it.
  bool hop = false;
  Continuation continuation = Continuation::none;
  std::vector<std::string> released_text;  // one string per released text block, in order
  // Credit: absent = the member is removed; present = its value is replaced by this JSON.
  std::optional<std::string> credit_token_json;
  // A redemption must reach the upstream as the client wrote it: no echo repair.
  bool keep_history = false;
  // The caller wants the usage of a stream although the client did not ask (chat:
  // stream_options.include_usage).
  bool want_usage = true;
  // The Messages API demands max_tokens, OpenAI's do not: what a request from there gets where it
  // names none.
  std::int64_t default_max_tokens = 4096;
  // Chat made from another dialect: the token limit goes as `max_tokens`, for servers that do not
  // know `max_completion_tokens` (Ollama); OpenAI's reasoning models know only the latter.
  bool old_token_limit = false;
};

struct UpstreamBody {
  std::string body;
  // The beta values to send on, server-side-fallback-* taken out.
  std::vector<std::string> betas;
};

// Same dialect: the client's bytes, spliced only where the gateway owns them. Other dialect: a new
// body that says the same; what cannot be expressed there is an error with source client that names
// the field, never a silent loss.
Result<UpstreamBody> encode_for_upstream(const ClientRequest& request, const UpstreamAsk& ask);

}  // namespace sallyport::dialect
