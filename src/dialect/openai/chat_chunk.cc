#include "dialect/openai/chat_chunk.h"

#include "dialect/openai/extension.h"
#include "json/splice.h"
#include "json/writer.h"
#include "sse/writer.h"

namespace sallyport::dialect::openai {
namespace {

json::Writer& begin_chunk(json::Writer& w, const ChunkHead& head) {
  w.begin_object().key("id").string(head.id).key("object").string("chat.completion.chunk");
  return w.key("created").raw(head.created).key("model").string(head.model);
}

}  // namespace

void append_chunk(std::string& out, const ChunkHead& head, std::string_view delta_json,
                  std::string_view finish_reason, std::string_view extension) {
  out += "data: ";
  json::Writer w(out);
  begin_chunk(w, head).key("choices").begin_array().begin_object();
  w.key("index").integer(0).key("delta").raw(delta_json).key("logprobs").null();
  w.key("finish_reason");
  if (finish_reason.empty()) {
    w.null();
  } else {
    w.string(finish_reason);
  }
  w.end_object().end_array();
  if (head.null_usage) w.key("usage").null();
  if (!extension.empty()) w.key(kExtensionKey).raw(extension);
  w.end_object();
  out += "\n\n";
}

void append_usage_chunk(std::string& out, const ChunkHead& head, std::string_view usage_json) {
  out += "data: ";
  json::Writer w(out);
  begin_chunk(w, head).key("choices").begin_array().end_array().key("usage").raw(usage_json);
  w.end_object();
  out += "\n\n";
}

std::string text_delta(std::string_view key, std::string_view text) {
  std::string out;
  json::Writer(out).begin_object().key(key).string(text).end_object();
  return out;
}

bool is_usage_chunk(json::Value chunk) {
  return chunk["choices"].is_array() && chunk["choices"].size() == 0 && chunk["usage"].is_object();
}

bool has_finish_reason(json::Value chunk) {
  for (const json::Value choice : chunk["choices"].items()) {
    if (choice["finish_reason"].is_string()) return true;
  }
  return false;
}

std::string edited_chunk(const json::Document& chunk, const ChunkEdit& edit) {
  const json::Value root = chunk.root();
  json::Splice splice(chunk.source());
  if (!root["model"].equals(edit.head->model)) {
    splice.set_member(root, "model", json::quoted(edit.head->model));
  }
  if (edit.same_answer) {
    splice.set_member(root, "id", json::quoted(edit.head->id));
    splice.set_member(root, "created", edit.head->created);
  }
  if (edit.first_tool != 0) {
    for (const json::Value choice : root["choices"].items()) {
      for (const json::Value call : choice["delta"]["tool_calls"].items()) {
        const std::int64_t index = call["index"].integer().value_or(0);
        splice.set_member(call, "index", std::to_string(index + edit.first_tool));
      }
    }
  }
  if (!edit.extension.empty()) splice.set_member(root, kExtensionKey, edit.extension);
  return splice.empty() ? std::string(chunk.source()) : splice.apply();
}

}  // namespace sallyport::dialect::openai
