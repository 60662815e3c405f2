#include "dialect/anthropic/request_fields.h"

// What is read of a conversation must have the shape that the model's server reads: turns with a
// role, and content that is a string or a list of typed blocks. Which types exist is an open set.
namespace sallyport::dialect::anthropic {
namespace {

Decoded<void> check_fallback_block(json::Value block, const std::string& path, bool assistant) {
  if (!assistant) {
    return refuse(path + ": a `fallback` block is permitted in an assistant turn only");
  }
  if (given(block["cache_control"])) {
    return refuse(path + ".fallback.cache_control: Extra inputs are not permitted");
  }
  return {};
}

Decoded<void> check_turn(ClientRequest& request, json::Value turn, std::size_t number) {
  const auto path = [number] { return "messages." + std::to_string(number); };
  if (!turn.is_object()) return refuse(path() + ": Input should be a valid dictionary");
  const json::Value role = turn["role"];
  if (!role) return refuse(path() + ".role: Field required");
  if (!role.is_string()) return refuse(path() + ".role: Input should be a valid string");
  const json::Value content = turn["content"];
  if (!content) return refuse(path() + ".content: Field required");
  if (content.is_string()) return {};
  if (!content.is_array()) {
    return refuse(path() + ".content: Input should be a valid string or list");
  }
  const bool assistant = role.equals("assistant");
  std::size_t index = 0;
  for (const json::Value block : content.items()) {
    const auto block_path = [&] { return path() + ".content." + std::to_string(index); };
    if (!block.is_object()) return refuse(block_path() + ": Input should be a valid dictionary");
    const json::Value type = block["type"];
    if (!type.is_string()) return refuse(block_path() + ".type: Field required");
    if (type.equals("fallback")) {
      if (auto ok = check_fallback_block(block, block_path(), assistant); !ok) return ok;
      request.echoes_fallback = true;
    }
    ++index;
  }
  return {};
}

Decoded<void> check_system(json::Value system) {
  if (!given(system) || system.is_string()) return {};
  if (!system.is_array()) return refuse("system: Input should be a valid string or list");
  std::size_t index = 0;
  for (const json::Value block : system.items()) {
    if (!block.is_object() || !block["type"].is_string()) {
      return refuse("system." + std::to_string(index) + ".type: Field required");
    }
    ++index;
  }
  return {};
}

}  // namespace

Decoded<void> check_messages(ClientRequest& request) {
  const json::Value root = request.document.root();
  if (auto checked = check_system(root["system"]); !checked) return checked;
  const json::Value messages = root["messages"];
  if (!messages) return refuse("messages: Field required");
  if (!messages.is_array()) return refuse("messages: Input should be a valid list");
  if (messages.size() == 0) return refuse("messages: at least one message is required");
  std::size_t number = 0;
  for (const json::Value turn : messages.items()) {
    if (auto checked = check_turn(request, turn, number); !checked) return checked;
    ++number;
  }
  return {};
}

}  // namespace sallyport::dialect::anthropic
