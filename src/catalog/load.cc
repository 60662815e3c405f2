#include "catalog/load.h"

#include "catalog/loader.h"
#include "json/document.h"

namespace sallyport::catalog {
namespace {

using config::Section;

void load_capabilities(Section root, Loading& loading) {
  for (Section section : root.tables("capabilities")) {
    const std::string name = section.required_string("name");
    const std::string json = section.required_string("json");
    const auto document = json::Document::parse(json);
    if (!document || !document->root().is_object()) {
      section.problem("json", "is not a JSON object", "write it between ''' and '''");
    } else if (!name.empty() && !loading.capabilities.emplace(name, json).second) {
      section.problem("name", "a second capability set named '" + name + "'",
                      "give each a name of its own");
    }
  }
}

void require_model(Section& section, const char* key, const std::string& id,
                   const Loading& loading) {
  if (id.empty() || loading.declared_models.contains(id)) return;
  section.problem(key, "there is no model '" + id + "'",
                  "declare it as [[model]] or remove the row");
}

std::vector<DefaultFallback> load_default_fallbacks(Section root, const Loading& loading) {
  std::vector<DefaultFallback> rows;
  for (Section section : root.tables("default_fallback")) {
    DefaultFallback row;
    row.from = section.time("from", wall_from_unix_seconds(0));
    row.model = section.required_string("model");
    row.category = section.string("category", "*");
    row.target = section.string("target");
    require_model(section, "model", row.model, loading);
    require_model(section, "target", row.target, loading);
    if (!row.target.empty() && row.target == row.model)
      section.problem("target", "a model cannot fall back to itself");
    if (!loading.model_present(row.model)) continue;
    if (!loading.model_present(row.target)) row.target.clear();
    rows.push_back(std::move(row));
  }
  return rows;
}

std::vector<RefusalBilling> load_refusal_billing(Section root) {
  std::vector<RefusalBilling> rows;
  for (Section section : root.tables("refusal_billing")) {
    RefusalBilling row;
    row.from = section.time("from", wall_from_unix_seconds(0));
    row.category = section.string("category", "*");
    row.billed_before_output = section.boolean("billed_before_output", false);
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace

std::optional<Catalog> load(config::Document& document) {
  const std::size_t before = document.problems().size();
  Section root = document.root();
  Loading loading;
  load_upstreams(root, loading);
  load_capabilities(root, loading);
  load_models(root, loading);
  auto fallbacks = load_default_fallbacks(root, loading);
  auto billing = load_refusal_billing(root);
  if (loading.models.empty() && document.problems().size() == before) {
    root.problem("model", "no model can be served",
                 "declare an [[upstream]] and a [[model]] with a route to it");
  }
  if (document.problems().size() != before) return std::nullopt;
  auto catalog = Catalog::make(std::move(loading.upstreams), std::move(loading.models),
                               std::move(fallbacks), std::move(billing));
  if (!catalog) {
    root.problem("model", catalog.error().detail, "correct the names");
    return std::nullopt;
  }
  return std::move(*catalog);
}

}  // namespace sallyport::catalog
