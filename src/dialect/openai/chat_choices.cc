#include "dialect/openai/chat_choices.h"

#include "dialect/openai/words.h"

namespace sallyport::dialect::openai {
namespace {

constexpr std::size_t kMaxToolCalls = 256;
constexpr std::size_t kMaxRefusalBytes = 64u << 10;

Failure broken(std::string_view what) {
  return fail(Code::protocol, "chat stream: " + std::string(what), Source::upstream);
}

bool has_text(json::Value value) {
  return value.is_string() && value.span().end - value.span().begin > 2;
}

// Servers that name a call by nothing get a name that is the same wherever it is asked for.
std::string made_id(std::string_view message_id, std::int64_t index) {
  std::string id = "call_";
  for (const char c : message_id) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (plain) id += c;
  }
  return id + "_" + std::to_string(index);
}

}  // namespace

Event ChatChoice::event(EventKind kind, int block, BlockType type) const {
  Event made;
  made.kind = kind;
  made.choice = index_;
  made.index = block;
  made.block = type;
  return made;
}

void ChatChoice::close_text(WireEvents& events) {
  if (!open_text_) return;
  events.add(event(EventKind::block_stop, open_text_block_, *open_text_));
  open_text_.reset();
}

void ChatChoice::close_complete_tools(WireEvents& events) {
  for (Tool& tool : tools_) {
    if (!tool.open || !tool.arguments.complete()) continue;
    events.add(event(EventKind::block_stop, tool.block, BlockType::tool_use));
    tool.open = false;
  }
}

void ChatChoice::add_text(BlockType type, DeltaType delta, json::Value text, WireEvents& events) {
  if (!has_text(text)) return;
  if (open_text_ != type) {
    close_text(events);
    close_complete_tools(events);
    open_text_ = type;
    open_text_block_ = next_block_++;
    events.add(event(EventKind::block_start, open_text_block_, type));
  }
  Event made = event(EventKind::block_delta, open_text_block_, type);
  made.delta = delta;
  made.text = text.text();
  if (type == BlockType::refusal && refusal_.size() < kMaxRefusalBytes) refusal_ += made.text;
  events.add(std::move(made));
}

// Mistral's reasoning models send content as a list of parts.
Result<void> ChatChoice::read_parts(json::Value parts, WireEvents& events) {
  if (parts.is_object()) return broken("content in an unknown form");
  for (const json::Value part : parts.items()) {
    if (part["text"].is_string()) {
      add_text(BlockType::text, DeltaType::text, part["text"], events);
    } else if (part["thinking"].is_array()) {
      for (const json::Value thought : part["thinking"].items()) {
        add_text(BlockType::thinking, DeltaType::thinking, thought["text"], events);
      }
    } else {
      return broken("a content part of an unknown form");
    }
  }
  return {};
}

ChatChoice::Tool* ChatChoice::find_tool(json::Value call) {
  const std::optional<std::int64_t> index = call["index"].integer();
  const json::Value id = call["id"];
  const bool starts = has_text(call["function"]["name"]);
  for (auto tool = tools_.rbegin(); tool != tools_.rend(); ++tool) {
    // Some servers give every call the index 0, or none, and tell them apart by id.
    if (starts && has_text(id) && !id.equals(tool->id)) continue;
    if (!index || tool->upstream_index == *index) return &*tool;
  }
  return nullptr;
}

void ChatChoice::open_tool(std::int64_t upstream_index, json::Value call, json::Value function,
                           WireEvents& events) {
  close_text(events);
  close_complete_tools(events);
  Tool& tool = tools_.emplace_back();
  tool.upstream_index = upstream_index;
  tool.block = next_block_++;
  tool.id = has_text(call["id"])
                ? call["id"].text()
                : made_id(message_id_, static_cast<std::int64_t>(tools_.size()) - 1);
  Event made = event(EventKind::block_start, tool.block, BlockType::tool_use);
  made.tool_id = tool.id;
  made.tool_name = function["name"].is_string() ? function["name"].text() : std::string();
  events.add(std::move(made));
}

