#include "dialect/cross/check.h"
#include "dialect/cross/media.h"
#include "dialect/cross/writers.h"
#include "json/writer.h"

// Source: openai (npm) 7.55.0, ChatCompletionCreateParamsBase.
namespace sallyport::dialect::cross {
namespace {

constexpr std::string_view kErrorPrefix = "Error: ";

bool all_text(const std::vector<Block>& blocks) {
  for (const Block& block : blocks) {
    if (block.kind != BlockKind::text) return false;
  }
  return true;
}

std::string joined_text(const std::vector<Block>& blocks) {
  std::string all;
  for (const Block& block : blocks) {
    if (block.kind != BlockKind::text || block.text.empty()) continue;
    if (!all.empty()) all += "\n\n";
    all += block.text;
  }
  return all;
}

Result<void> write_part(json::Writer& w, const Block& block) {
  w.begin_object();
  switch (block.kind) {
    case BlockKind::text:
      w.key("type").string("text").key("text").string(block.text);
      break;
    case BlockKind::image_data:
    case BlockKind::image_url:
      w.key("type").string("image_url").key("image_url").begin_object().key("url");
      w.string(block.kind == BlockKind::image_url ? block.text
                                                  : make_data_url(block.media_type, block.text));
      if (!block.detail.empty()) w.key("detail").string(block.detail);
      w.end_object();
      break;
    case BlockKind::pdf_data:
      w.key("type").string("file").key("file").begin_object().key("filename");
      w.string(block.name.empty() ? "document.pdf" : block.name).key("file_data");
      w.string(make_data_url("application/pdf", block.text)).end_object();
      break;
    default:
      return Place("messages", Api::openai_chat)
          .inexpressible("send the document itself, as a base64 PDF");
  }
  w.end_object();
  return {};
}

Result<void> write_user(json::Writer& w, const std::vector<Block>& blocks) {
  if (blocks.empty()) return {};
  w.begin_object().key("role").string("user").key("content");
  if (blocks.size() == 1 && all_text(blocks)) {
    w.string(blocks.front().text);
  } else {
    w.begin_array();
    for (const Block& block : blocks) {
      if (auto written = write_part(w, block); !written) return written;
    }
    w.end_array();
  }
  w.end_object();
  return {};
}

void write_assistant(json::Writer& w, const std::vector<Block>& blocks) {
  w.begin_object().key("role").string("assistant").key("content");
  const std::string text = joined_text(blocks);
  bool calls = false;
  for (const Block& block : blocks) calls |= block.kind == BlockKind::tool_use;
  if (text.empty() && calls) {
    w.null();
  } else {
    w.string(text);
  }
  if (calls) {
    w.key("tool_calls").begin_array();
    for (const Block& block : blocks) {
      if (block.kind != BlockKind::tool_use) continue;
      w.begin_object().key("id").string(block.id).key("type").string("function");
      w.key("function").begin_object().key("name").string(block.name);
      w.key("arguments").string(block.json).end_object().end_object();
    }
    w.end_array();
  }
  w.end_object();
}

// A tool message is text only: what else a tool returned follows in the user's message.
void write_tool_message(json::Writer& w, const Block& result, std::vector<Block>& rest) {
  std::string text = result.is_error ? std::string(kErrorPrefix) : std::string();
  text += joined_text(result.content);
  std::vector<Block> others;
  for (const Block& block : result.content) {
    if (block.kind != BlockKind::text) others.push_back(block);
  }
  if (!others.empty()) {
    if (!text.empty()) text += "\n\n";
    text += "(The result's images or files follow in the next message.)";
    Block label;
    label.text = "Result of the tool call " + result.id + ":";
    rest.push_back(std::move(label));
    for (Block& block : others) rest.push_back(std::move(block));
  }
  w.begin_object().key("role").string("tool").key("tool_call_id").string(result.id);
  w.key("content").string(text).end_object();
}

Result<void> write_turn(json::Writer& w, const Turn& turn) {
  if (turn.role == Role::assistant) {
    write_assistant(w, turn.blocks);
    return {};
  }
  if (turn.role == Role::system) {
    w.begin_object().key("role").string("system").key("content");
    w.string(joined_text(turn.blocks)).end_object();
    return {};
  }
  std::vector<Block> rest;
  for (const Block& block : turn.blocks) {
    if (block.kind == BlockKind::tool_result) write_tool_message(w, block, rest);
  }
  for (const Block& block : turn.blocks) {
    if (block.kind != BlockKind::tool_result) rest.push_back(block);
  }
  return write_user(w, rest);
}

void write_tools(json::Writer& w, const Conversation& conversation) {
  if (conversation.tools.empty()) return;
  w.key("tools").begin_array();
  for (const Tool& tool : conversation.tools) {
    w.begin_object().key("type").string("function").key("function").begin_object();
    w.key("name").string(tool.name);
    if (tool.description) w.key("description").string(*tool.description);
    w.key("parameters").raw(tool.schema_json);
    if (tool.strict) w.key("strict").boolean(true);
    w.end_object().end_object();
  }
  w.end_array();
  switch (conversation.tool_choice) {
    case ToolChoice::absent:
      break;
    case ToolChoice::automatic:
      w.key("tool_choice").string("auto");
      break;
    case ToolChoice::required:
      w.key("tool_choice").string("required");
      break;
    case ToolChoice::none:
      w.key("tool_choice").string("none");
      break;
    case ToolChoice::named:
      w.key("tool_choice").begin_object().key("type").string("function");
      w.key("function").begin_object().key("name").string(conversation.tool_choice_name);
      w.end_object().end_object();
      break;
  }
  if (conversation.one_call_at_a_time) w.key("parallel_tool_calls").boolean(false);
}

void write_parameters(json::Writer& w, const Conversation& conversation, const UpstreamAsk& ask) {
  if (conversation.max_tokens > 0) {
    w.key(ask.old_token_limit ? "max_tokens" : "max_completion_tokens");
    w.integer(conversation.max_tokens);
  }
  if (!conversation.temperature_json.empty()) {
    w.key("temperature").raw(conversation.temperature_json);
  }
  if (!conversation.top_p_json.empty()) w.key("top_p").raw(conversation.top_p_json);
  if (!conversation.stop_sequences.empty()) {
    w.key("stop").begin_array();
    for (const std::string& stop : conversation.stop_sequences) w.string(stop);
    w.end_array();
  }
  if (!conversation.effort.empty()) w.key("reasoning_effort").string(conversation.effort);
  if (conversation.output_schema) {
    w.key("response_format").begin_object().key("type").string("json_schema");
    w.key("json_schema").begin_object().key("name").string(conversation.output_schema->name);
    w.key("schema").raw(conversation.output_schema->schema_json);
    w.key("strict").boolean(true).end_object().end_object();
  }
  if (!conversation.end_user.empty()) w.key("user").string(conversation.end_user);
  if (conversation.standard_tier_only) w.key("service_tier").string("default");
  if (conversation.stream) {
    w.key("stream").boolean(true).key("stream_options").begin_object();
    w.key("include_usage").boolean(true).end_object();
  }
}

}  // namespace

Result<std::string> write_chat(const Conversation& conversation, const UpstreamAsk& ask) {
  std::string out;
  json::Writer w(out);
  w.begin_object().key("model").string(ask.model).key("messages").begin_array();
  for (const Turn& turn : conversation.turns) {
    if (auto written = write_turn(w, turn); !written) {
      return tl::unexpected(std::move(written).error());
    }
  }
  w.end_array();
  write_tools(w, conversation);
  write_parameters(w, conversation, ask);
  w.end_object();
  return out;
}

}  // namespace sallyport::dialect::cross
