#include "dialect/openai/responses_message.h"

#include "dialect/openai/usage_json.h"
#include "dialect/openai/words.h"

namespace sallyport::dialect::openai {
namespace {

constexpr std::size_t kMaxParts = 4096;
constexpr std::size_t kMaxTextBytes = 64u << 20;
constexpr std::size_t kMaxRefusalBytes = 64u << 10;
constexpr std::size_t kMaxErrorTextBytes = 4096;

Failure broken(std::string_view what) {
  return fail(Code::protocol, "responses answer: " + std::string(what), Source::upstream);
}

std::string text_or_empty(json::Value value) {
  return value.is_string() ? value.text() : std::string();
}

BlockType type_of_part(json::Value part) {
  const json::Value type = part["type"];
  if (type.equals("output_text")) return BlockType::text;
  if (type.equals("refusal")) return BlockType::refusal;
  if (type.equals("reasoning_text") || type.equals("summary_text")) return BlockType::thinking;
  return BlockType::other;
}

// Items that are neither a message, reasoning nor a call of the client's tools: the upstream's own
// work.
BlockType type_of_item(std::string_view type) {
  if (type == "function_call" || type == "custom_tool_call") return BlockType::tool_use;
  if (type.starts_with("mcp_")) return BlockType::mcp_tool_use;
  return type.ends_with("_call") ? BlockType::server_tool_use : BlockType::other;
}

DeltaType delta_of(BlockType type) {
  switch (type) {
    case BlockType::text:
      return DeltaType::text;
    case BlockType::thinking:
      return DeltaType::thinking;
    case BlockType::refusal:
      return DeltaType::refusal;
    case BlockType::tool_use:
      return DeltaType::input_json;
    default:
      return DeltaType::other;
  }
}

Event block_event(EventKind kind, int block, BlockType type) {
  Event made;
  made.kind = kind;
  made.index = block;
  made.block = type;
  return made;
}

}  // namespace

ResponsesMessage::Part* ResponsesMessage::find(std::int64_t output_index, std::int64_t part_index,
                                               Kind kind) {
  for (auto part = parts_.rbegin(); part != parts_.rend(); ++part) {
    if (part->output_index == output_index && part->part_index == part_index &&
        part->kind == kind) {
      return &*part;
    }
  }
  return nullptr;
}

Result<ResponsesMessage::Part*> ResponsesMessage::find_or_open(std::int64_t output_index,
                                                               std::int64_t part_index, Kind kind,
                                                               BlockType type, json::Value item,
                                                               WireEvents& events) {
  if (Part* known = find(output_index, part_index, kind)) return known;
  if (parts_.size() >= kMaxParts) {
    return fail(Code::too_large, "responses answer: too many parts", Source::upstream);
  }
  // Reasoning, text and refusal are open one at a time.
  for (Part& other : parts_) {
    if (other.open && other.kind != Kind::arguments && other.kind != Kind::item) {
      close(other, events);
    }
  }
  parts_.push_back({output_index, part_index, kind, type, next_block_++, true, {}});
  Event made = block_event(EventKind::block_start, parts_.back().block, type);
  if (type == BlockType::tool_use) {
    called_tools_ = true;
    made.tool_id = text_or_empty(item["call_id"].is_string() ? item["call_id"] : item["id"]);
    made.tool_name = text_or_empty(item["name"]);
  }
  events.add(std::move(made));
  return &parts_.back();
}

Result<void> ResponsesMessage::append(Part& part, std::string text, WireEvents& events) {
  if (text.empty()) return {};
  if (!part.open) return broken("text for a part that is done");
  text_bytes_ += text.size();
  if (text_bytes_ > kMaxTextBytes) {
    return fail(Code::too_large, "responses answer: too much text", Source::upstream);
  }
  part.text += text;
  if (part.type == BlockType::refusal && refusal_.size() < kMaxRefusalBytes) refusal_ += text;
  Event made = block_event(EventKind::block_delta, part.block, part.type);
  made.delta = delta_of(part.type);
  made.text = std::move(text);
  events.add(std::move(made));
  return {};
}

Result<void> ResponsesMessage::settle(Part& part, const std::string& whole, WireEvents& events) {
  if (whole.empty()) return {};  // not said again
  if (!whole.starts_with(part.text)) return broken("a part that contradicts its deltas");
  if (auto rest = append(part, whole.substr(part.text.size()), events); !rest) return rest;
  return {};
}

void ResponsesMessage::close(Part& part, WireEvents& events) {
  if (!part.open) return;
  part.open = false;
  events.add(block_event(EventKind::block_stop, part.block, part.type));
}

void ResponsesMessage::close_item(std::int64_t output_index, WireEvents& events) {
  for (Part& part : parts_) {
    if (part.output_index == output_index) close(part, events);
  }
}

void ResponsesMessage::start(json::Value response, WireEvents& events) {
  if (started_) return;
  started_ = true;
  Event made;
  made.kind = EventKind::message_start;
  made.id = text_or_empty(response["id"]);
  made.model = text_or_empty(response["model"]);
  events.add(std::move(made));
}

Result<void> ResponsesMessage::read_delta(json::Value root, std::string_view type,
                                          WireEvents& events) {
  const std::int64_t output = root["output_index"].integer().value_or(0);
  Result<Part*> part;
  if (type == "response.function_call_arguments.delta" ||
      type == "response.custom_tool_call_input.delta") {
    part = find(output, 0, Kind::arguments);
    if (*part == nullptr) return broken("arguments before their item");
  } else if (type == "response.reasoning_summary_text.delta") {
    part = find_or_open(output, root["summary_index"].integer().value_or(0), Kind::summary,
                        BlockType::thinking, {}, events);
  } else {
    const BlockType block = type == "response.output_text.delta" ? BlockType::text
                            : type == "response.refusal.delta"   ? BlockType::refusal
                                                                 : BlockType::thinking;
    part = find_or_open(output, root["content_index"].integer().value_or(0), Kind::content, block,
                        {}, events);
  }
  if (!part) return tl::unexpected(std::move(part).error());
  return append(**part, text_or_empty(root["delta"]), events);
}

Result<void> ResponsesMessage::read_done(json::Value root, std::string_view type,
                                         WireEvents& events) {
  const std::int64_t output = root["output_index"].integer().value_or(0);
  const std::int64_t content = root["content_index"].integer().value_or(0);
  Result<Part*> part;
  json::Value whole = root["text"];
  if (type == "response.function_call_arguments.done") {
    part = find(output, 0, Kind::arguments);
    if (*part == nullptr) return broken("arguments before their item");
    whole = root["arguments"];
  } else if (type == "response.custom_tool_call_input.done") {
    part = find(output, 0, Kind::arguments);
    if (*part == nullptr) return broken("input before its item");
    whole = root["input"];
  } else if (type == "response.reasoning_summary_text.done") {
    part = find_or_open(output, root["summary_index"].integer().value_or(0), Kind::summary,
                        BlockType::thinking, {}, events);
  } else if (type == "response.refusal.done") {
    part = find_or_open(output, content, Kind::content, BlockType::refusal, {}, events);
    whole = root["refusal"];
  } else {
    const bool text = type == "response.output_text.done";
    part = find_or_open(output, content, Kind::content,
                        text ? BlockType::text : BlockType::thinking, {}, events);
  }
  if (!part) return tl::unexpected(std::move(part).error());
  if (auto settled = settle(**part, text_or_empty(whole), events); !settled) return settled;
  close(**part, events);
  return {};
}

Result<void> ResponsesMessage::read_part(json::Value root, bool done, WireEvents& events) {
  const json::Value part = root["part"];
  const BlockType type = type_of_part(part);
  const bool summary = root["summary_index"].exists();
  const std::int64_t index =
      (summary ? root["summary_index"] : root["content_index"]).integer().value_or(0);
  auto opened = find_or_open(root["output_index"].integer().value_or(0), index,
                             summary ? Kind::summary : Kind::content, type, {}, events);
  if (!opened) return tl::unexpected(std::move(opened).error());
  const std::string text =
      text_or_empty(type == BlockType::refusal ? part["refusal"] : part["text"]);
  if (!done) return text.empty() ? Result<void>() : settle(**opened, text, events);
  if (auto settled = settle(**opened, text, events); !settled) return settled;
  close(**opened, events);
  return {};
}

Result<void> ResponsesMessage::read_content(std::int64_t output_index, json::Value list, Kind kind,
                                            WireEvents& events) {
  std::int64_t index = 0;
  for (const json::Value part : list.items()) {
    const BlockType type = type_of_part(part);
    auto opened = find_or_open(output_index, index++, kind, type, {}, events);
    if (!opened) return tl::unexpected(std::move(opened).error());
    const std::string text =
        text_or_empty(type == BlockType::refusal ? part["refusal"] : part["text"]);
    if (auto settled = settle(**opened, text, events); !settled) return settled;
    close(**opened, events);
  }
  return {};
}

// An item as it is announced, or, `done`, as it is in the end.
Result<void> ResponsesMessage::read_item(std::int64_t output_index, json::Value item, bool done,
                                         WireEvents& events) {
  if (!item.is_object()) return broken("an item that is not an object");
  const std::string kind = text_or_empty(item["type"]);
  if (kind == "message" || kind == "reasoning") {
    if (!done) return {};
    if (auto read = read_content(output_index, item["summary"], Kind::summary, events); !read) {
      return read;
    }
    if (auto read = read_content(output_index, item["content"], Kind::content, events); !read) {
      return read;
    }
    close_item(output_index, events);
    return {};
  }
  const BlockType type = type_of_item(kind);
  const Kind part_kind = type == BlockType::tool_use ? Kind::arguments : Kind::item;
  auto opened = find_or_open(output_index, 0, part_kind, type, item, events);
  if (!opened) return tl::unexpected(std::move(opened).error());
  if (!done) return {};
  if (type == BlockType::tool_use) {
    const json::Value whole = item["arguments"].exists() ? item["arguments"] : item["input"];
    if (auto settled = settle(**opened, text_or_empty(whole), events); !settled) return settled;
  }
  close(**opened, events);
  return {};
}

void ResponsesMessage::end(Event ending, WireEvents& events) {
  for (Part& part : parts_) close(part, events);
  ended_ = true;
  ending.kind = EventKind::message_delta;
  events.add(std::move(ending));
}

Result<void> ResponsesMessage::read_end(json::Value response, WireEvents& events) {
  start(response, events);
  std::int64_t index = 0;
  for (const json::Value item : response["output"].items()) {
    if (auto read = read_item(index++, item, true, events); !read) return read;
  }
  Event ending;
  if (response["usage"].is_object()) ending.usage = read_responses_usage(response["usage"]);
  const std::string status = text_or_empty(response["status"]);
  const std::string reason = text_or_empty(response["incomplete_details"]["reason"]);
  ending.stop_reason =
      refusal_.empty() ? stop_reason_of_status(status, reason, called_tools_) : "refusal";
  if (ending.stop_reason == "refusal") {
    ending.stop_details.emplace();
    if (!refusal_.empty()) ending.stop_details->explanation = refusal_;
  }
  end(std::move(ending), events);
  return {};
}

// response.failed and error: a safeguard's "no" is a refusal like any other; the rest are errors.
Result<void> ResponsesMessage::read_failure(json::Value error, WireEvents& events) {
  const std::string code = text_or_empty(error["code"]);
  std::string message = text_or_empty(error["message"]);
  if (message.size() > kMaxErrorTextBytes) message.resize(kMaxErrorTextBytes);
  if (is_refusal_code(code)) {
    start({}, events);
    Event ending;
    ending.stop_reason = "refusal";
    ending.stop_details.emplace();
    if (!message.empty()) ending.stop_details->explanation = message;
    const std::string_view category = category_of_code(code);
    if (!category.empty()) ending.stop_details->category = category;
    end(std::move(ending), events);
    return {};
  }
  failed_ = true;
  Event made;
  made.kind = EventKind::error;
  made.error_type = messages_error_type(text_or_empty(error["type"]), code);
  made.error_message = std::move(message);
  events.add(std::move(made));
  return {};
}

Result<void> ResponsesMessage::read(json::Value root, WireEvents& events) {
  if (!root.is_object()) return broken("an event that is not an object");
  const std::string type = text_or_empty(root["type"]);
  const json::Value response = root["response"];
  if (type == "response.created" || type == "response.in_progress" || type == "response.queued") {
    start(response, events);
    return {};
  }
  if (type == "response.completed" || type == "response.incomplete") {
    return read_end(response, events);
  }
  if (type == "response.failed") return read_failure(response["error"], events);
  if (type == "error" || (type.empty() && root["error"].is_object())) {
    return read_failure(root["error"].is_object() ? root["error"] : root, events);
  }
  if (!started_) start({}, events);
  const std::int64_t output = root["output_index"].integer().value_or(0);
  if (type == "response.output_item.added" || type == "response.output_item.done") {
    return read_item(output, root["item"], type.ends_with(".done"), events);
  }
  if (type == "response.content_part.added" || type == "response.content_part.done" ||
      type == "response.reasoning_summary_part.added" ||
      type == "response.reasoning_summary_part.done") {
    return read_part(root, type.ends_with(".done"), events);
  }
  const std::size_t dot = type.rfind('.');
  const std::string_view stem =
      std::string_view(type).substr(0, dot == std::string::npos ? 0 : dot);
  const bool has_text =
      stem == "response.output_text" || stem == "response.refusal" ||
      stem == "response.reasoning_text" || stem == "response.reasoning_summary_text" ||
      stem == "response.function_call_arguments" || stem == "response.custom_tool_call_input";
  if (has_text && type.ends_with(".delta")) return read_delta(root, type, events);
  if (has_text && type.ends_with(".done")) return read_done(root, type, events);
  return {};
}

Result<void> ResponsesMessage::read_body(json::Value response, WireEvents& events) {
  if (!response.is_object()) return broken("not a JSON object");
  const json::Value error = response["error"];
  if (error.is_object()) {
    start(response, events);
    return read_failure(error, events);
  }
  const json::Value status = response["status"];
  if (!response["output"].is_array()) return broken("no output");
  if (status.equals("queued") || status.equals("in_progress")) return broken("not finished");
  return read_end(response, events);
}

}  // namespace sallyport::dialect::openai
