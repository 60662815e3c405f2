#include <charconv>

#include "dialect/cross/check.h"
#include "dialect/cross/media.h"
#include "dialect/cross/writers.h"
#include "json/writer.h"

// Source: @anthropic-ai/sdk 1.11.0, MessageCreateParamsBase.
namespace sallyport::dialect::cross {
namespace {

bool is_blank(const Block& block) {
  return block.kind == BlockKind::text &&
         block.text.find_first_not_of(" \t\r\n\f\v") == std::string::npos;
}

void write_source(json::Writer& w, const Block& block, std::string_view media_type) {
  w.key("source").begin_object();
  if (block.kind == BlockKind::image_url || block.kind == BlockKind::pdf_url) {
    w.key("type").string("url").key("url").string(block.text);
  } else {
    w.key("type").string("base64").key("media_type").string(media_type);
    w.key("data").string(block.text);
  }
  w.end_object();
}

void write_block(json::Writer& w, const Block& block) {
  w.begin_object();
  switch (block.kind) {
    case BlockKind::text:
      w.key("type").string("text").key("text").string(block.text);
      break;
    case BlockKind::image_data:
    case BlockKind::image_url:
      w.key("type").string("image");
      write_source(w, block, block.media_type);
      break;
    case BlockKind::pdf_data:
    case BlockKind::pdf_url:
      w.key("type").string("document");
      write_source(w, block, "application/pdf");
      if (!block.name.empty()) w.key("title").string(block.name);
      break;
    case BlockKind::tool_use:
      w.key("type").string("tool_use").key("id").string(plain_id(block.id));
      w.key("name").string(block.name).key("input").raw(block.json);
      break;
    case BlockKind::tool_result:
      w.key("type").string("tool_result").key("tool_use_id").string(plain_id(block.id));
      w.key("content").begin_array();
      for (const Block& part : block.content) {
        if (!is_blank(part)) write_block(w, part);
      }
      w.end_array();
      if (block.is_error) w.key("is_error").boolean(true);
      break;
  }
  w.end_object();
}

// System and developer messages stand before the conversation, in their order: the API has no other
// place for them.
void write_system(json::Writer& w, const Conversation& conversation) {
  bool any = false;
  for (const Turn& turn : conversation.turns) {
    if (turn.role != Role::system) continue;
    for (const Block& block : turn.blocks) {
      if (is_blank(block)) continue;
      if (!any) w.key("system").begin_array();
      any = true;
      write_block(w, block);
    }
  }
  if (any) w.end_array();
}

// Turns of one role that follow each other are one turn here.
Result<void> write_messages(json::Writer& w, const Conversation& conversation) {
  std::optional<Role> open;
  w.key("messages").begin_array();
  for (const Turn& turn : conversation.turns) {
    if (turn.role == Role::system) continue;
    for (const Block& block : turn.blocks) {
      if (is_blank(block)) continue;
      if (open != turn.role) {
        if (open) w.end_array().end_object();
        open = turn.role;
        w.begin_object().key("role").string(turn.role == Role::user ? "user" : "assistant");
        w.key("content").begin_array();
      }
      write_block(w, block);
    }
  }
  if (!open)
    return Place("messages", Api::anthropic).wrong("at least one message must have content");
  w.end_array().end_object().end_array();
  return {};
}

void write_tools(json::Writer& w, const Conversation& conversation) {
  if (conversation.tools.empty()) return;
  w.key("tools").begin_array();
  for (const Tool& tool : conversation.tools) {
    w.begin_object().key("name").string(tool.name);
    if (tool.description) w.key("description").string(*tool.description);
    w.key("input_schema").raw(tool.schema_json);
    if (tool.strict) w.key("strict").boolean(true);
    w.end_object();
  }
  w.end_array();
  const bool one = conversation.one_call_at_a_time;
  if (conversation.tool_choice == ToolChoice::absent && !one) return;
  w.key("tool_choice").begin_object().key("type");
  switch (conversation.tool_choice) {
    case ToolChoice::absent:
    case ToolChoice::automatic:
      w.string("auto");
      break;
    case ToolChoice::required:
      w.string("any");
      break;
    case ToolChoice::named:
      w.string("tool").key("name").string(conversation.tool_choice_name);
      break;
    case ToolChoice::none:
      w.string("none");
      break;
  }
  if (one && conversation.tool_choice != ToolChoice::none) {
    w.key("disable_parallel_tool_use").boolean(true);
  }
  w.end_object();
}

Result<void> write_temperature(json::Writer& w, const std::string& json) {
  if (json.empty()) return {};
  double value = 0;
  const auto read = std::from_chars(json.data(), json.data() + json.size(), value);
  if (read.ec != std::errc() || value < 0 || value > 1) {
    return Place("temperature", Api::anthropic).inexpressible("use 0 to 1");
  }
  w.key("temperature").raw(json);
  return {};
}

// How hard to think is output_config.effort; not to think at all is a type of thinking.
Result<void> write_effort_and_format(json::Writer& w, const Conversation& conversation) {
  const std::string& effort = conversation.effort;
  const bool none = effort == "none";
  const bool known = effort == "low" || effort == "medium" || effort == "high" ||
                     effort == "xhigh" || effort == "max" || effort == "minimal";
  if (!effort.empty() && !none && !known) {
    return Place("reasoning_effort", Api::anthropic)
        .wrong("must be none, minimal, low, medium, high, xhigh or max");
  }
  if (none) w.key("thinking").begin_object().key("type").string("disabled").end_object();
  if (!known && !conversation.output_schema) return {};
  w.key("output_config").begin_object();
  if (known) w.key("effort").string(effort == "minimal" ? "low" : effort);
  if (conversation.output_schema) {
    w.key("format").begin_object().key("type").string("json_schema");
    w.key("schema").raw(conversation.output_schema->schema_json).end_object();
  }
  w.end_object();
  return {};
}

}  // namespace

Result<std::string> write_anthropic(const Conversation& conversation, const UpstreamAsk& ask) {
  std::string out;
  json::Writer w(out);
  w.begin_object().key("model").string(ask.model).key("max_tokens");
  w.integer(conversation.max_tokens > 0 ? conversation.max_tokens : ask.default_max_tokens);
  write_system(w, conversation);
  auto written = write_messages(w, conversation);
  if (!written) return tl::unexpected(std::move(written).error());
  write_tools(w, conversation);
  if (written) written = write_temperature(w, conversation.temperature_json);
  if (written && !conversation.top_p_json.empty()) w.key("top_p").raw(conversation.top_p_json);
  if (written) written = write_effort_and_format(w, conversation);
  if (!written) return tl::unexpected(std::move(written).error());
  if (!conversation.stop_sequences.empty()) {
    w.key("stop_sequences").begin_array();
    for (const std::string& stop : conversation.stop_sequences) w.string(stop);
    w.end_array();
  }
  if (!conversation.end_user.empty()) {
    w.key("metadata").begin_object().key("user_id").string(conversation.end_user).end_object();
  }
  if (conversation.standard_tier_only) w.key("service_tier").string("standard_only");
  if (conversation.stream) w.key("stream").boolean(true);
  w.end_object();
  return out;
}

}  // namespace sallyport::dialect::cross
