#include "dialect/models.h"

#include <algorithm>
#include <charconv>

#include "base/encoding.h"
#include "json/writer.h"

namespace sallyport::dialect {
namespace {

constexpr std::size_t kMaxLimit = 1000;
constexpr std::size_t kMaxQueryBytes = 4096;

[[nodiscard]] Failure refuse(std::string detail) {
  return fail(Code::invalid, std::move(detail), Source::client);
}

// `plus_is_space` as in query strings.
Result<std::string> percent_decode(std::string_view text, bool plus_is_space) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += plus_is_space && text[i] == '+' ? ' ' : text[i];
      continue;
    }
    const auto byte = hex_decode(text.substr(i + 1, 2));
    if (!byte || byte->size() != 1) return refuse("percent-encoding: two hex digits must follow %");
    out += *byte;
    i += 2;
  }
  return out;
}

Result<void> read_limit(const std::string& value, ModelPage& page) {
  const char* const end = value.data() + value.size();
  std::size_t limit = 0;
  const auto [stop, error] = std::from_chars(value.data(), end, limit);
  if (error != std::errc{} || stop != end) return refuse("limit: Input should be a valid integer");
  if (limit < 1 || limit > kMaxLimit) return refuse("limit: Input should be between 1 and 1000");
  page.limit = limit;
  return {};
}

Result<void> read_parameter(std::string_view pair, ModelPage& page) {
  const std::size_t equals = pair.find('=');
  auto name = percent_decode(pair.substr(0, equals), true);
  if (!name) return tl::unexpected(std::move(name).error());
  auto value =
      percent_decode(equals == pair.npos ? std::string_view{} : pair.substr(equals + 1), true);
  if (!value) return tl::unexpected(std::move(value).error());
  if (*name == "limit") return read_limit(*value, page);
  if (*name == "after_id") page.after_id = std::move(*value);
  if (*name == "before_id") page.before_id = std::move(*value);
  if (*name == "lifecycle") page.lifecycle = std::move(*value);
  return {};
}

template <class T, class Write>
void write_optional(json::Writer& w, std::string_view key, const std::optional<T>& value,
                    Write write) {
  w.key(key);
  if (value) {
    write(*value);
  } else {
    w.null();
  }
}

void write_anthropic_model(const ModelInfo& model, bool show_fallbacks, json::Writer& w) {
  const auto text = [&w](const std::string& value) { w.string(value); };
  const auto time = [&w](WallTime value) { w.string(rfc3339(value)); };
  const auto count = [&w](std::int64_t value) { w.integer(value); };
  w.begin_object().key("type").string("model").key("id").string(model.id);
  w.key("display_name").string(model.display_name.empty() ? model.id : model.display_name);
  w.key("created_at").string(rfc3339(model.created_at));
  write_optional(w, "line", model.line, text);
  w.key("lifecycle").string(model.lifecycle);
  write_optional(w, "deprecated_at", model.deprecated_at, time);
  write_optional(w, "retires_at", model.retires_at, time);
  write_optional(w, "max_input_tokens", model.max_input_tokens, count);
  write_optional(w, "max_tokens", model.max_tokens, count);
  if (show_fallbacks) {
    write_optional(w, "allowed_fallback_models", model.allowed_fallback_models,
                   [&](const std::vector<std::string>& ids) {
                     w.begin_array();
                     for (const std::string& id : ids) w.string(id);
                     w.end_array();
                   });
  }
  w.key("capabilities");
  model.capabilities_json.empty() ? w.null() : w.raw(model.capabilities_json);
  w.end_object();
}

void write_openai_model(const ModelInfo& model, json::Writer& w) {
  w.begin_object().key("id").string(model.id).key("object").string("model");
  w.key("created").integer(unix_seconds(model.created_at));
  w.key("owned_by").string(model.owned_by.empty() ? "system" : model.owned_by);
  w.end_object();
}

struct Window {
  std::size_t begin = 0;
  std::size_t end = 0;
  bool has_more = false;
};

Result<Window> window_of(std::span<const ModelInfo* const> models, const ModelPage& page) {
  const auto position = [models](const std::string& id) {
    const auto found = std::find_if(models.begin(), models.end(),
                                    [&id](const ModelInfo* model) { return model->id == id; });
    return static_cast<std::size_t>(found - models.begin());
  };
  if (!page.before_id.empty()) {
    const std::size_t end = position(page.before_id);
    if (end == models.size()) return refuse("before_id: names no model of this list");
    const std::size_t begin = end > page.limit ? end - page.limit : 0;
    return Window{begin, end, begin > 0};
  }
  std::size_t begin = 0;
  if (!page.after_id.empty()) {
    begin = position(page.after_id);
    if (begin == models.size()) return refuse("after_id: names no model of this list");
    ++begin;
  }
  const std::size_t end = std::min(models.size(), begin + page.limit);
  return Window{begin, end, end < models.size()};
}

std::string openai_list(std::span<const ModelInfo> models) {
  std::string out;
  json::Writer w(out);
  w.begin_object().key("object").string("list").key("data").begin_array();
  for (const ModelInfo& model : models) write_openai_model(model, w);
  w.end_array().end_object();
  return out;
}

}  // namespace

Result<ModelPage> ModelPage::parse(std::string_view query) {
  ModelPage page;
  if (query.size() > kMaxQueryBytes) return refuse("the query string is too long");
  while (!query.empty()) {
    const std::size_t separator = query.find('&');
    if (auto read = read_parameter(query.substr(0, separator), page); !read) {
      return tl::unexpected(std::move(read).error());
    }
    query = separator == query.npos ? std::string_view{} : query.substr(separator + 1);
  }
  if (!page.after_id.empty() && !page.before_id.empty()) {
    return refuse("`after_id` and `before_id` cannot both be set");
  }
  const bool known = page.lifecycle.empty() || page.lifecycle == "active" ||
                     page.lifecycle == "deprecated" || page.lifecycle == "retired";
  if (!known) return refuse("lifecycle: Input should be 'active', 'deprecated' or 'retired'");
  return page;
}

Result<std::string> decode_model_id(std::string_view segment) {
  return percent_decode(segment, false);
}

Result<std::string> model_list_body(Api client, std::span<const ModelInfo> models,
                                    const ModelPage& page, bool show_fallbacks) {
  if (client != Api::anthropic) return openai_list(models);
  std::vector<const ModelInfo*> listed;
  for (const ModelInfo& model : models) {
    if (page.lifecycle.empty() || model.lifecycle == page.lifecycle) listed.push_back(&model);
  }
  const auto window = window_of(listed, page);
  if (!window) return tl::unexpected(window.error());
  const bool any = window->begin < window->end;
  std::string out;
  json::Writer w(out);
  w.begin_object().key("data").begin_array();
  for (std::size_t i = window->begin; i < window->end; ++i) {
    write_anthropic_model(*listed[i], show_fallbacks, w);
  }
  w.end_array().key("has_more").boolean(window->has_more);
  w.key("first_id");
  any ? w.string(listed[window->begin]->id) : w.null();
  w.key("last_id");
  any ? w.string(listed[window->end - 1]->id) : w.null();
  w.end_object();
  return out;
}

std::string model_body(Api client, const ModelInfo& model, bool show_fallbacks) {
  std::string out;
  json::Writer w(out);
  if (client == Api::anthropic) {
    write_anthropic_model(model, show_fallbacks, w);
  } else {
    write_openai_model(model, w);
  }
  return out;
}

}  // namespace sallyport::dialect
