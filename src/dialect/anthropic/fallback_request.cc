#include <algorithm>
#include <array>

#include "dialect/anthropic/request_fields.h"

// Source: platform.claude.com/docs/en/build-with-claude/refusals-and-fallback (2026-09-26);
// @anthropic-ai/sdk 1.11.0, BetaFallbackParam.
namespace sallyport::dialect::anthropic {
namespace {

constexpr std::size_t kMaxEntries = 3;
constexpr std::size_t kMaxOutputConfigMembers = 32;
constexpr std::string_view kBetaPrefix = "server-side-fallback-";

// Any other date of this beta is an error, whether or not the body has the field.
Decoded<void> check_beta_dates(const Betas& betas) {
  for (const std::string& value : betas.values()) {
    if (!value.starts_with(kBetaPrefix)) continue;
    const std::string_view date = std::string_view(value).substr(kBetaPrefix.size());
    if (date != "2026-06-01" && date != "2026-07-01") {
      return refuse("Unexpected value(s) `" + shortened(value) +
                    "` for the `anthropic-beta` header.");
    }
  }
  return {};
}

// The first release knew two overrides, and no null for them.
struct EntryRules {
  bool first_release = false;
  std::string_view supported() const {
    return first_release ? "model, max_tokens, thinking"
                         : "model, max_tokens, output_config, speed, thinking";
  }
  bool supports(json::Value key) const {
    constexpr std::array<std::string_view, 5> kKeys = {"model", "max_tokens", "thinking",
                                                       "output_config", "speed"};
    const std::size_t count = first_release ? 3 : kKeys.size();
    return std::any_of(kKeys.begin(), kKeys.begin() + count,
                       [key](std::string_view name) { return key.equals(name); });
  }
};

Decoded<void> check_object(json::Value value, const std::string& path, bool null_allowed) {
  if (!value || value.is_object() || (value.is_null() && null_allowed)) return {};
  return refuse(path + ": Input should be a valid dictionary");
}

Decoded<void> check_overrides(json::Value entry, const std::string& path, EntryRules rules) {
  const bool null_allowed = !rules.first_release;
  const json::Value tokens = entry["max_tokens"];
  if (tokens && !(tokens.is_null() && null_allowed)) {
    if (auto read = read_max_tokens(tokens, path); !read) {
      return tl::unexpected(std::move(read).error());
    }
  }
  const json::Value thinking = entry["thinking"];
  if (auto ok = check_object(thinking, path + ".thinking", null_allowed); !ok) return ok;
  if (thinking.is_object() && !thinking["type"].is_string()) {
    return refuse(path + ".thinking.type: Field required");
  }
  const json::Value output = entry["output_config"];
  if (auto ok = check_object(output, path + ".output_config", null_allowed); !ok) return ok;
  if (output.size() > kMaxOutputConfigMembers) {
    return refuse(path + ".output_config: Dictionary should have at most 32 items");
  }
  const json::Value speed = entry["speed"];
  if (given(speed) && !speed.equals("fast") && !speed.equals("standard")) {
    return refuse(path + ".speed: Input should be 'fast' or 'standard'");
  }
  return {};
}

Decoded<FallbackEntry> read_entry(json::Value entry, const std::string& path, EntryRules rules) {
  if (!entry.is_object()) return refuse(path + ": Input should be a valid dictionary");
  for (const json::Member member : entry.members()) {
    if (rules.supports(member.key)) continue;
    return refuse(path + ": '" + shortened(member.key.text()) +
                  "' is not a supported field. Supported: " + std::string(rules.supported()) + ".");
  }
  auto model = read_model(entry, path);
  if (!model) return tl::unexpected(std::move(model).error());
  if (auto checked = check_overrides(entry, path, rules); !checked) {
    return tl::unexpected(std::move(checked).error());
  }
  return FallbackEntry{std::move(*model), entry};
}

Decoded<void> read_list(ClientRequest& request, json::Value list) {
  if (list.size() > kMaxEntries) {
    return refuse("fallbacks: List should have at most 3 items after validation, not " +
                  std::to_string(list.size()));
  }
  const EntryRules rules{!request.betas.fallback_default()};
  std::vector<FallbackEntry>& entries = request.fallbacks.list;
  for (const json::Value item : list.items()) {
    const std::string path = "fallbacks." + std::to_string(entries.size());
    auto entry = read_entry(item, path, rules);
    if (!entry) return tl::unexpected(std::move(entry).error());
    const bool repeated =
        entry->model == request.model ||
        std::any_of(entries.begin(), entries.end(),
                    [&entry](const FallbackEntry& other) { return other.model == entry->model; });
    if (repeated) {
      return refuse(path + ".model: '" + shortened(entry->model) +
                    "' is named twice; entries must be distinct from each other and from the "
                    "requested model");
    }
    entries.push_back(std::move(*entry));
  }
  request.fallbacks.form = Fallbacks::Form::list;
  return {};
}

Decoded<void> check_neighbours(const ClientRequest& request) {
  const json::Value root = request.document.root();
  if (given(root["fallback_credit_token"])) {
    return refuse("`fallbacks` and `fallback_credit_token` cannot both be set");
  }
  if (given(root["thread"])) {
    RequestError error;
    error.code = Code::invalid;
    error.source = Source::client;
    error.detail = "fallbacks: not supported on a request with `thread`";
    error.details_json =
        R"({"error_code":"thread_unsupported_request","unsupported":["fallbacks"]})";
    return tl::unexpected(std::move(error));
  }
  return {};
}

}  // namespace

Decoded<void> read_fallbacks(ClientRequest& request) {
  if (auto checked = check_beta_dates(request.betas); !checked) return checked;
  const json::Value root = request.document.root();
  const json::Value fallbacks = root["fallbacks"];
  if (given(root["fallback"])) {
    // The field of a preview. Passed on, it would let a vendor choose the model that serves.
    return refuse(given(fallbacks) ? "`fallback` and `fallbacks` cannot both be set"
                                   : "fallback: Extra inputs are not permitted");
  }
  if (!given(fallbacks)) return {};
  if (request.operation != Operation::create || !request.betas.fallback_list()) {
    return refuse("fallbacks: Extra inputs are not permitted");
  }
  if (auto checked = check_neighbours(request); !checked) return checked;
  if (fallbacks.is_array()) return read_list(request, fallbacks);
  if (!request.betas.fallback_default()) {
    return refuse("fallbacks: Input should be a valid list");
  }
  if (!fallbacks.equals("default")) {
    return refuse("fallbacks: Input should be 'default' or a valid list");
  }
  request.fallbacks.form = Fallbacks::Form::by_default;
  return {};
}

}  // namespace sallyport::dialect::anthropic
