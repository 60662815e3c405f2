#include "dialect/anthropic/wire.h"

#include <functional>

#include "json/document.h"
#include "json/splice.h"
#include "json/writer.h"

namespace sallyport::dialect::anthropic {
namespace {

std::string_view type_name(BlockType type) {
  switch (type) {
    case BlockType::text:
      return "text";
    case BlockType::thinking:
      return "thinking";
    case BlockType::redacted_thinking:
      return "redacted_thinking";
    case BlockType::tool_use:
      return "tool_use";
    case BlockType::server_tool_use:
      return "server_tool_use";
    case BlockType::mcp_tool_use:
      return "mcp_tool_use";
    default:
      return "";
  }
}

// A block of a known type that has no JSON of its own.
std::string plain_block_json(const Event& start) {
  const std::string_view type = type_name(start.block);
  if (type.empty()) return {};
  std::string out;
  json::Writer w(out);
  w.begin_object().key("type").string(type);
  if (start.block == BlockType::text) w.key("text").string("");
  if (start.block == BlockType::thinking) w.key("thinking").string("").key("signature").string("");
  if (start.block == BlockType::redacted_thinking) w.key("data").string("");
  if (is_tool_call(start.block)) {
    w.key("id").string(start.tool_id).key("name").string(start.tool_name);
    w.key("input").begin_object().end_object();
  }
  w.end_object();
  return out;
}

bool is_object(std::string_view text) {
  const auto document = json::Document::parse(text);
  return document && document->root().is_object();
}

// A call that was cut off leaves JSON that does not parse; it is shown as the API's documentation
// tells clients to report such a call.
std::string input_json(const std::string& input) {
  if (is_object(input)) return input;
  return "{\"INVALID_JSON\":" + json::quoted(input) + "}";
}

// The data of an event with several data lines stands elsewhere.
bool json_within_wire(const Event& event) {
  const char* const wire_end = event.wire.data() + event.wire.size();
  const char* const json_end = event.json.data() + event.json.size();
  return !event.wire.empty() && !std::less<>{}(event.json.data(), event.wire.data()) &&
         !std::less<>{}(wire_end, json_end);
}

}  // namespace

void append_event(std::string& out, std::string_view name, std::string_view json) {
  // An upstream's own word must not break out of its line.
  if (name.find_first_of("\r\n") == std::string_view::npos) {
    out += "event: ";
    out += name;
    out += '\n';
  }
  while (true) {
    const std::size_t line_end = json.find_first_of("\r\n");
    out += "data: ";
    out += json.substr(0, line_end);
    out += '\n';
    if (line_end == std::string_view::npos) break;
    json.remove_prefix(line_end + 1);
  }
  out += '\n';
}

void append_edited(std::string& out, const Event& event, std::string_view name,
                   std::string_view edited) {
  if (!json_within_wire(event)) return append_event(out, name, edited);
  out.append(event.wire.data(), event.json.data());
  out += edited;
  out.append(event.json.data() + event.json.size(), event.wire.data() + event.wire.size());
}

void append_replaced(std::string& out, const Event& event, std::string_view name, json::Span span,
                     std::string_view value) {
  if (!json_within_wire(event)) {
    std::string edited(event.json);
    edited.replace(span.begin, span.end - span.begin, value);
    return append_event(out, name, edited);
  }
  out.append(event.wire.data(), event.json.data() + span.begin);
  out += value;
  out.append(event.json.data() + span.end, event.wire.data() + event.wire.size());
}

void append_ping(std::string& out) { append_event(out, "ping", R"({"type": "ping"})"); }

void append_error(std::string& out, const PublicError& error) {
  append_event(out, "error", error_body(Api::anthropic, error, ""));
}

void append_block_start(std::string& out, int index, std::string_view block_json) {
  std::string json;
  json::Writer w(json);
  w.begin_object().key("type").string("content_block_start").key("index").integer(index);
  w.key("content_block").raw(block_json).end_object();
  append_event(out, "content_block_start", json);
}

void append_block_stop(std::string& out, int index) {
  append_event(out, "content_block_stop",
               R"({"type":"content_block_stop","index":)" + std::to_string(index) + "}");
}

void append_delta(std::string& out, int index, DeltaType type, std::string_view text) {
  std::string_view name;
  std::string_view member;
  switch (type) {
    case DeltaType::text:
      name = "text_delta", member = "text";
      break;
    case DeltaType::thinking:
      name = "thinking_delta", member = "thinking";
      break;
    case DeltaType::signature:
      name = "signature_delta", member = "signature";
      break;
    case DeltaType::input_json:
      name = "input_json_delta", member = "partial_json";
      break;
    default:
      return;
  }
  std::string json;
  json::Writer w(json);
  w.begin_object().key("type").string("content_block_delta").key("index").integer(index);
  w.key("delta").begin_object().key("type").string(name).key(member).string(text);
  w.end_object().end_object();
  append_event(out, "content_block_delta", json);
}

std::string starting_block_json(const Event& start) {
  if (start.block_json.empty()) return plain_block_json(start);
  const auto document = json::Document::parse(start.block_json);
  if (!document) return plain_block_json(start);
  const json::Value block = document->root();
  json::Splice splice(start.block_json);
  if (start.block == BlockType::text) splice.set_member(block, "text", json::quoted(start.text));
  if (start.block == BlockType::thinking) {
    splice.set_member(block, "thinking", json::quoted(start.text));
    splice.set_member(block, "signature", "\"\"");
  }
  if (is_tool_call(start.block)) splice.set_member(block, "input", "{}");
  return splice.apply();
}

std::string complete_block_json(const Event& start, std::string_view start_json,
                                const BlockText& text) {
  const std::string plain = start_json.empty() ? plain_block_json(start) : std::string();
  const std::string_view source = start_json.empty() ? std::string_view(plain) : start_json;
  const auto document = json::Document::parse(source);
  if (!document) return plain;
  const json::Value block = document->root();
  json::Splice splice(source);
  if (start.block == BlockType::text) splice.set_member(block, "text", json::quoted(text.text));
  if (start.block == BlockType::thinking) {
    splice.set_member(block, "thinking", json::quoted(text.text));
    if (!text.signature.empty()) {
      splice.set_member(block, "signature", json::quoted(text.signature));
    }
  }
  if (is_tool_call(start.block) && !text.input.empty()) {
    splice.set_member(block, "input", input_json(text.input));
  }
  if (!text.citations.empty()) {
    splice.set_member(block, "citations", "[" + text.citations + "]");
  }
  return splice.apply();
}

}  // namespace sallyport::dialect::anthropic
