#include "dialect/cross/media.h"
#include "dialect/cross/readers.h"

// Source: openai (npm) 7.55.0, ResponseCreateParamsBase and ResponseInputItem.
namespace sallyport::dialect::cross {
namespace {

Result<Block> read_part(json::Value part, const Place& place) {
  const json::Value type = part["type"];
  const bool refusal = type.equals("refusal");
  if (refusal || type.equals("input_text") || type.equals("output_text")) {
    // Annotations and log probabilities tell of an earlier answer's making.
    const std::string_view key = refusal ? "refusal" : "text";
    if (auto fits =
            only(part, {"type", key, "annotations", "logprobs", "prompt_cache_breakpoint"}, place);
        !fits) {
      return tl::unexpected(std::move(fits).error());
    }
    auto text = text_of(part, key, place);
    if (!text) return tl::unexpected(std::move(text).error());
    Block block;
    block.text = std::move(*text);
    return block;
  }
  if (type.equals("input_image") && part["image_url"].is_string()) {
    return read_image_url(part["image_url"].text(), part["detail"], place.at("image_url"));
  }
  if (type.equals("input_file") && part["file_data"].is_string()) {
    return read_file_data(part["file_data"].text(), part["filename"], place.at("file_data"));
  }
  if (type.equals("input_file") && part["file_url"].is_string()) {
    if (place.target() != Api::anthropic)
      return place.at("file_url").inexpressible("use file_data");
    Block block;
    block.kind = BlockKind::pdf_url;
    block.text = part["file_url"].text();
    return block;
  }
  return place.inexpressible("use text, image_url, or a PDF as file_data");
}

Result<void> read_content(json::Value content, const Place& place, std::vector<Block>& blocks) {
  if (content.is_string()) {
    Block block;
    block.text = content.text();
    blocks.push_back(std::move(block));
    return {};
  }
  if (!content.is_array()) return place.wrong("must be a string or an array");
  std::size_t index = 0;
  for (const json::Value part : content.items()) {
    auto block = read_part(part, place.at(index++));
    if (!block) return tl::unexpected(std::move(block).error());
    blocks.push_back(std::move(*block));
  }
  return {};
}

Result<void> read_message(json::Value item, const Place& place, Turn& turn) {
  if (auto fits = only(item, {"type", "role", "content", "id", "status", "phase"}, place); !fits) {
    return fits;
  }
  const json::Value role = item["role"];
  if (role.equals("assistant")) {
    turn.role = Role::assistant;
  } else if (role.equals("system") || role.equals("developer")) {
    turn.role = Role::system;
  } else if (!role.equals("user")) {
    return place.at("role").inexpressible("use system, developer, user or assistant");
  }
  return read_content(item["content"], place.at("content"), turn.blocks);
}

Result<void> read_call(json::Value item, const Place& place, Turn& turn) {
  if (auto fits = only(item, {"type", "id", "call_id", "name", "arguments", "status"}, place);
      !fits) {
    return fits;
  }
  turn.role = Role::assistant;
  Block block;
  block.kind = BlockKind::tool_use;
  auto id = text_of(item, "call_id", place);
  if (!id) return tl::unexpected(std::move(id).error());
  auto name = text_of(item, "name", place);
  if (!name) return tl::unexpected(std::move(name).error());
  auto arguments = text_of(item, "arguments", place);
  if (!arguments) return tl::unexpected(std::move(arguments).error());
  auto json = object_text(*arguments, place.at("arguments"));
  if (!json) return tl::unexpected(std::move(json).error());
  block.id = std::move(*id);
  block.name = std::move(*name);
  block.json = std::move(*json);
  turn.blocks.push_back(std::move(block));
  return {};
}

Result<void> read_output(json::Value item, const Place& place, Turn& turn) {
  if (auto fits = only(item, {"type", "id", "call_id", "output", "status"}, place); !fits) {
    return fits;
  }
  Block block;
  block.kind = BlockKind::tool_result;
  auto id = text_of(item, "call_id", place);
  if (!id) return tl::unexpected(std::move(id).error());
  block.id = std::move(*id);
  if (auto read = read_content(item["output"], place.at("output"), block.content); !read) {
    return read;
  }
  turn.blocks.push_back(std::move(block));
  return {};
}

Result<void> read_item(json::Value item, const Place& place, Conversation& conversation) {
  const json::Value type = item["type"];
  // Reasoning of earlier turns belongs to the model that had it.
  if (type.equals("reasoning")) return {};
  Turn turn;
  Result<void> read;
  if (type.equals("message") || (!given(type) && given(item["role"]))) {
    read = read_message(item, place, turn);
  } else if (type.equals("function_call")) {
    read = read_call(item, place, turn);
  } else if (type.equals("function_call_output")) {
    read = read_output(item, place, turn);
  } else {
    return place.at("type").inexpressible(
        "use message, function_call, function_call_output or reasoning");
  }
  if (!read) return read;
  // Items that belong to one turn: what an assistant said and called, and what its calls returned.
  const bool joins = !conversation.turns.empty() && turn.role != Role::system &&
                     conversation.turns.back().role == turn.role;
  if (joins) {
    for (Block& block : turn.blocks) {
      conversation.turns.back().blocks.push_back(std::move(block));
    }
  } else {
    conversation.turns.push_back(std::move(turn));
  }
  return {};
}

Result<void> read_input(json::Value root, const Place& top, Conversation& conversation) {
  if (root["instructions"].is_string()) {
    Turn turn;
    turn.role = Role::system;
    turn.blocks.emplace_back().text = root["instructions"].text();
    conversation.turns.push_back(std::move(turn));
  }
  const json::Value input = root["input"];
  if (input.is_string()) {
    Turn turn;
    turn.blocks.emplace_back().text = input.text();
    conversation.turns.push_back(std::move(turn));
  }
  std::size_t index = 0;
  for (const json::Value item : input.items()) {
    if (auto read = read_item(item, top.at("input").at(index++), conversation); !read) return read;
  }
  return {};
}

Result<void> read_tools(json::Value root, const Place& top, Conversation& conversation) {
  std::size_t index = 0;
  for (const json::Value entry : root["tools"].items()) {
    const Place place = top.at("tools").at(index++);
    if (!entry["type"].equals("function")) return place.at("type").inexpressible();
    auto tool = read_function(entry, place);
    if (!tool) return tl::unexpected(std::move(tool).error());
    conversation.tools.push_back(std::move(*tool));
  }
  const json::Value choice = root["tool_choice"];
  if (!given(choice)) return {};
  if (choice.equals("auto")) {
    conversation.tool_choice = ToolChoice::automatic;
  } else if (choice.equals("required")) {
    conversation.tool_choice = ToolChoice::required;
  } else if (choice.equals("none")) {
    conversation.tool_choice = ToolChoice::none;
  } else if (choice["type"].equals("function") && choice["name"].is_string()) {
    conversation.tool_choice = ToolChoice::named;
    conversation.tool_choice_name = choice["name"].text();
  } else {
    return top.at("tool_choice").inexpressible("use auto, required, none or one function");
  }
  return {};
}

Result<void> read_text_and_reasoning(json::Value root, const Place& top,
                                     Conversation& conversation) {
  const json::Value text = root["text"];
  if (auto fits = only(text, {"format", "verbosity"}, top.at("text")); !fits) return fits;
  if (auto neutral = only_neutral(text, {{"verbosity", "\"medium\""}}, top.at("text")); !neutral) {
    return neutral;
  }
  const json::Value format = text["format"];
  if (given(format) && !format["type"].equals("text")) {
    const Place place = top.at("text").at("format");
    if (!format["type"].equals("json_schema")) {
      return place.at("type").inexpressible("use json_schema");
    }
    auto schema = read_schema(format, place);
    if (!schema) return tl::unexpected(std::move(schema).error());
    conversation.output_schema = std::move(*schema);
  }
  const json::Value reasoning = root["reasoning"];
  // Whether and how reasoning is shown or kept is the upstream's matter.
  const Place place = top.at("reasoning");
  if (auto fits =
          only(reasoning, {"effort", "summary", "generate_summary", "context", "mode"}, place);
      !fits) {
    return fits;
  }
  if (auto neutral = only_neutral(reasoning, {{"mode", "\"standard\""}}, place); !neutral) {
    return neutral;
  }
  if (reasoning["effort"].is_string()) conversation.effort = reasoning["effort"].text();
  return {};
}

Result<void> read_parameters(json::Value root, const Place& top, Conversation& conversation) {
  if (auto fits = only(root,
                       {"model",
                        "input",
                        "instructions",
                        "stream",
                        "stream_options",
                        "max_output_tokens",
                        "temperature",
                        "top_p",
                        "tools",
                        "tool_choice",
                        "parallel_tool_calls",
                        "text",
                        "reasoning",
                        "user",
                        "safety_identifier",
                        "service_tier",
                        "metadata",
                        "store",
                        "include",
                        "background",
                        "truncation",
                        "top_logprobs",
                        "prompt_cache_key",
                        "prompt_cache_options",
                        "prompt_cache_retention"},
                       top);
      !fits) {
    return fits;
  }
  if (auto neutral = only_neutral(root,
                                  {{"background", "false"},
                                   {"truncation", "\"disabled\""},
                                   {"top_logprobs", "0"},
                                   {"service_tier", "\"auto\""},
                                   {"service_tier", "\"default\""}},
                                  top);
      !neutral) {
    return neutral;
  }
  for (const json::Value include : root["include"].items()) {
    // Asked for by clients that keep no state; nothing of it crosses, and none is expected back.
    if (!include.equals("reasoning.encrypted_content")) return top.at("include").inexpressible();
  }
  conversation.standard_tier_only = root["service_tier"].equals("default");
  conversation.max_tokens = root["max_output_tokens"].integer().value_or(0);
  return read_openai_parameters(root, conversation);
}

}  // namespace

Result<Conversation> read_responses(json::Value root, Api target) {
  const Place top("", target);
  Conversation conversation;
  auto read = read_parameters(root, top, conversation);
  if (read) read = read_input(root, top, conversation);
  if (read) read = read_tools(root, top, conversation);
  if (read) read = read_text_and_reasoning(root, top, conversation);
  if (!read) return tl::unexpected(std::move(read).error());
  return conversation;
}

}  // namespace sallyport::dialect::cross
