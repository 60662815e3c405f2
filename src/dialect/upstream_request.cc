#include "dialect/upstream_request.h"

#include "dialect/parts.h"

namespace sallyport::dialect {

Result<UpstreamBody> encode_for_upstream(const ClientRequest& request, const UpstreamAsk& ask) {
  if (ask.api != request.api) {
    return fail(Code::invalid, "this model is served by an upstream of another dialect",
                Source::client);
  }
  switch (request.api) {
    case Api::anthropic:
      return splice_anthropic(request, ask);
    case Api::openai_chat:
    case Api::openai_responses:
      return fail(Code::internal, "a dialect without an encoder");
  }
  return fail(Code::internal, "a dialect without an encoder");
}

}  // namespace sallyport::dialect
