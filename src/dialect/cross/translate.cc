#include "dialect/cross/readers.h"
#include "dialect/cross/writers.h"
#include "dialect/parts.h"
#include "dialect/restate.h"

namespace sallyport::dialect {
namespace {

using cross::Conversation;

// What the Messages API lets the gateway own (fallbacks, overrides, echoes, a restating
// continuation) is settled in its own dialect first; what is left is a plain request.
Result<Conversation> from_anthropic(const ClientRequest& request, const UpstreamAsk& ask) {
  UpstreamAsk own = ask;
  own.api = Api::anthropic;
  own.credit_token_json.reset();
  auto settled = splice_anthropic(request, own);
  if (!settled) return tl::unexpected(std::move(settled).error());
  json::Limits limits;
  limits.max_bytes = settled->body.size();
  const auto document = json::Document::parse(settled->body, limits);
  if (!document) return fail(Code::internal, "a spliced request is not acceptable JSON");
  return cross::read_anthropic(document->root(), ask.api);
}

void add_turn(Conversation& conversation, cross::Role role, std::string text) {
  cross::Turn turn;
  turn.role = role;
  turn.blocks.emplace_back().text = std::move(text);
  conversation.turns.push_back(std::move(turn));
}

// The released text as the last turn; a model that answers anew is told so after it.
void add_continuation(Conversation& conversation, const UpstreamAsk& ask) {
  if (ask.continuation == Continuation::none) return;
  std::string released;
  for (const std::string& text : ask.released_text) released += text;
  const std::size_t last = released.find_last_not_of(" \t\r\n\f\v");
  if (last == std::string::npos) return;
  // The API does not permit white space at the end of a prefill.
  if (ask.continuation == Continuation::prefill) released.resize(last + 1);
  add_turn(conversation, cross::Role::assistant, std::move(released));
  if (ask.continuation == Continuation::restate) {
    add_turn(conversation, cross::Role::user, std::string(kRestateRequest));
  }
}

Result<Conversation> read(const ClientRequest& request, const UpstreamAsk& ask) {
  if (request.api == Api::anthropic) return from_anthropic(request, ask);
  const json::Value root = request.document.root();
  auto conversation = request.api == Api::openai_chat ? cross::read_chat(root, ask.api)
                                                      : cross::read_responses(root, ask.api);
  if (conversation) add_continuation(*conversation, ask);
  return conversation;
}

}  // namespace

Result<UpstreamBody> translate_request(const ClientRequest& request, const UpstreamAsk& ask) {
  if (ask.api == Api::openai_responses) {
    return fail(Code::internal, "no request of another dialect is sent as a Responses request");
  }
  if (request.operation != Operation::create) {
    return fail(Code::invalid, "count_tokens: this model's upstream cannot count tokens",
                Source::client);
  }
  if (ask.api == Api::openai_chat && ask.continuation == Continuation::prefill) {
    return fail(
        Code::internal,
        "a model behind an OpenAI API cannot continue by prefill: set continue = \"restate\"");
  }
  auto conversation = read(request, ask);
  if (!conversation) return tl::unexpected(std::move(conversation).error());
  auto body = ask.api == Api::anthropic ? cross::write_anthropic(*conversation, ask)
                                        : cross::write_chat(*conversation, ask);
  if (!body) return tl::unexpected(std::move(body).error());
  // Betas name features of the Messages API; none of them crosses.
  return UpstreamBody{std::move(*body), {}};
}

}  // namespace sallyport::dialect
