#include "dialect/openai/chat_message.h"

#include <algorithm>

#include "dialect/openai/usage_json.h"
#include "dialect/openai/words.h"

namespace sallyport::dialect::openai {
namespace {

constexpr std::size_t kMaxChoices = 128;
constexpr std::size_t kMaxErrorTextBytes = 4096;

std::string text_or_empty(json::Value value) {
  return value.is_string() ? value.text() : std::string();
}

}  // namespace

Result<void> ChatMessage::read(json::Value root, WireEvents& events) {
  if (!root.is_object()) {
    return fail(Code::protocol, "chat answer: not a JSON object", Source::upstream);
  }
  const json::Value error = root["error"];
  const bool is_error = root["object"].equals("error");  // vLLM
  if (is_error || (error.exists() && !error.is_null())) {
    add_error(is_error ? root : error, events);
    return {};
  }
  if (root["usage"].is_object()) usage_ = read_chat_usage(root["usage"]);
  const json::Value choices = root["choices"];
  if (choices.size() == 0) return {};
  if (!started_) {
    started_ = true;
    Event start;
    start.kind = EventKind::message_start;
    start.id = id_ = text_or_empty(root["id"]);
    start.model = text_or_empty(root["model"]);
    start.usage = usage_;
    events.add(std::move(start));
  }
  for (const json::Value choice : choices.items()) {
    if (auto read = read_choice(choice, events); !read) return read;
  }
  return {};
}

Result<void> ChatMessage::read_choice(json::Value choice, WireEvents& events) {
  if (!choice.is_object()) {
    return fail(Code::protocol, "chat answer: a choice that is not an object", Source::upstream);
  }
  const std::int64_t index = choice["index"].integer().value_or(0);
  if (index < 0 || index >= static_cast<std::int64_t>(kMaxChoices)) {
    return fail(Code::protocol, "chat answer: a choice index out of range", Source::upstream);
  }
  auto found = std::find_if(choices_.begin(), choices_.end(),
                            [index](const ChatChoice& known) { return known.index() == index; });
  if (found == choices_.end()) {
    choices_.emplace_back(static_cast<int>(index), id_);
    found = std::prev(choices_.end());
  }
  return found->read(choice, events);
}

void ChatMessage::add_error(json::Value error, WireEvents& events) {
  failed_ = true;
  Event made;
  made.kind = EventKind::error;
  const json::Value code = error["code"];
  const std::string code_text = code.is_string() ? code.text()
                                : code.integer() ? std::to_string(*code.integer())
                                                 : std::string();
  made.error_type = messages_error_type(text_or_empty(error["type"]), code_text);
  made.error_message = error.is_string() ? error.text() : text_or_empty(error["message"]);
  if (made.error_message.size() > kMaxErrorTextBytes) made.error_message.resize(kMaxErrorTextBytes);
  events.add(std::move(made));
}

bool ChatMessage::all_finished() const {
  return !choices_.empty() &&
         std::all_of(choices_.begin(), choices_.end(),
                     [](const ChatChoice& choice) { return choice.finished(); });
}

Event ChatMessage::ending() const {
  // Of several choices the first that was not refused speaks for the answer: it is a refusal only
  // where all are.
  const auto spoken = std::find_if(choices_.begin(), choices_.end(), [](const ChatChoice& choice) {
    return choice.stop_reason() != "refusal";
  });
  const ChatChoice& choice = spoken != choices_.end() ? *spoken : choices_.front();
  Event end;
  end.kind = EventKind::message_delta;
  end.stop_reason = choice.stop_reason();
  end.usage = usage_;
  if (end.stop_reason == "stop_sequence") end.stop_sequence = choice.stop_sequence();
  if (end.stop_reason == "refusal") {
    end.stop_details.emplace();
    if (!choice.refusal().empty()) end.stop_details->explanation = choice.refusal();
  }
  return end;
}

}  // namespace sallyport::dialect::openai
