#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "dialect/api.h"

// `GET /v1/models` and `GET /v1/models/{id}` in either API's shape.
// Source: @anthropic-ai/sdk 1.11.0, BetaModelInfo and ModelListParams; openai (npm) 7.55.0, Model.
namespace sallyport::dialect {

struct ModelInfo {
  std::string id;
  std::string display_name;
  WallTime created_at;
  std::optional<std::string> line;   // haiku, sonnet, …; absent = null
  std::string lifecycle = "active";  // active, deprecated, retired
  std::optional<WallTime> deprecated_at;
  std::optional<WallTime> retires_at;
  std::optional<std::int64_t> max_input_tokens;  // context, in tokens; absent = null
  std::optional<std::int64_t> max_tokens;        // of one answer; absent = null
  // Absent = null. Shown only where the client sent a server-side-fallback beta.
  std::optional<std::vector<std::string>> allowed_fallback_models;
  std::string capabilities_json;  // an object; empty = null
  std::string owned_by;           // OpenAI's shape; empty = "system"
};

// Which part of the list: at most `limit` models, behind `after_id` or before `before_id`.
struct ModelPage {
  std::size_t limit = 20;  // 1 to 1000
  std::string after_id;
  std::string before_id;
  std::string lifecycle;  // empty = any

  // Reads a query string (without '?'). Unknown parameters are left alone; a wrong value, both ids
  // at once, or broken percent-encoding is an error with source client.
  static Result<ModelPage> parse(std::string_view query);
};

// Percent-decodes the id in a path like "/v1/models/{id}". An error with source client where the
// encoding is broken.
Result<std::string> decode_model_id(std::string_view segment);

// The list as the client's API shows it. `models` is in the order to show and holds only what the
// client may see. OpenAI's list has no pages. An `after_id` or `before_id` that names none of them
// is an error with source client.
Result<std::string> model_list_body(Api client, std::span<const ModelInfo> models,
                                    const ModelPage& page, bool show_fallbacks);
std::string model_body(Api client, const ModelInfo& model, bool show_fallbacks);

}  // namespace sallyport::dialect
