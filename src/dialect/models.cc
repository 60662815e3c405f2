#include "dialect/models.h"

#include <algorithm>
#include <charconv>

#include "base/encoding.h"
#include "json/writer.h"

namespace sallyport::dialect {
namespace {

constexpr std::size_t kDefaultLimit = 20;
constexpr std::size_t kMaxLimit = 1000;

struct Page {
  std::size_t limit = kDefaultLimit;
  std::string after_id;
  std::string before_id;
  std::vector<std::string> lifecycles;
};

std::string form_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      if (const auto byte = hex_decode(text.substr(i + 1, 2)); byte) {
        out += *byte;
        i += 2;
        continue;
      }
    }
    out.push_back(text[i] == '+' ? ' ' : text[i]);
  }
  return out;
}

Result<Page> parse_page(std::string_view query) {
  Page page;
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    const std::string_view pair = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    const std::size_t equals = std::min(pair.find('='), pair.size());
    const std::string name = form_decoded(pair.substr(0, equals));
    const std::string value =
        equals < pair.size() ? form_decoded(pair.substr(equals + 1)) : std::string();
    if (name == "limit") {
      const char* last = value.data() + value.size();
      const auto [stopped, problem] = std::from_chars(value.data(), last, page.limit);
      if (problem != std::errc() || stopped != last || page.limit < 1 || page.limit > kMaxLimit) {
        return fail(Code::invalid, "limit: must be between 1 and 1000", Source::client);
      }
    } else if (name == "after_id") {
      page.after_id = value;
    } else if (name == "before_id") {
      page.before_id = value;
    } else if (name == "lifecycle" || name == "lifecycle[]") {
      page.lifecycles.push_back(value);
    }
  }
  if (!page.after_id.empty() && !page.before_id.empty()) {
    return fail(Code::invalid, "after_id and before_id cannot be used together", Source::client);
  }
  return page;
}

void write_nullable(json::Writer& w, std::string_view key, std::string_view text) {
  w.key(key);
  text.empty() ? w.null() : w.string(text);
}

void write_anthropic(json::Writer& w, const ModelInfo& model) {
  w.begin_object().key("type").string("model").key("id").string(model.id);
  w.key("display_name")
      .string(model.display_name)
      .key("created_at")
      .string(rfc3339(model.created_at));
  write_nullable(w, "line", model.line);
  w.key("lifecycle").string(model.lifecycle);
  write_nullable(w, "deprecated_at", model.deprecated_at ? rfc3339(*model.deprecated_at) : "");
  write_nullable(w, "retires_at", model.retires_at ? rfc3339(*model.retires_at) : "");
  w.key("max_input_tokens")
      .integer(model.max_input_tokens)
      .key("max_tokens")
      .integer(model.max_tokens);
  w.key("capabilities");
  model.capabilities_json.empty() ? w.null() : w.raw(model.capabilities_json);
  if (model.allowed_fallback_models) {
    w.key("allowed_fallback_models").begin_array();
    for (const std::string& id : *model.allowed_fallback_models) w.string(id);
    w.end_array();
  }
  w.end_object();
}

void write_openai(json::Writer& w, const ModelInfo& model) {
  w.begin_object().key("id").string(model.id).key("object").string("model");
  w.key("created").integer(unix_seconds(model.created_at));
  w.key("owned_by").string(model.owned_by.empty() ? "sallyport" : model.owned_by).end_object();
}

// The part of the list that the page asks for; `more` says whether it goes on in the direction
// asked.
Result<std::vector<const ModelInfo*>> select(const std::vector<ModelInfo>& models, const Page& page,
                                             bool& more) {
  std::vector<const ModelInfo*> listed;
  for (const ModelInfo& model : models) {
    const auto& wanted = page.lifecycles;
    if (wanted.empty() ||
        std::find(wanted.begin(), wanted.end(), model.lifecycle) != wanted.end()) {
      listed.push_back(&model);
    }
  }
  const std::string& cursor = page.after_id.empty() ? page.before_id : page.after_id;
  auto begin = listed.begin();
  auto end = listed.end();
  if (!cursor.empty()) {
    const auto at =
        std::find_if(begin, end, [&](const ModelInfo* model) { return model->id == cursor; });
    if (at == end)
      return fail(Code::invalid, "after_id, before_id: no such model in the list", Source::client);
    if (page.before_id.empty()) {
      begin = at + 1;
    } else {
      end = at;
    }
  }
  const auto limit = static_cast<std::ptrdiff_t>(page.limit);
  more = end - begin > limit;
  if (more && page.before_id.empty()) end = begin + limit;
  if (more && !page.before_id.empty()) begin = end - limit;
  return std::vector<const ModelInfo*>(begin, end);
}

}  // namespace

Result<std::string> render_models(Api api, const std::vector<ModelInfo>& models,
                                  std::string_view query) {
  std::string out;
  json::Writer w(out);
  if (api != Api::anthropic) {
    w.begin_object().key("object").string("list").key("data").begin_array();
    for (const ModelInfo& model : models) write_openai(w, model);
    w.end_array().end_object();
    return out;
  }
  const auto page = parse_page(query);
  if (!page) return Failure(page.error());
  bool more = false;
  const auto listed = select(models, *page, more);
  if (!listed) return Failure(listed.error());
  w.begin_object().key("data").begin_array();
  for (const ModelInfo* model : *listed) write_anthropic(w, *model);
  w.end_array().key("has_more").boolean(more);
  write_nullable(w, "first_id", listed->empty() ? std::string_view() : listed->front()->id);
  write_nullable(w, "last_id", listed->empty() ? std::string_view() : listed->back()->id);
  w.end_object();
  return out;
}

std::string render_model(Api api, const ModelInfo& model) {
  std::string out;
  json::Writer w(out);
  api == Api::anthropic ? write_anthropic(w, model) : write_openai(w, model);
  return out;
}

}  // namespace sallyport::dialect
