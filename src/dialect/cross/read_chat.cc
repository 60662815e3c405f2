#include "dialect/cross/media.h"
#include "dialect/cross/readers.h"

// Source: openai (npm) 7.55.0, ChatCompletionCreateParamsBase and ChatCompletionMessageParam.
namespace sallyport::dialect::cross {
namespace {

Result<Block> read_part(json::Value part, const Place& place) {
  const json::Value type = part["type"];
  if (type.equals("text") || type.equals("refusal")) {
    const std::string_view key = type.equals("text") ? "text" : "refusal";
    if (auto fits = only(part, {"type", key, "prompt_cache_breakpoint"}, place); !fits) {
      return tl::unexpected(std::move(fits).error());
    }
    auto text = text_of(part, key, place);
    if (!text) return tl::unexpected(std::move(text).error());
    Block block;
    block.text = std::move(*text);
    return block;
  }
  if (type.equals("image_url")) {
    const json::Value image = part["image_url"];
    auto url = text_of(image, "url", place.at("image_url"));
    if (!url) return tl::unexpected(std::move(url).error());
    return read_image_url(*url, image["detail"], place.at("image_url").at("url"));
  }
  if (type.equals("file") && given(part["file"]["file_data"])) {
    auto data = text_of(part["file"], "file_data", place.at("file"));
    if (!data) return tl::unexpected(std::move(data).error());
    return read_file_data(*data, part["file"]["filename"], place.at("file").at("file_data"));
  }
  return place.inexpressible("use text, image_url or a PDF as file_data");
}

Result<void> read_content(json::Value content, const Place& place, std::vector<Block>& blocks) {
  if (!given(content)) return {};
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

Result<Block> read_call(json::Value call, const Place& place) {
  if (!call["type"].equals("function") && given(call["type"])) return place.inexpressible();
  const json::Value function = call["function"];
  Block block;
  block.kind = BlockKind::tool_use;
  auto id = text_of(call, "id", place);
  if (!id) return tl::unexpected(std::move(id).error());
  auto name = text_of(function, "name", place.at("function"));
  if (!name) return tl::unexpected(std::move(name).error());
  auto arguments = text_of(function, "arguments", place.at("function"));
  if (!arguments) return tl::unexpected(std::move(arguments).error());
  auto json = object_text(*arguments, place.at("function").at("arguments"));
  if (!json) return tl::unexpected(std::move(json).error());
  block.id = std::move(*id);
  block.name = std::move(*name);
  block.json = std::move(*json);
  return block;
}

Result<void> read_assistant(json::Value message, const Place& place, Turn& turn) {
  // Reasoning of earlier turns belongs to the model that had it; annotations are about its answer.
  if (auto fits = only(message,
                       {"role", "content", "refusal", "tool_calls", "annotations", "reasoning",
                        "reasoning_content", "reasoning_details"},
                       place);
      !fits) {
    return fits;
  }
  turn.role = Role::assistant;
  if (auto read = read_content(message["content"], place.at("content"), turn.blocks); !read) {
    return read;
  }
  if (message["refusal"].is_string()) {
    Block block;
    block.text = message["refusal"].text();
    turn.blocks.push_back(std::move(block));
  }
  std::size_t index = 0;
  for (const json::Value call : message["tool_calls"].items()) {
    auto block = read_call(call, place.at("tool_calls").at(index++));
    if (!block) return tl::unexpected(std::move(block).error());
    turn.blocks.push_back(std::move(*block));
  }
  return {};
}

Result<void> read_tool_message(json::Value message, const Place& place, Turn& turn) {
  if (auto fits = only(message, {"role", "content", "tool_call_id"}, place); !fits) return fits;
  Block block;
  block.kind = BlockKind::tool_result;
  auto id = text_of(message, "tool_call_id", place);
  if (!id) return tl::unexpected(std::move(id).error());
  block.id = std::move(*id);
  if (auto read = read_content(message["content"], place.at("content"), block.content); !read) {
    return read;
  }
  turn.blocks.push_back(std::move(block));
  return {};
}

Result<Turn> read_message(json::Value message, const Place& place) {
  Turn turn;
  const json::Value role = message["role"];
  Result<void> read;
  if (role.equals("assistant")) {
    read = read_assistant(message, place, turn);
  } else if (role.equals("tool")) {
    read = read_tool_message(message, place, turn);
  } else if (role.equals("user") || role.equals("system") || role.equals("developer")) {
    if (!role.equals("user")) turn.role = Role::system;
    read = only(message, {"role", "content"}, place);
    if (read) read = read_content(message["content"], place.at("content"), turn.blocks);
  } else {
    return place.at("role").inexpressible("use system, developer, user, assistant or tool");
  }
  if (!read) return tl::unexpected(std::move(read).error());
  return turn;
}

Result<void> read_tools(json::Value root, const Place& top, Conversation& conversation) {
  std::size_t index = 0;
  for (const json::Value entry : root["tools"].items()) {
    const Place place = top.at("tools").at(index++);
    if (!entry["type"].equals("function")) return place.at("type").inexpressible();
    auto tool = read_function(entry["function"], place.at("function"));
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
  } else if (choice["type"].equals("function") && choice["function"]["name"].is_string()) {
    conversation.tool_choice = ToolChoice::named;
    conversation.tool_choice_name = choice["function"]["name"].text();
  } else {
    return top.at("tool_choice").inexpressible("use auto, required, none or one function");
  }
  return {};
}

Result<void> read_format(json::Value root, const Place& top, Conversation& conversation) {
  const json::Value format = root["response_format"];
  if (!given(format) || format["type"].equals("text")) return {};
  const Place place = top.at("response_format");
  if (!format["type"].equals("json_schema")) {
    return place.at("type").inexpressible("use json_schema");
  }
  auto schema = read_schema(format["json_schema"], place.at("json_schema"));
  if (!schema) return tl::unexpected(std::move(schema).error());
  conversation.output_schema = std::move(*schema);
  return {};
}

Result<void> read_parameters(json::Value root, const Place& top, Conversation& conversation) {
  // What asks for nothing that changes the answer's meaning is known here and then ignored.
  if (auto fits = only(root,
                       {"model",
                        "messages",
                        "stream",
                        "stream_options",
                        "max_tokens",
                        "max_completion_tokens",
                        "temperature",
                        "top_p",
                        "stop",
                        "tools",
                        "tool_choice",
                        "parallel_tool_calls",
                        "response_format",
                        "reasoning_effort",
                        "user",
                        "safety_identifier",
                        "service_tier",
                        "n",
                        "logprobs",
                        "top_logprobs",
                        "logit_bias",
                        "frequency_penalty",
                        "presence_penalty",
                        "modalities",
                        "verbosity",
                        "metadata",
                        "store",
                        "prompt_cache_key",
                        "prompt_cache_options",
                        "prompt_cache_retention"},
                       top);
      !fits) {
    return fits;
  }
  if (auto neutral = only_neutral(root,
                                  {{"n", "1"},
                                   {"logprobs", "false"},
                                   {"top_logprobs", "0"},
                                   {"logit_bias", "{}"},
                                   {"frequency_penalty", "0"},
                                   {"frequency_penalty", "0.0"},
                                   {"presence_penalty", "0"},
                                   {"presence_penalty", "0.0"},
                                   {"modalities", "[\"text\"]"},
                                   {"verbosity", "\"medium\""},
                                   {"service_tier", "\"auto\""},
                                   {"service_tier", "\"default\""}},
                                  top);
      !neutral) {
    return neutral;
  }
  conversation.standard_tier_only = root["service_tier"].equals("default");
  for (const std::string_view key : {"max_tokens", "max_completion_tokens"}) {
    if (const auto tokens = root[key].integer()) conversation.max_tokens = *tokens;
  }
  const json::Value stop = root["stop"];
  if (stop.is_string()) conversation.stop_sequences.push_back(stop.text());
  for (const json::Value entry : stop.items()) {
    if (!entry.is_string()) return top.at("stop").wrong("must be a string or a list of strings");
    conversation.stop_sequences.push_back(entry.text());
  }
  if (root["reasoning_effort"].is_string()) conversation.effort = root["reasoning_effort"].text();
  return read_openai_parameters(root, conversation);
}

}  // namespace

Result<Conversation> read_chat(json::Value root, Api target) {
  const Place top("", target);
  Conversation conversation;
  if (auto read = read_parameters(root, top, conversation); !read) {
    return tl::unexpected(std::move(read).error());
  }
  std::size_t index = 0;
  for (const json::Value message : root["messages"].items()) {
    auto turn = read_message(message, top.at("messages").at(index++));
    if (!turn) return tl::unexpected(std::move(turn).error());
    conversation.turns.push_back(std::move(*turn));
  }
  if (auto read = read_tools(root, top, conversation); !read) {
    return tl::unexpected(std::move(read).error());
  }
  if (auto read = read_format(root, top, conversation); !read) {
    return tl::unexpected(std::move(read).error());
  }
  return conversation;
}

}  // namespace sallyport::dialect::cross
