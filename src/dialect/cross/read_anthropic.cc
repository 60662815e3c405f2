#include "dialect/cross/anthropic_blocks.h"
#include "dialect/cross/readers.h"

// Source: @anthropic-ai/sdk 1.11.0, MessageCreateParamsBase.
namespace sallyport::dialect::cross {
namespace {

Result<void> read_system(json::Value system, const Place& place, Conversation& conversation) {
  if (!given(system)) return {};
  Turn turn;
  turn.role = Role::system;
  if (auto read = read_blocks(system, place, turn); !read) return read;
  if (!turn.blocks.empty()) conversation.turns.push_back(std::move(turn));
  return {};
}

Result<void> read_messages(json::Value messages, const Place& top, Conversation& conversation) {
  std::size_t index = 0;
  for (const json::Value message : messages.items()) {
    const Place place = top.at("messages").at(index++);
    if (auto fits = only(message, {"role", "content"}, place); !fits) return fits;
    Turn turn;
    if (message["role"].equals("assistant")) {
      turn.role = Role::assistant;
    } else if (message["role"].equals("system")) {
      turn.role = Role::system;
    } else if (!message["role"].equals("user")) {
      return place.at("role").inexpressible("use user, assistant or system");
    }
    if (auto read = read_blocks(message["content"], place.at("content"), turn); !read) return read;
    if (!turn.blocks.empty()) conversation.turns.push_back(std::move(turn));
  }
  return {};
}

Result<Tool> read_tool(json::Value entry, const Place& place) {
  if (given(entry["type"]) && !entry["type"].equals("custom")) {
    return place.at("type").inexpressible("tools that the vendor runs or defines exist only there");
  }
  if (auto fits = only(entry,
                       {"type", "name", "description", "input_schema", "strict", "cache_control",
                        "eager_input_streaming", "defer_loading", "allowed_callers"},
                       place);
      !fits) {
    return tl::unexpected(std::move(fits).error());
  }
  if (entry["defer_loading"].boolean().value_or(false)) {
    return place.at("defer_loading").inexpressible();
  }
  for (const json::Value caller : entry["allowed_callers"].items()) {
    if (!caller.equals("direct")) return place.at("allowed_callers").inexpressible();
  }
  Tool tool;
  auto name = text_of(entry, "name", place);
  if (!name) return tl::unexpected(std::move(name).error());
  tool.name = std::move(*name);
  if (entry["description"].is_string()) tool.description = entry["description"].text();
  if (!entry["input_schema"].is_object())
    return place.at("input_schema").wrong("must be an object");
  tool.schema_json = entry["input_schema"].raw();
  tool.strict = entry["strict"].boolean().value_or(false);
  return tool;
}

Result<void> read_tools(json::Value root, const Place& top, Conversation& conversation) {
  std::size_t index = 0;
  for (const json::Value entry : root["tools"].items()) {
    auto tool = read_tool(entry, top.at("tools").at(index++));
    if (!tool) return tl::unexpected(std::move(tool).error());
    conversation.tools.push_back(std::move(*tool));
  }
  const json::Value choice = root["tool_choice"];
  if (!given(choice)) return {};
  const Place place = top.at("tool_choice");
  if (auto fits = only(choice, {"type", "name", "disable_parallel_tool_use"}, place); !fits) {
    return fits;
  }
  conversation.one_call_at_a_time = choice["disable_parallel_tool_use"].boolean().value_or(false);
  if (choice["type"].equals("auto")) {
    conversation.tool_choice = ToolChoice::automatic;
  } else if (choice["type"].equals("any")) {
    conversation.tool_choice = ToolChoice::required;
  } else if (choice["type"].equals("none")) {
    conversation.tool_choice = ToolChoice::none;
  } else if (choice["type"].equals("tool")) {
    conversation.tool_choice = ToolChoice::named;
    auto name = text_of(choice, "name", place);
    if (!name) return tl::unexpected(std::move(name).error());
    conversation.tool_choice_name = std::move(*name);
  } else {
    return place.at("type").wrong("must be auto, any, tool or none");
  }
  return {};
}

// How many tokens to think, as how hard to think.
std::string_view effort_of_budget(std::int64_t tokens) {
  if (tokens <= 4096) return "low";
  return tokens <= 16384 ? "medium" : "high";
}

Result<void> read_thinking(json::Value root, const Place& top, Conversation& conversation) {
  const json::Value thinking = root["thinking"];
  if (given(thinking)) {
    const Place place = top.at("thinking");
    if (auto fits = only(thinking, {"type", "budget_tokens", "display"}, place); !fits) return fits;
    if (thinking["type"].equals("enabled")) {
      conversation.effort = effort_of_budget(thinking["budget_tokens"].integer().value_or(0));
    }
  }
  const json::Value output = root["output_config"];
  if (given(output)) {
    if (auto fits = only(output, {"effort", "format"}, top.at("output_config")); !fits) return fits;
    if (output["effort"].is_string()) conversation.effort = output["effort"].text();
  }
  return {};
}

Result<void> read_format(json::Value root, const Place& top, Conversation& conversation) {
  const bool older = given(root["output_format"]);
  const json::Value format = older ? root["output_format"] : root["output_config"]["format"];
  if (!given(format)) return {};
  const Place place = older ? top.at("output_format") : top.at("output_config").at("format");
  if (auto fits = only(format, {"type", "schema"}, place); !fits) return fits;
  if (!format["type"].equals("json_schema"))
    return place.at("type").inexpressible("use json_schema");
  if (!format["schema"].is_object()) return place.at("schema").wrong("must be an object");
  conversation.output_schema = OutputSchema{"answer", std::string(format["schema"].raw())};
  return {};
}

// Clearing thinking of earlier turns is done anyway: none of it crosses.
Result<void> check_context_management(json::Value management, const Place& place) {
  if (!given(management)) return {};
  if (auto fits = only(management, {"edits"}, place); !fits) return fits;
  for (const json::Value edit : management["edits"].items()) {
    const bool thinking =
        edit["type"].is_string() && edit["type"].text().starts_with("clear_thinking_");
    if (!thinking) return place.at("edits").inexpressible();
  }
  return {};
}

Result<void> read_parameters(json::Value root, const Place& top, Conversation& conversation) {
  if (auto fits =
          only(root, {"model",         "messages",           "system",       "max_tokens",
                      "stream",        "stop_sequences",     "temperature",  "top_p",
                      "tools",         "tool_choice",        "thinking",     "output_config",
                      "output_format", "metadata",           "service_tier", "speed",
                      "cache_control", "context_management", "diagnostics",  "safeguards"},
               top);
      !fits) {
    return fits;
  }
  if (given(root["speed"]) && !root["speed"].equals("standard")) {
    return top.at("speed").inexpressible();
  }
  if (auto checked =
          check_context_management(root["context_management"], top.at("context_management"));
      !checked) {
    return checked;
  }
  conversation.max_tokens = root["max_tokens"].integer().value_or(0);
  for (const std::string_view key : {"temperature", "top_p"}) {
    const json::Value value = root[key];
    if (!given(value)) continue;
    if (!value.number()) return top.at(key).wrong("must be a number");
    (key == "top_p" ? conversation.top_p_json : conversation.temperature_json) = value.raw();
  }
  for (const json::Value stop : root["stop_sequences"].items()) {
    if (!stop.is_string()) return top.at("stop_sequences").wrong("must be a list of strings");
    conversation.stop_sequences.push_back(stop.text());
  }
  const json::Value metadata = root["metadata"];
  if (auto fits = only(metadata, {"user_id"}, top.at("metadata")); !fits) return fits;
  if (metadata["user_id"].is_string()) conversation.end_user = metadata["user_id"].text();
  const json::Value tier = root["service_tier"];
  if (given(tier) && !tier.equals("auto") && !tier.equals("standard_only")) {
    return top.at("service_tier").inexpressible();
  }
  conversation.standard_tier_only = tier.equals("standard_only");
  conversation.stream = root["stream"].boolean().value_or(false);
  return {};
}

}  // namespace

Result<Conversation> read_anthropic(json::Value root, Api target) {
  const Place top("", target);
  Conversation conversation;
  auto read = read_parameters(root, top, conversation);
  if (read) read = read_system(root["system"], top.at("system"), conversation);
  if (read) read = read_messages(root["messages"], top, conversation);
  if (read) read = read_tools(root, top, conversation);
  if (read) read = read_thinking(root, top, conversation);
  if (read) read = read_format(root, top, conversation);
  if (!read) return tl::unexpected(std::move(read).error());
  return conversation;
}

}  // namespace sallyport::dialect::cross
