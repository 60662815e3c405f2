#include "json/splice.h"
#include "dialect/parts.h"
#include "dialect/restate.h"
#include "json/writer.h"

// The same dialect up and down: the client's bytes, but for what the gateway owns.
namespace sallyport::dialect {
namespace {

Result<void> check(const UpstreamAsk& ask) {
  if (ask.continuation == Continuation::prefill) {
    return fail(
        Code::internal,
        "a model behind an OpenAI API cannot continue by prefill: set continue = \"restate\"");
  }
  return {};
}

std::string message_json(std::string_view role, std::string_view text) {
  std::string out;
  json::Writer(out)
      .begin_object()
      .key("role")
      .string(role)
      .key("content")
      .string(text)
      .end_object();
  return out;
}

std::string joined(const std::vector<std::string>& texts) {
  std::string all;
  for (const std::string& text : texts) {
    if (!all.empty() && !text.empty()) all += "\n\n";
    all += text;
  }
  return all;
}

void rename_model(json::Splice& splice, const ClientRequest& request, const UpstreamAsk& ask) {
  if (request.model != ask.model) {
    splice.replace(request.model_value.span(), json::quoted(ask.model));
  }
}

// The two turns that ask for the whole answer anew; nothing where nothing was released.
std::vector<std::string> restating_turns(const UpstreamAsk& ask) {
  if (ask.continuation != Continuation::restate) return {};
  const std::string released = joined(ask.released_text);
  if (released.empty()) return {};
  return {message_json("assistant", released), message_json("user", kRestateRequest)};
}

UpstreamBody finished(const ClientRequest& request, const json::Splice& splice) {
  return {splice.empty() ? request.body : splice.apply(), {}};
}

}  // namespace

Result<UpstreamBody> splice_chat(const ClientRequest& request, const UpstreamAsk& ask) {
  if (auto fit = check(ask); !fit) return tl::unexpected(std::move(fit).error());
  const json::Value root = request.document.root();
  json::Splice splice(request.body);
  rename_model(splice, request, ask);
  if (request.stream && !request.include_usage && ask.want_usage) {
    const json::Value options = root["stream_options"];
    if (options.is_object()) {
      splice.set_member(options, "include_usage", "true");
    } else {
      splice.set_member(root, "stream_options", R"({"include_usage":true})");
    }
  }
  for (const std::string& turn : restating_turns(ask)) splice.append_item(root["messages"], turn);
  return finished(request, splice);
}

Result<UpstreamBody> splice_responses(const ClientRequest& request, const UpstreamAsk& ask) {
  if (auto fit = check(ask); !fit) return tl::unexpected(std::move(fit).error());
  const json::Value root = request.document.root();
  json::Splice splice(request.body);
  rename_model(splice, request, ask);
  const std::vector<std::string> turns = restating_turns(ask);
  const json::Value input = root["input"];
  if (!turns.empty() && !input.is_array()) {
    std::string list = "[";
    if (input.is_string()) list += message_json("user", input.text()) + ",";
    list += turns[0] + "," + turns[1] + "]";
    splice.set_member(root, "input", list);
  } else {
    for (const std::string& turn : turns) splice.append_item(input, turn);
  }
  return finished(request, splice);
}

}  // namespace sallyport::dialect
