#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "dialect/api.h"

// GET /v1/models and /v1/models/{id} in either API's shape. Source: docs/protocol.md; the Messages
// API's list is paged.
namespace sallyport::dialect {

struct ModelInfo {
  std::string id;
  std::string display_name;
  WallTime created_at;
  std::string line;                  // empty = null
  std::string lifecycle = "active";  // active, deprecated, retired
  std::optional<WallTime> deprecated_at;
  std::optional<WallTime> retires_at;
  std::string owned_by;  // OpenAI's shape
  std::int64_t max_input_tokens = 0;
  std::int64_t max_tokens = 0;
  std::string capabilities_json;  // an object; empty = null
  // Shown only to clients that sent the fallback beta.
  std::optional<std::vector<std::string>> allowed_fallback_models;
};

// The list. `query` is the part after '?': limit (1 to 1000, default 20), after_id, before_id,
// lifecycle; unknown parameters are ignored. OpenAI's list is not paged. An error has source
// client.
Result<std::string> render_models(Api api, const std::vector<ModelInfo>& models,
                                  std::string_view query);

std::string render_model(Api api, const ModelInfo& model);

}  // namespace sallyport::dialect
