#include "dialect/upstream_request.h"

#include "dialect/parts.h"

namespace sallyport::dialect {

Result<UpstreamBody> encode_for_upstream(const ClientRequest& request, const UpstreamAsk& ask) {
  if (ask.api != request.api) return translate_request(request, ask);
  switch (request.api) {
    case Api::anthropic:
      return splice_anthropic(request, ask);
    case Api::openai_chat:
      return splice_chat(request, ask);
    case Api::openai_responses:
      return splice_responses(request, ask);
  }
  return fail(Code::internal, "a dialect without an encoder");
}

}  // namespace sallyport::dialect
