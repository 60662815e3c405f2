#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

// What a request says, apart from the dialect it says it in. Readers fill it from one API, writers
// turn it into another; what has no place here cannot cross, and its reader says so.
namespace sallyport::dialect::cross {

enum class BlockKind : std::uint8_t {
  text,
  image_data,  // media_type and base64 data
  image_url,
  pdf_data,  // base64 data; title
  pdf_url,
  tool_use,     // id, name, json = the arguments, an object
  tool_result,  // id = of the call; content; is_error
};

struct Block {
  BlockKind kind = BlockKind::text;
  std::string text;  // text, base64 data or url
  std::string media_type;
  std::string id;
  std::string name;  // of a tool; of a document its title
  std::string json;
  std::string detail;  // of an image: how closely to look; empty = auto
  bool is_error = false;
  std::vector<Block> content;
};

enum class Role : std::uint8_t { system, user, assistant };

struct Turn {
  Role role = Role::user;
  std::vector<Block> blocks;
};

struct Tool {
  std::string name;
  std::optional<std::string> description;
  std::string schema_json;
  bool strict = false;
};

enum class ToolChoice : std::uint8_t { absent, automatic, required, named, none };

struct OutputSchema {
  std::string name;
  std::string schema_json;
};

struct Conversation {
  std::string model;
  // System and developer turns stand where they were said.
  std::vector<Turn> turns;
  std::vector<Tool> tools;
  ToolChoice tool_choice = ToolChoice::absent;
  std::string tool_choice_name;
  bool one_call_at_a_time = false;

  std::int64_t max_tokens = 0;   // 0 = the client named none
  std::string temperature_json;  // numbers as the client wrote them; empty = absent
  std::string top_p_json;
  std::vector<std::string> stop_sequences;
  // none, minimal, low, medium, high, xhigh or max; empty = absent.
  std::string effort;
  std::optional<OutputSchema> output_schema;
  std::string end_user;
  bool standard_tier_only = false;
  bool stream = false;
};

}  // namespace sallyport::dialect::cross
