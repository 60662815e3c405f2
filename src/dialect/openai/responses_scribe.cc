#include "dialect/openai/responses_scribe.h"

#include "dialect/openai/words.h"
#include "sse/writer.h"

namespace sallyport::dialect::openai {
namespace {

constexpr std::size_t kMaxItems = 4096;

std::string text_or_empty(json::Value value) {
  return value.is_string() ? value.text() : std::string();
}

}  // namespace

void ResponsesScribe::emit(std::string_view type, const std::function<void(json::Writer&)>& members,
                           std::string& out) {
  std::string data;
  json::Writer w(data);
  w.begin_object().key("type").string(type).key("sequence_number").integer(take_sequence());
  members(w);
  w.end_object();
  sse::append_event(out, type, data);
}

void ResponsesScribe::place(json::Writer& w, const Item& item) const {
  w.key("item_id").string(item.id);
  w.key("output_index").integer(static_cast<std::int64_t>(item.output_index));
  if (item.kind == Kind::message) {
    w.key("content_index").integer(static_cast<std::int64_t>(item.parts.size()));
  } else if (item.kind == Kind::reasoning) {
    w.key("summary_index").integer(static_cast<std::int64_t>(item.parts.size()));
  }
}

void ResponsesScribe::start(std::string& out) {
  if (started_) return;
  started_ = true;
  for (const std::string_view type : {"response.created", "response.in_progress"}) {
    const std::string response = response_json(head, {}, nullptr, "");
    emit(
        type, [&](json::Writer& w) { w.key("response").raw(response); }, out);
  }
}

std::string ResponsesScribe::item_json(const Item& item, std::string_view status) const {
  switch (item.kind) {
    case Kind::message:
      return message_item_json(item.id, status, item.parts);
    case Kind::reasoning:
      return reasoning_item_json(item.id, item.parts);
    case Kind::call:
      return call_item_json(item.id, status, item.call_id, item.name, item.text);
    case Kind::other:
      return item.raw;
  }
  return "{}";
}

ResponsesScribe::Item& ResponsesScribe::add_item(Kind kind, std::string_view prefix) {
  Item item;
  item.kind = kind;
  item.output_index = done_.size();
  item.id = std::string(prefix) + head.id + "_" + std::to_string(item.output_index);
  done_.emplace_back();
  open_.push_back(std::move(item));
  return open_.back();
}

void ResponsesScribe::open(const Event& event, std::string& out) {
  start(out);
  const bool call = event.block == BlockType::tool_use;
  const bool thinks = event.block == BlockType::thinking;
  Item& item = call     ? add_item(Kind::call, "fc_")
               : thinks ? add_item(Kind::reasoning, "rs_")
                        : add_item(Kind::message, "msg_");
  item.block = event.index;
  item.call_id = event.tool_id;
  item.name = event.tool_name;
  emit(
      "response.output_item.added",
      [&](json::Writer& w) {
        w.key("output_index").integer(static_cast<std::int64_t>(item.output_index));
        w.key("item").raw(item_json(item, "in_progress"));
      },
      out);
  if (!call) open_part(item, event.block, out);
}

void ResponsesScribe::open_part(Item& item, BlockType type, std::string& out) {
  item.part_open = true;
  item.part = type;
  item.text_told = false;
  item.text.clear();
  const bool thinks = item.kind == Kind::reasoning;
  emit(
      thinks ? "response.reasoning_summary_part.added" : "response.content_part.added",
      [&](json::Writer& w) {
        place(w, item);
        w.key("part").raw(part_json(type, ""));
      },
      out);
}

void ResponsesScribe::add(int block, std::string_view text, std::string& out) {
  Item* item = find(block);
  if (item == nullptr || text.empty()) return;
  item->text += text;
  has_text_ |= item->kind == Kind::message;
  const std::string_view type = item->kind == Kind::call ? "response.function_call_arguments.delta"
                                : item->kind == Kind::reasoning
                                    ? "response.reasoning_summary_text.delta"
                                : item->part == BlockType::refusal ? "response.refusal.delta"
                                                                   : "response.output_text.delta";
  emit(
      type,
      [&](json::Writer& w) {
        place(w, *item);
        w.key("delta").string(text);
        if (type == "response.output_text.delta") w.key("logprobs").begin_array().end_array();
      },
      out);
}

void ResponsesScribe::close_part(Item& item, std::string& out) {
  if (!item.part_open) return;
  const bool thinks = item.kind == Kind::reasoning;
  const bool refuses = item.part == BlockType::refusal;
  const std::string_view told = thinks    ? "response.reasoning_summary_text.done"
                                : refuses ? "response.refusal.done"
                                          : "response.output_text.done";
  const auto tell = [&](json::Writer& w) {
    place(w, item);
    w.key(refuses ? "refusal" : "text").string(item.text);
    if (!thinks && !refuses) w.key("logprobs").begin_array().end_array();
  };
  if (!item.text_told) emit(told, tell, out);
  const std::string part = part_json(item.part, item.text);
  emit(
      thinks ? "response.reasoning_summary_part.done" : "response.content_part.done",
      [&](json::Writer& w) {
        place(w, item);
        w.key("part").raw(part);
      },
      out);
  item.parts.push_back(part);
  item.part_open = false;
  item.text.clear();
}

void ResponsesScribe::close_item(Item& item, std::string_view status, std::string& out) {
  close_part(item, out);
  if (item.kind == Kind::call && !item.text_told) {
    if (item.text.empty()) item.text = "{}";
    emit(
        "response.function_call_arguments.done",
        [&](json::Writer& w) {
          place(w, item);
          w.key("name").string(item.name).key("arguments").string(item.text);
        },
        out);
  }
  const std::string json = item_json(item, status);
  emit(
      "response.output_item.done",
      [&](json::Writer& w) {
        w.key("output_index").integer(static_cast<std::int64_t>(item.output_index));
        w.key("item").raw(json);
      },
      out);
  done_[item.output_index] = json;
}

void ResponsesScribe::close(int block, std::string& out) {
  Item* item = find(block);
  if (item == nullptr) return;
  close_item(*item, "completed", out);
  open_.erase(open_.begin() + (item - open_.data()));
}

void ResponsesScribe::close_all(std::string_view status, std::string& out) {
  for (Item& item : open_) close_item(item, status, out);
  open_.clear();
}

void ResponsesScribe::refuse(std::string_view text, std::string& out) {
  start(out);
  constexpr int kOurBlock = -2;
  Item* message = nullptr;
  for (Item& item : open_) {
    if (item.kind == Kind::message) message = &item;
  }
  if (message == nullptr) {
    Event event;
    event.index = kOurBlock;
    event.block = BlockType::refusal;
    open(event, out);
    message = &open_.back();
  } else {
    close_part(*message, out);
    open_part(*message, BlockType::refusal, out);
    message->block = kOurBlock;
  }
  add(kOurBlock, text, out);
}

void ResponsesScribe::end(const Finish& finish, std::string_view extension, std::string& out) {
  start(out);
  const std::string_view status = status_of(finish);
  close_all(status, out);
  const std::string response = response_json(head, output(), &finish, extension);
  emit(
      "response." + std::string(status), [&](json::Writer& w) { w.key("response").raw(response); },
      out);
}

void ResponsesScribe::error(const PublicError& error, std::string& out) {
  emit(
      "error",
      [&](json::Writer& w) {
        w.key("code").string(error.code.empty() ? error.type : error.code);
        w.key("message").string(error.message).key("param");
        if (error.param.empty()) {
          w.null();
        } else {
          w.string(error.param);
        }
      },
      out);
}

std::vector<std::string> ResponsesScribe::output() const {
  std::vector<std::string> items;
  for (const std::string& item : done_) {
    if (!item.empty()) items.push_back(item);
  }
  return items;
}

ResponsesScribe::Item* ResponsesScribe::find(int block) {
  for (Item& item : open_) {
    if (item.block == block) return &item;
  }
  return nullptr;
}

ResponsesScribe::Item* ResponsesScribe::at(json::Value output_index) {
  const std::int64_t index = output_index.integer().value_or(-1);
  for (Item& item : open_) {
    if (static_cast<std::int64_t>(item.output_index) == index) return &item;
  }
  return nullptr;
}

void ResponsesScribe::follow_item(json::Value event) {
  const std::int64_t index = event["output_index"].integer().value_or(-1);
  if (index < 0 || index >= static_cast<std::int64_t>(kMaxItems)) return;
  const auto position = static_cast<std::size_t>(index);
  if (position >= done_.size()) done_.resize(position + 1);
  const json::Value raw = event["item"];
  if (event["type"].equals("response.output_item.done")) {
    done_[position] = raw.raw();
    std::erase_if(open_, [&](const Item& item) { return item.output_index == position; });
    return;
  }
  Item item;
  item.output_index = position;
  item.id = text_or_empty(raw["id"]);
  item.raw = raw.raw();
  item.kind = raw["type"].equals("message")         ? Kind::message
              : raw["type"].equals("reasoning")     ? Kind::reasoning
              : raw["type"].equals("function_call") ? Kind::call
                                                    : Kind::other;
  item.call_id = text_or_empty(raw["call_id"]);
  item.name = text_or_empty(raw["name"]);
  open_.push_back(std::move(item));
}

void ResponsesScribe::follow(json::Value event) {
  if (const auto number = event["sequence_number"].integer()) sequence_ = *number + 1;
  const std::string type = text_or_empty(event["type"]);
  if (event["response"].is_object() && !started_) {
    started_ = true;
    const json::Value response = event["response"];
    head.id = text_or_empty(response["id"]);
    if (response["created_at"].number()) head.created = response["created_at"].raw();
    return;
  }
  if (type == "response.output_item.added" || type == "response.output_item.done") {
    follow_item(event);
    return;
  }
  Item* item = at(event["output_index"]);
  if (item == nullptr) return;
  if (type == "response.content_part.added" || type == "response.reasoning_summary_part.added") {
    item->part_open = true;
    item->text_told = false;
    item->text.clear();
    const json::Value part = event["part"];
    item->part = part["type"].equals("refusal")  ? BlockType::refusal
                 : item->kind == Kind::reasoning ? BlockType::thinking
                                                 : BlockType::text;
  } else if (type == "response.content_part.done" ||
             type == "response.reasoning_summary_part.done") {
    item->part_open = false;
    item->text.clear();
    item->parts.emplace_back(event["part"].raw());
  } else if (type.ends_with(".done")) {
    item->text_told = true;
  }
}

void ResponsesScribe::follow_block(int block) {
  if (!open_.empty()) open_.back().block = block;
}

void ResponsesScribe::follow_text(int block, std::string_view text) {
  Item* item = find(block);
  if (item == nullptr) return;
  item->text += text;
  has_text_ |= item->kind == Kind::message;
}

}  // namespace sallyport::dialect::openai