Result<void> ChatChoice::add_arguments(Tool& tool, json::Value function, WireEvents& events) {
  const json::Value arguments =
      function["arguments"].exists() ? function["arguments"] : function["input"];
  // Early Ollama sends the object itself.
  std::string text = arguments.is_string()   ? arguments.text()
                     : arguments.is_object() ? std::string(arguments.raw())
                                             : std::string();
  if (text.empty()) return {};
  if (!tool.open) {
    if (text.find_first_not_of(" \t\r\n") == std::string::npos) return {};
    return broken("arguments for a tool call that is complete");
  }
  tool.arguments.feed(text);
  Event made = event(EventKind::block_delta, tool.block, BlockType::tool_use);
  made.delta = DeltaType::input_json;
  made.text = std::move(text);
  events.add(std::move(made));
  return {};
}

Result<void> ChatChoice::read_tool(json::Value call, WireEvents& events) {
  if (!call.is_object()) return broken("a tool call that is not an object");
  const json::Value function = call["function"].is_object() ? call["function"] : call["custom"];
  Tool* tool = find_tool(call);
  if (tool == nullptr) {
    if (tools_.size() >= kMaxToolCalls) {
      return fail(Code::too_large, "chat stream: too many tool calls", Source::upstream);
    }
    const auto position = static_cast<std::int64_t>(tools_.size());
    open_tool(call["index"].integer().value_or(position), call, function, events);
    tool = &tools_.back();
  }
  return add_arguments(*tool, function, events);
}

void ChatChoice::finish(std::string_view reason, json::Value choice, WireEvents& events) {
  close_text(events);
  for (Tool& tool : tools_) {
    if (tool.open) events.add(event(EventKind::block_stop, tool.block, BlockType::tool_use));
    tool.open = false;
  }
  finished_ = true;
  finish_reason_ = reason;
  // vLLM and SGLang name the stop string that matched.
  for (const std::string_view key : {"stop_reason", "matched_stop"}) {
    if (reason == "stop" && has_text(choice[key])) stop_sequence_ = choice[key].text();
  }
}

Result<void> ChatChoice::read(json::Value choice, WireEvents& events) {
  // A whole answer has `message` where a chunk has `delta`.
  const json::Value delta = choice["delta"].exists() ? choice["delta"] : choice["message"];
  const json::Value reasoning =
      has_text(delta["reasoning_content"]) ? delta["reasoning_content"] : delta["reasoning"];
  const json::Value calls = delta["tool_calls"];
  const json::Value legacy = delta["function_call"];
  const bool says_something = has_text(reasoning) || has_text(delta["content"]) ||
                              delta["content"].size() != 0 || has_text(delta["refusal"]) ||
                              calls.size() != 0 || legacy.is_object();
  if (finished_) {
    if (says_something) return broken("content after finish_reason");
    return {};
  }
  add_text(BlockType::thinking, DeltaType::thinking, reasoning, events);
  add_text(BlockType::text, DeltaType::text, delta["content"], events);
  if (auto parts = read_parts(delta["content"], events); !parts) return parts;
  add_text(BlockType::refusal, DeltaType::refusal, delta["refusal"], events);
  for (const json::Value call : calls.items()) {
    if (auto read = read_tool(call, events); !read) return read;
  }
  if (legacy.is_object()) {
    if (tools_.empty()) open_tool(0, {}, legacy, events);
    if (auto read = add_arguments(tools_.back(), legacy, events); !read) return read;
  }
  const json::Value reason = choice["finish_reason"];
  if (has_text(reason)) finish(reason.text(), choice, events);
  return {};
}

std::string ChatChoice::stop_reason() const {
  if (!refusal_.empty()) return "refusal";
  std::string reason = stop_reason_of(finish_reason_, !tools_.empty());
  return reason == "end_turn" && stop_sequence_ ? "stop_sequence" : reason;
}

}  // namespace sallyport::dialect::openai
