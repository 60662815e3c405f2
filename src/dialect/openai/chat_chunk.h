#pragma once

#include <string>
#include <string_view>

#include "json/document.h"

// Chunks of a streamed Chat Completions answer: made, and edited.
namespace sallyport::dialect::openai {

// What every chunk of one answer repeats. The client sees the same id and time throughout, whoever
// serves.
struct ChunkHead {
  std::string id;
  std::string created;  // a JSON number
  std::string model;
  bool null_usage = false;  // the client asked for usage: chunks before it say null
};

// A chunk of one choice, as an SSE event. `finish_reason` is empty before the end; `extension` is a
// JSON object or empty.
void append_chunk(std::string& out, const ChunkHead& head, std::string_view delta_json,
                  std::string_view finish_reason = {}, std::string_view extension = {});
void append_usage_chunk(std::string& out, const ChunkHead& head, std::string_view usage_json);
inline constexpr std::string_view kDone = "data: [DONE]\n\n";

// {"<key>":"<text>"}
std::string text_delta(std::string_view key, std::string_view text);

// True for the chunk that only tells the usage.
bool is_usage_chunk(json::Value chunk);
// True where some choice of the chunk ends.
bool has_finish_reason(json::Value chunk);

// What an upstream's chunk must say differently.
struct ChunkEdit {
  const ChunkHead* head = nullptr;  // its model holds; its id and time too where `same_answer`
  bool same_answer = false;         // the answer was begun by another model
  int first_tool = 0;               // tool calls are counted from here
  std::string_view extension;       // put on it where not empty
};
std::string edited_chunk(const json::Document& chunk, const ChunkEdit& edit);

}  // namespace sallyport::dialect::openai
