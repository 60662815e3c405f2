#include "simulator/ask.h"

#include "json/writer.h"
#include "simulator/words.h"

namespace sallyport::simulator {
namespace {

using dialect::Api;
using json::Value;

// The text of a content: a string, or the text members of its parts.
void append_content(const Value& content, std::string& out) {
  if (content.is_string()) {
    content.append_text(out);
    return;
  }
  for (const Value part : content.items()) {
    const Value text = part["text"];
    if (text.is_string()) text.append_text(out);
  }
}

std::string example_value(const Value& schema) {
  const Value choices = schema["enum"];
  if (choices.size() > 0) return std::string(choices.at(0).raw());
  const Value type = schema["type"];
  if (type.equals("integer") || type.equals("number")) return "1";
  if (type.equals("boolean")) return "true";
  if (type.equals("array")) return "[]";
  if (type.equals("object")) return "{}";
  return "\"simulated\"";
}

std::string example_args(const Value& schema) {
  std::string out;
  json::Writer writer(out);
  writer.begin_object();
  const Value properties = schema["properties"];
  for (const Value name : schema["required"].items()) {
    writer.key(name.text()).raw(example_value(properties[name.text()]));
  }
  writer.end_object();
  return out;
}

void read_tools(const Value& root, Ask& ask) {
  for (const Value tool : root["tools"].items()) {
    const Value function = ask.api == Api::openai_chat ? tool["function"] : tool;
    const Value name = function["name"];
    if (!name.is_string()) continue;
    const Value schema = function[ask.api == Api::anthropic ? "input_schema" : "parameters"];
    ask.tools.push_back({name.text(), example_args(schema)});
  }
  const Value choice = root["tool_choice"];
  if (choice.is_string()) {
    ask.must_call_tool = choice.equals("required");
  } else if (choice.is_object()) {
    const Value type = choice["type"];
    ask.must_call_tool = type.equals("any") || type.equals("tool") || type.equals("function");
    const Value name = choice["function"].exists() ? choice["function"]["name"] : choice["name"];
    if (name.is_string()) ask.forced_tool = name.text();
  }
}

std::string_view messages_key(Api api) {
  return api == Api::openai_responses ? "input" : "messages";
}

// System prompts and metadata values, where directives may stand as well.
std::string standing_text(const Value& root, const Value& messages) {
  std::string text;
  append_content(root["system"], text);
  if (root["instructions"].is_string()) root["instructions"].append_text(text);
  for (const Value message : messages.items()) {
    const Value role = message["role"];
    if (role.equals("system") || role.equals("developer")) append_content(message["content"], text);
  }
  for (const json::Member member : root["metadata"].members()) {
    if (member.value.is_string()) member.value.append_text(text);
  }
  return text;
}

void read_turns(const Value& messages, Ask& ask) {
  if (messages.is_string()) {
    ask.user_text = messages.text();
    return;
  }
  for (const Value message : messages.items()) {
    const Value role = message["role"];
    if (role.equals("user")) {
      ask.user_text.clear();
      ask.prefill.clear();
      append_content(message["content"], ask.user_text);
    } else if (role.equals("assistant")) {
      ask.prefill.clear();
      append_content(message["content"], ask.prefill);
    } else if (!role.equals("system") && !role.equals("developer")) {
      // The result of a tool: the model's turn, with nothing new said.
      ask.user_text.clear();
      ask.prefill.clear();
    }
  }
}

void read_options(const Value& root, Ask& ask) {
  ask.stream = root["stream"].boolean().value_or(false);
  ask.include_usage = root["stream_options"]["include_usage"].boolean().value_or(false);
  for (const char* key : {"max_tokens", "max_completion_tokens", "max_output_tokens"}) {
    if (const auto value = root[key].integer()) ask.max_tokens = *value;
  }
  const Value thinking = root["thinking"]["type"];
  ask.thinking =
      thinking.equals("enabled") || thinking.equals("adaptive") || thinking.equals("between_tools");
  for (const char* key : {"stop_sequences", "stop"}) {
    if (root[key].is_string()) ask.stop_sequences.push_back(root[key].text());
    for (const Value sequence : root[key].items()) {
      if (sequence.is_string()) ask.stop_sequences.push_back(sequence.text());
    }
  }
}

// Four bytes a token over everything that a model would read, directives included.
void measure(const Value& root, const Value& messages, Ask& ask) {
  std::size_t bytes = 0;
  for (const char* key : {"system", "instructions", "tools"}) bytes += root[key].raw().size();
  bytes += messages.raw().size();
  ask.input_tokens = static_cast<std::int64_t>(bytes / 4 + 1);
  ask.caches = root.raw().find("\"cache_control\"") != std::string_view::npos;
}

void read_credit(const Value& root, const Value& messages, const http::RequestHead& head,
                 Ask& ask) {
  for (const http::Header& header : head.headers.list()) {
    if (!http::equals_ignore_case(header.name, "anthropic-beta")) continue;
    ask.mints_credit = ask.mints_credit ||
                       header.value.find("fallback-credit-") != std::string::npos ||
                       header.value.find("server-side-fallback-") != std::string::npos;
  }
  const Value token = root["fallback_credit_token"];
  if (token.is_string()) ask.redemption = Redemption{token.text(), true};
  if (token.is_object())
    ask.redemption = Redemption{token["token"].text(), !token["mode"].equals("best_effort")};
  // A continuation may append one assistant turn; everything else that a model reads must be the
  // same.
  std::string same;
  for (const char* key : {"system", "tools", "tool_choice", "thinking", "output_config"}) {
    same += root[key].raw();
    same.push_back('\n');
  }
  std::size_t left = messages.size();
  for (const Value message : messages.items()) {
    if (--left > 0 || !message["role"].equals("assistant")) same += message.raw();
  }
  ask.fingerprint = seed_of(same);
}

}  // namespace

std::optional<Complaint> read_ask(Api api, bool count_only, const http::RequestHead& head,
                                  std::string_view body, Ask& ask) {
  const auto document = json::Document::parse(body);
  if (!document || !document->root().is_object()) return Complaint{"the body is not a JSON object"};
  const Value root = document->root();
  ask.api = api;
  ask.count_only = count_only;
  if (!root["model"].is_string()) return Complaint{"model: Field required"};
  ask.model = root["model"].text();
  const Value messages = root[messages_key(api)];
  if (messages.size() == 0 && !messages.is_string()) {
    return Complaint{std::string(messages_key(api)) + ": Field required"};
  }
  read_options(root, ask);
  read_tools(root, ask);
  read_turns(messages, ask);
  measure(root, messages, ask);
  read_credit(root, messages, head, ask);
  if (api == Api::anthropic && !count_only && ask.max_tokens <= 0)
    return Complaint{"max_tokens: Field required"};
  // The user's text has the last word.
  std::string standing = standing_text(root, messages);
  if (auto error = take_directives(standing, ask.directive)) return Complaint{*error};
  if (auto error = take_directives(ask.user_text, ask.directive)) return Complaint{*error};
  return std::nullopt;
}

}  // namespace sallyport::simulator
