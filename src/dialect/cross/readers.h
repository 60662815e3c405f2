#pragma once

#include "dialect/cross/check.h"
#include "dialect/cross/conversation.h"

// Each reads one API's body into a Conversation that `target` can say. An error has source client
// and names the field: what cannot be expressed is refused, never dropped. What is ignored, because
// it asks for nothing that changes the answer's meaning, is listed in docs/protocol.md, "Crossing
// dialects".
namespace sallyport::dialect::cross {

Result<Conversation> read_anthropic(json::Value root, Api target);
Result<Conversation> read_chat(json::Value root, Api target);
Result<Conversation> read_responses(json::Value root, Api target);

// Shared by the two OpenAI APIs.

// Parameters of the same name and meaning in both.
Result<void> read_openai_parameters(json::Value root, Conversation& conversation);
// A member that may be given only with the value that it has anyway.
struct Neutral {
  std::string_view key;
  std::string_view json;
};
Result<void> only_neutral(json::Value root, std::initializer_list<Neutral> rows, const Place& top);
// A function's name, description, parameters and strict, wherever they stand.
Result<Tool> read_function(json::Value function, const Place& place);
// {"type":"json_schema", name, schema}, wherever its members stand.
Result<OutputSchema> read_schema(json::Value format, const Place& place);
Result<Block> read_image_url(const std::string& url, json::Value detail, const Place& place);
// Of a file part: its bytes as a data URL.
Result<Block> read_file_data(const std::string& data, json::Value filename, const Place& place);

}  // namespace sallyport::dialect::cross
