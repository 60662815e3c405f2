#include "dialect/cross/anthropic_blocks.h"

// Source: @anthropic-ai/sdk 1.11.0, ContentBlockParam.
namespace sallyport::dialect::cross {
namespace {

// A document within a document's content, or within a tool's result, goes no deeper.
constexpr int kMaxDepth = 4;

Result<void> append_list(json::Value content, const Place& place, int depth,
                         std::vector<Block>& blocks);

Block text_block(std::string text) {
  Block block;
  block.text = std::move(text);
  return block;
}

Result<Block> read_image(json::Value image, const Place& place) {
  if (auto fits = only(image, {"type", "source", "cache_control"}, place); !fits) {
    return tl::unexpected(std::move(fits).error());
  }
  const json::Value source = image["source"];
  const Place at = place.at("source");
  Block block;
  Result<std::string> text;
  if (source["type"].equals("base64")) {
    block.kind = BlockKind::image_data;
    auto media_type = text_of(source, "media_type", at);
    if (!media_type) return tl::unexpected(std::move(media_type).error());
    block.media_type = std::move(*media_type);
    text = text_of(source, "data", at);
  } else if (source["type"].equals("url")) {
    block.kind = BlockKind::image_url;
    text = text_of(source, "url", at);
  } else {
    return at.inexpressible("send the image as base64 or as a url");
  }
  if (!text) return tl::unexpected(std::move(text).error());
  block.text = std::move(*text);
  return block;
}

// A document of text becomes text between tags, as there is no other place for its title and
// context.
Result<void> append_document(json::Value document, const Place& place, int depth,
                             std::vector<Block>& blocks) {
  if (auto fits = only(document,
                       {"type", "source", "title", "context", "citations", "cache_control"}, place);
      !fits) {
    return fits;
  }
  if (document["citations"]["enabled"].boolean().value_or(false)) {
    return place.at("citations").inexpressible();
  }
  const json::Value source = document["source"];
  const Place at = place.at("source");
  const std::string title = document["title"].is_string() ? document["title"].text() : "";
  const std::string context = document["context"].is_string() ? document["context"].text() : "";
  if (source["type"].equals("base64") && source["media_type"].equals("application/pdf")) {
    if (!context.empty()) return place.at("context").inexpressible();
    Block block;
    block.kind = BlockKind::pdf_data;
    block.name = title;
    auto data = text_of(source, "data", at);
    if (!data) return tl::unexpected(std::move(data).error());
    block.text = std::move(*data);
    blocks.push_back(std::move(block));
    return {};
  }
  std::string head = "<document>\n";
  if (!title.empty()) head += "<title>" + title + "</title>\n";
  if (!context.empty()) head += "<context>" + context + "</context>\n";
  if (source["type"].equals("text")) {
    auto data = text_of(source, "data", at);
    if (!data) return tl::unexpected(std::move(data).error());
    blocks.push_back(text_block(head + *data + "\n</document>"));
    return {};
  }
  if (!source["type"].equals("content")) {
    return at.inexpressible("send the document as text or as a base64 PDF");
  }
  blocks.push_back(text_block(std::move(head)));
  if (auto inner = append_list(source["content"], at.at("content"), depth + 1, blocks); !inner) {
    return inner;
  }
  blocks.push_back(text_block("\n</document>"));
  return {};
}

Result<Block> read_tool_use(json::Value call, const Place& place) {
  if (auto fits = only(call, {"type", "id", "name", "input", "cache_control", "caller"}, place);
      !fits) {
    return tl::unexpected(std::move(fits).error());
  }
  if (given(call["caller"]) && !call["caller"]["type"].equals("direct")) {
    return place.at("caller").inexpressible();
  }
  Block block;
  block.kind = BlockKind::tool_use;
  auto id = text_of(call, "id", place);
  if (!id) return tl::unexpected(std::move(id).error());
  auto name = text_of(call, "name", place);
  if (!name) return tl::unexpected(std::move(name).error());
  if (!call["input"].is_object()) return place.at("input").wrong("must be an object");
  block.id = std::move(*id);
  block.name = std::move(*name);
  block.json = call["input"].raw();
  return block;
}

Result<Block> read_tool_result(json::Value result, const Place& place, int depth) {
  if (auto fits =
          only(result, {"type", "tool_use_id", "content", "is_error", "cache_control"}, place);
      !fits) {
    return tl::unexpected(std::move(fits).error());
  }
  Block block;
  block.kind = BlockKind::tool_result;
  auto id = text_of(result, "tool_use_id", place);
  if (!id) return tl::unexpected(std::move(id).error());
  block.id = std::move(*id);
  block.is_error = result["is_error"].boolean().value_or(false);
  if (auto read = append_list(result["content"], place.at("content"), depth + 1, block.content);
      !read) {
    return tl::unexpected(std::move(read).error());
  }
  return block;
}

Result<void> append_text(json::Value entry, const Place& place, std::vector<Block>& blocks) {
  // Citations on an earlier answer tell where it came from; they say nothing to a model.
  if (auto fits = only(entry, {"type", "text", "cache_control", "citations"}, place); !fits) {
    return fits;
  }
  auto text = text_of(entry, "text", place);
  if (!text) return tl::unexpected(std::move(text).error());
  blocks.push_back(text_block(std::move(*text)));
  return {};
}

// Any block that is neither about the answer's making nor bound to the model that made it.
Result<void> append_block(json::Value entry, const Place& place, int depth,
                          std::vector<Block>& blocks) {
  const json::Value type = entry["type"];
  if (type.equals("text")) return append_text(entry, place, blocks);
  if (type.equals("document")) return append_document(entry, place, depth, blocks);
  Result<Block> block;
  if (type.equals("image")) {
    block = read_image(entry, place);
  } else if (type.equals("tool_use") && depth == 0) {
    block = read_tool_use(entry, place);
  } else if (type.equals("tool_result") && depth == 0) {
    block = read_tool_result(entry, place, depth);
  } else {
    return place.inexpressible("content of this type exists only in the Messages API");
  }
  if (!block) return tl::unexpected(std::move(block).error());
  blocks.push_back(std::move(*block));
  return {};
}

Result<void> append_list(json::Value content, const Place& place, int depth,
                         std::vector<Block>& blocks) {
  if (!given(content)) return {};
  if (depth > kMaxDepth) return place.wrong("is nested too deeply");
  if (content.is_string()) {
    blocks.push_back(text_block(content.text()));
    return {};
  }
  if (!content.is_array()) return place.wrong("must be a string or a list of content blocks");
  std::size_t index = 0;
  for (const json::Value entry : content.items()) {
    if (auto read = append_block(entry, place.at(index++), depth, blocks); !read) return read;
  }
  return {};
}

// Thinking is for the model that had it, and a fallback block is a mark for the gateway.
bool is_left_out(json::Value type) {
  return type.equals("thinking") || type.equals("redacted_thinking") ||
         type.equals("connector_text") || type.equals("fallback");
}

Result<void> check_role(const Turn& turn, const Place& place) {
  for (const Block& block : turn.blocks) {
    const bool text = block.kind == BlockKind::text;
    const bool fits = turn.role == Role::system      ? text
                      : turn.role == Role::assistant ? text || block.kind == BlockKind::tool_use
                                                     : block.kind != BlockKind::tool_use;
    if (!fits) return place.inexpressible("a block of this type does not belong to this role");
  }
  return {};
}

}  // namespace

Result<void> read_blocks(json::Value content, const Place& place, Turn& turn) {
  if (!content.is_array()) return append_list(content, place, 0, turn.blocks);
  std::size_t index = 0;
  bool continued = false;
  for (const json::Value entry : content.items()) {
    const Place at = place.at(index++);
    if (!entry.is_object()) return at.wrong("must be an object");
    if (turn.role == Role::assistant && is_left_out(entry["type"])) {
      continued |= entry["type"].equals("fallback");
      continue;
    }
    const std::size_t before = turn.blocks.size();
    if (auto read = append_block(entry, at, 0, turn.blocks); !read) return read;
    // Two models wrote one text: the second went on in mid-sentence.
    const bool joins = continued && before > 0 && turn.blocks.size() == before + 1 &&
                       turn.blocks[before - 1].kind == BlockKind::text &&
                       turn.blocks[before].kind == BlockKind::text;
    continued = false;
    if (!joins) continue;
    turn.blocks[before - 1].text += turn.blocks[before].text;
    turn.blocks.pop_back();
  }
  return check_role(turn, place);
}

}  // namespace sallyport::dialect::cross
