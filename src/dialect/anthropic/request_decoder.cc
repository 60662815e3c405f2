#include "dialect/anthropic/request_fields.h"
#include "dialect/parts.h"

// Source: @anthropic-ai/sdk 1.11.0, MessageCreateParams and MessageCountTokensParams.
namespace sallyport::dialect {
namespace anthropic {

Decoded<std::string> read_model(json::Value object, std::string_view path) {
  const json::Value model = object["model"];
  const std::string name = where(path, "model");
  if (!model) return refuse(name + ": Field required");
  if (!model.is_string()) return refuse(name + ": Input should be a valid string");
  std::string text = model.text();
  if (text.empty()) return refuse(name + ": String should have at least 1 character");
  if (text.size() > kMaxModelBytes) {
    return refuse(name + ": String should have at most 256 characters");
  }
  return text;
}

Decoded<std::int64_t> read_max_tokens(json::Value value, std::string_view path) {
  const std::string name = where(path, "max_tokens");
  const auto number = value.integer();
  if (!number) return refuse(name + ": Input should be a valid integer");
  if (*number < 1) return refuse(name + ": Input should be greater than or equal to 1");
  return *number;
}

namespace {

Decoded<void> read_stream(ClientRequest& request) {
  const json::Value stream = request.document.root()["stream"];
  if (!given(stream)) return {};
  const auto flag = stream.boolean();
  if (!flag) return refuse("stream: Input should be a valid boolean");
  request.stream = *flag;
  return {};
}

Decoded<void> read_end_user(ClientRequest& request, const http::Headers& headers) {
  const json::Value metadata = request.document.root()["metadata"];
  if (given(metadata)) {
    if (!metadata.is_object()) return refuse("metadata: Input should be a valid dictionary");
    const json::Value user = metadata["user_id"];
    if (given(user) && !user.is_string()) {
      return refuse("metadata.user_id: Input should be a valid string");
    }
    if (user.is_string()) request.end_user = user.text();
  }
  const std::string_view profile = headers.get("anthropic-user-profile-id");
  if (!profile.empty()) request.end_user = profile;
  return {};
}

// The version decides which fields exist. Also checked for the models of other vendors, whose APIs
// would take them.
Decoded<void> check_version(const ClientRequest& request) {
  const std::string& version = request.api_version;
  if (version.empty()) return refuse("anthropic-version: header is required");
  if (version == "2023-01-01" || version == "2023-06-01") return {};
  if (version != "2026-10-21") {
    return refuse("anthropic-version: '" + shortened(version) + "' is not a valid version");
  }
  const json::Value root = request.document.root();
  for (const std::string_view field : {"temperature", "top_p", "top_k"}) {
    if (root[field]) return refuse(std::string(field) + ": Extra inputs are not permitted");
  }
  return {};
}

Decoded<void> read_create_fields(ClientRequest& request) {
  const json::Value max_tokens = request.document.root()["max_tokens"];
  if (!max_tokens) return refuse("max_tokens: Field required");
  auto tokens = read_max_tokens(max_tokens, "");
  if (!tokens) return tl::unexpected(std::move(tokens).error());
  request.max_tokens = *tokens;
  return read_stream(request);
}

}  // namespace
}  // namespace anthropic

Decoded<void> decode_anthropic(ClientRequest& request, const http::Headers& headers) {
  using namespace anthropic;
  if (auto checked = check_version(request); !checked) return checked;
  const json::Value root = request.document.root();
  auto model = read_model(root, "");
  if (!model) return tl::unexpected(std::move(model).error());
  request.model = std::move(*model);
  request.model_value = root["model"];

  if (request.operation == Operation::create) {
    if (auto read = read_create_fields(request); !read) return read;
  }
  if (auto read = read_end_user(request, headers); !read) return read;
  if (auto read = read_fallbacks(request); !read) return read;
  if (auto read = read_credit(request); !read) return read;
  return check_messages(request);
}

}  // namespace sallyport::dialect
