#pragma once

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "dialect/openai/test_support.h"

// For tests and fuzzers only: whether what a client got is a valid answer of its dialect, and what
// it says.
namespace sallyport::dialect::cross::testing {

struct Answer {
  std::string fault;  // empty where the answer is valid
  std::string text;
  std::string thinking;
  std::string refusal;
  std::vector<std::pair<std::string, std::string>> calls;  // name, arguments
  std::string end;  // finish_reason, stop_reason, or status/reason
  bool ended = false;
};

inline void fault(Answer& answer, const std::string& what) {
  if (answer.fault.empty()) answer.fault = what;
}

inline std::string text_in(json::Value value) {
  return value.is_string() ? value.text() : std::string();
}

inline void check_calls(Answer& answer) {
  for (const auto& [name, arguments] : answer.calls) {
    if (name.empty()) fault(answer, "a call without a name");
    const auto parsed = json::Document::parse(arguments);
    if (!parsed || !parsed->root().is_object()) fault(answer, "arguments that are no object");
  }
}

inline Answer check_chat_stream(const std::string& stream, bool include_usage) {
  Answer answer;
  std::string id;
  bool usage = false;
  for (const std::string& data : openai::testing::data_of(stream)) {
    if (answer.ended) fault(answer, "events behind [DONE]");
    if (data == "[DONE]") {
      answer.ended = true;
      continue;
    }
    const auto parsed = json::Document::parse(data);
    if (!parsed) {
      fault(answer, "unreadable chunk");
      continue;
    }
    const json::Value root = parsed->root();
    if (root["error"].is_object()) return answer;
    const std::string this_id = text_in(root["id"]);
    if (id.empty()) id = this_id;
    if (this_id != id || id.empty()) fault(answer, "the id changes");
    if (!root["object"].equals("chat.completion.chunk")) fault(answer, "no chunk");
    if (!root["created"].integer() || !root["model"].is_string()) fault(answer, "no head");
    if (!root["choices"].is_array()) fault(answer, "no choices");
    if (root["usage"].is_object() && root["choices"].size() == 0) usage = true;
    for (const json::Value choice : root["choices"].items()) {
      if (!answer.end.empty()) fault(answer, "a choice behind finish_reason");
      const json::Value delta = choice["delta"];
      answer.text += text_in(delta["content"]);
      answer.thinking += text_in(delta["reasoning_content"]);
      answer.refusal += text_in(delta["refusal"]);
      for (const json::Value call : delta["tool_calls"].items()) {
        const auto index = static_cast<std::size_t>(call["index"].integer().value_or(-1));
        if (index > answer.calls.size()) {
          fault(answer, "a call's index skips");
          continue;
        }
        if (index == answer.calls.size()) {
          if (text_in(call["id"]).empty()) fault(answer, "a call without an id");
          answer.calls.emplace_back();
        }
        answer.calls[index].first += text_in(call["function"]["name"]);
        answer.calls[index].second += text_in(call["function"]["arguments"]);
      }
      answer.end += text_in(choice["finish_reason"]);
    }
  }
  if (!answer.ended) fault(answer, "no [DONE]");
  if (answer.end.empty()) fault(answer, "no finish_reason");
  if (usage != include_usage) fault(answer, "usage not as asked");
  return answer;
}

inline Answer check_chat_body(const std::string& body) {
  Answer answer;
  const auto parsed = json::Document::parse(body);
  if (!parsed) return answer.fault = "unreadable", answer;
  const json::Value root = parsed->root();
  const json::Value choice = root["choices"].at(0);
  const json::Value message = choice["message"];
  if (!root["object"].equals("chat.completion") || !root["usage"].is_object() ||
      !message["role"].equals("assistant") || text_in(root["id"]).empty()) {
    fault(answer, "no completion");
  }
  answer.text = text_in(message["content"]);
  answer.thinking = text_in(message["reasoning_content"]);
  answer.refusal = text_in(message["refusal"]);
  for (const json::Value call : message["tool_calls"].items()) {
    answer.calls.emplace_back(text_in(call["function"]["name"]),
                              text_in(call["function"]["arguments"]));
  }
  answer.end = text_in(choice["finish_reason"]);
  answer.ended = true;
  return answer;
}

inline void read_response(Answer& answer, json::Value response) {
  if (!response["object"].equals("response") || !response["output"].is_array() ||
      !response["usage"].is_object() || text_in(response["id"]).empty()) {
    fault(answer, "no response object");
  }
  for (const json::Value item : response["output"].items()) {
    for (const json::Value part : item["content"].items()) {
      answer.text += text_in(part["type"].equals("output_text") ? part["text"] : json::Value());
      answer.refusal += text_in(part["refusal"]);
    }
    for (const json::Value part : item["summary"].items()) answer.thinking += text_in(part["text"]);
    if (item["type"].equals("function_call")) {
      answer.calls.emplace_back(text_in(item["name"]), text_in(item["arguments"]));
    }
  }
  answer.end = text_in(response["status"]);
  const std::string reason = text_in(response["incomplete_details"]["reason"]);
  if (!reason.empty()) answer.end += "/" + reason;
  answer.ended = true;
}

inline Answer check_responses_body(const std::string& body) {
  Answer answer;
  const auto parsed = json::Document::parse(body);
  if (!parsed) return answer.fault = "unreadable", answer;
  read_response(answer, parsed->root());
  return answer;
}

inline Answer check_responses_stream(const std::string& stream) {
  Answer answer;
  std::int64_t sequence = 0;
  std::int64_t items = 0;
  std::set<std::int64_t> open;
  std::map<std::string, std::string> said;  // by place
  for (const std::string& data : openai::testing::data_of(stream)) {
    const auto parsed = json::Document::parse(data);
    if (!parsed) return answer.fault = "unreadable event", answer;
    const json::Value root = parsed->root();
    const std::string type = text_in(root["type"]);
    if (answer.ended) fault(answer, "events behind the end");
    if (root["sequence_number"].integer() != sequence++)
      fault(answer, "sequence_number at " + type);
    if (sequence == 1 && type != "response.created" && type != "error")
      fault(answer, "no response.created first");
    const std::int64_t output = root["output_index"].integer().value_or(-1);
    const std::string place = std::to_string(output) + text_in(root["item_id"]);
    if (type == "response.output_item.added") {
      if (output != items++) fault(answer, "output_index skips");
      open.insert(output);
    } else if (type == "response.output_item.done") {
      if (open.erase(output) == 0) fault(answer, "an item done that is not open");
    } else if (output >= 0 && !open.contains(output)) {
      fault(answer, type + " outside an item");
    }
    if (type.ends_with(".delta")) said[place] += text_in(root["delta"]);
    const json::Value whole = root["text"].exists()        ? root["text"]
                              : root["arguments"].exists() ? root["arguments"]
                                                           : root["refusal"];
    if (whole.is_string()) {
      const std::string text = whole.text();
      if (text != said[place] && text != "{}") fault(answer, type + " differs from its deltas");
      said[place].clear();
    }
    const bool end =
        type == "response.completed" || type == "response.incomplete" || type == "response.failed";
    if (type == "error") return answer;
    if (end) read_response(answer, root["response"]);
    if (end && !open.empty()) fault(answer, "ended with open items");
  }
  if (!answer.ended) fault(answer, "no terminal event");
  return answer;
}

inline void read_block(Answer& answer, json::Value block) {
  const json::Value type = block["type"];
  if (type.equals("text")) answer.text += text_in(block["text"]);
  if (type.equals("thinking")) answer.thinking += text_in(block["thinking"]);
}

inline Answer check_anthropic_body(const std::string& body) {
  Answer answer;
  const auto parsed = json::Document::parse(body);
  if (!parsed) return answer.fault = "unreadable", answer;
  const json::Value root = parsed->root();
  if (!root["type"].equals("message") || !root["content"].is_array()) fault(answer, "no message");
  for (const json::Value block : root["content"].items()) {
    read_block(answer, block);
    if (block["type"].equals("tool_use")) {
      answer.calls.emplace_back(text_in(block["name"]), block["input"].raw());
    }
  }
  answer.refusal = text_in(root["stop_details"]["explanation"]);
  answer.end = text_in(root["stop_reason"]);
  answer.ended = true;
  return answer;
}

inline Answer check_anthropic_stream(const std::string& stream) {
  Answer answer;
  std::int64_t next = 0;
  std::int64_t open = -1;
  bool started = false;
  for (const std::string& data : openai::testing::data_of(stream)) {
    const auto parsed = json::Document::parse(data);
    if (!parsed) return answer.fault = "unreadable event", answer;
    const json::Value root = parsed->root();
    const std::string type = text_in(root["type"]);
    if (answer.ended) fault(answer, "events behind message_stop");
    if (type == "ping") continue;
    if (type == "error") return answer;
    if (!started && type != "message_start") fault(answer, "no message_start first");
    started = true;
    const std::int64_t index = root["index"].integer().value_or(-1);
    if (type == "content_block_start") {
      if (open >= 0 || index != next++) fault(answer, "a block out of order");
      open = index;
      const json::Value block = root["content_block"];
      read_block(answer, block);
      if (block["type"].equals("tool_use")) answer.calls.emplace_back(text_in(block["name"]), "");
    } else if (type == "content_block_delta") {
      if (index != open) fault(answer, "a delta outside its block");
      const json::Value delta = root["delta"];
      answer.text += text_in(delta["text"]);
      answer.thinking += text_in(delta["thinking"]);
      if (delta["partial_json"].is_string() && !answer.calls.empty()) {
        answer.calls.back().second += delta["partial_json"].text();
      }
    } else if (type == "content_block_stop") {
      if (index != open) fault(answer, "a stop outside its block");
      open = -1;
    } else if (type == "message_delta") {
      if (open >= 0) fault(answer, "message_delta in an open block");
      answer.end = text_in(root["delta"]["stop_reason"]);
      answer.refusal = text_in(root["delta"]["stop_details"]["explanation"]);
    } else if (type == "message_stop") {
      answer.ended = true;
    }
  }
  for (auto& call : answer.calls) {
    if (call.second.empty()) call.second = "{}";
  }
  if (!answer.ended) fault(answer, "no message_stop");
  return answer;
}

inline Answer check(Api client, bool stream, const std::string& bytes, bool include_usage) {
  Answer answer;
  switch (client) {
    case Api::anthropic:
      answer = stream ? check_anthropic_stream(bytes) : check_anthropic_body(bytes);
      break;
    case Api::openai_chat:
      answer = stream ? check_chat_stream(bytes, include_usage) : check_chat_body(bytes);
      break;
    case Api::openai_responses:
      answer = stream ? check_responses_stream(bytes) : check_responses_body(bytes);
      break;
  }
  if (answer.ended) check_calls(answer);
  return answer;
}

}  // namespace sallyport::dialect::cross::testing
