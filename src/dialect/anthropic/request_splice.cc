#include "dialect/anthropic/request_edits.h"
#include "dialect/parts.h"
#include "json/writer.h"

namespace sallyport::dialect {

Result<UpstreamBody> splice_anthropic(const ClientRequest& request, const UpstreamAsk& ask) {
  using namespace anthropic;
  const json::Value root = request.document.root();
  const json::Value messages = root["messages"];
  if (!messages.is_array() || !request.model_value) {
    return fail(Code::internal, "a request that was not decoded cannot be sent on");
  }
  json::Splice splice(request.body);
  if (request.model != ask.model) {
    splice.replace(request.model_value.span(), json::quoted(ask.model));
  }
  splice.remove_member(root, "fallbacks");
  splice.remove_member(root, "fallback");
  if (ask.credit_token_json) {
    splice.set_member(root, "fallback_credit_token", *ask.credit_token_json);
  } else {
    splice.remove_member(root, "fallback_credit_token");
  }
  if (ask.entry != nullptr) apply_overrides(root, ask.entry->entry, splice);
  if (request.echoes_fallback && !ask.keep_history) repair_echoes(messages, splice);
  if (ask.continuation != Continuation::none) append_continuation(messages, ask, splice);

  UpstreamBody upstream;
  upstream.body = splice.empty() ? request.body : splice.apply();
  for (const std::string& beta : request.betas.values()) {
    if (!beta.starts_with("server-side-fallback-")) upstream.betas.push_back(beta);
  }
  return upstream;
}

}  // namespace sallyport::dialect
