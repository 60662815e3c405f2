#include "dialect/openai/responses_object.h"

#include <array>

#include "dialect/openai/extension.h"
#include "dialect/openai/usage_json.h"
#include "dialect/openai/words.h"
#include "json/document.h"
#include "json/writer.h"

namespace sallyport::dialect::openai {
namespace {

void write_list(json::Writer& w, const std::vector<std::string>& items) {
  w.begin_array();
  for (const std::string& item : items) w.raw(item);
  w.end_array();
}

struct Default {
  std::string_view key;
  std::string_view json;
};

// Members that the type demands and that a request may leave out.
constexpr std::array kDefaults = {
    Default{"instructions", "null"},
    Default{"metadata", "{}"},
    Default{"parallel_tool_calls", "true"},
    Default{"temperature", "null"},
    Default{"tool_choice", "\"auto\""},
    Default{"tools", "[]"},
    Default{"top_p", "null"},
};

bool is_ours(json::Value key) {
  static constexpr std::array<std::string_view, 11> kOurs = {
      "id",    "object", "created_at", "status",      "error", "incomplete_details",
      "model", "output", "usage",      kExtensionKey, "stream"};
  for (const std::string_view name : kOurs) {
    if (key.equals(name)) return true;
  }
  return false;
}

void write_echo(json::Writer& w, std::string_view echo) {
  json::Document document;
  const bool read = !echo.empty() && document.reparse(echo) && document.root().is_object();
  const json::Value root = read ? document.root() : json::Value();
  for (const json::Member member : root.members()) {
    if (!is_ours(member.key)) w.key(member.key.text()).raw(member.value.raw());
  }
  for (const Default& row : kDefaults) {
    if (!root[row.key].exists()) w.key(row.key).raw(row.json);
  }
}

}  // namespace

std::string_view status_of(const Finish& finish) {
  return incomplete_reason_of(finish.stop_reason).empty() ? "completed" : "incomplete";
}

std::string response_json(const ResponseHead& head, const std::vector<std::string>& output,
                          const Finish* finish, std::string_view extension) {
  std::string out;
  json::Writer w(out);
  w.begin_object().key("id").string(head.id).key("object").string("response");
  w.key("created_at").raw(head.created);
  w.key("status").string(finish == nullptr ? "in_progress" : status_of(*finish));
  w.key("error").null().key("incomplete_details");
  const std::string_view reason =
      finish == nullptr ? std::string_view() : incomplete_reason_of(finish->stop_reason);
  if (reason.empty()) {
    w.null();
  } else {
    w.begin_object().key("reason").string(reason).end_object();
  }
  w.key("model").string(head.model).key("output");
  write_list(w, output);
  write_echo(w, head.echo);
  w.key("usage");
  if (finish == nullptr) {
    w.null();
  } else {
    std::string usage;
    append_responses_usage(usage, finish->usage);
    w.raw(usage);
  }
  if (!extension.empty()) w.key(kExtensionKey).raw(extension);
  w.end_object();
  return out;
}

std::string part_json(BlockType type, std::string_view text) {
  std::string out;
  json::Writer w(out);
  w.begin_object();
  if (type == BlockType::refusal) {
    w.key("type").string("refusal").key("refusal").string(text);
  } else if (type == BlockType::thinking) {
    w.key("type").string("summary_text").key("text").string(text);
  } else {
    w.key("type").string("output_text").key("text").string(text);
    w.key("annotations").begin_array().end_array().key("logprobs").begin_array().end_array();
  }
  w.end_object();
  return out;
}

std::string message_item_json(std::string_view id, std::string_view status,
                              const std::vector<std::string>& parts) {
  std::string out;
  json::Writer w(out);
  w.begin_object().key("id").string(id).key("type").string("message").key("status").string(status);
  w.key("role").string("assistant").key("content");
  write_list(w, parts);
  w.end_object();
  return out;
}

std::string reasoning_item_json(std::string_view id, const std::vector<std::string>& summary) {
  std::string out;
  json::Writer w(out);
  w.begin_object().key("id").string(id).key("type").string("reasoning").key("summary");
  write_list(w, summary);
  w.end_object();
  return out;
}

std::string call_item_json(std::string_view id, std::string_view status, std::string_view call_id,
                           std::string_view name, std::string_view arguments) {
  std::string out;
  json::Writer w(out);
  w.begin_object().key("id").string(id).key("type").string("function_call");
  w.key("status").string(status).key("call_id").string(call_id).key("name").string(name);
  w.key("arguments").string(arguments).end_object();
  return out;
}

}  // namespace sallyport::dialect::openai
