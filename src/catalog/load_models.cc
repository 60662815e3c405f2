#include "catalog/loader.h"

namespace sallyport::catalog {
namespace {

using config::Section;

constexpr std::int64_t kMaxTokens = 1'000'000'000;

Continue continue_of(const std::string& name) {
  if (name == "prefill") return Continue::prefill;
  return name == "restate" ? Continue::restate : Continue::refuse;
}

// A model id travels in URLs, headers and metric labels.
bool good_id(const std::string& id) {
  static constexpr std::string_view kAllowed =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.:/@";
  return !id.empty() && id.size() <= 128 && id.find_first_not_of(kAllowed) == std::string::npos;
}

void load_id(Section& section, const std::string& id, Loading& loading, const char* key) {
  if (id.empty()) return;
  if (!good_id(id)) {
    section.problem(key, "is not a model id",
                    "use letters, digits and - _ . : / @, at most 128 of them");
  } else if (!loading.declared_models.insert(id).second) {
    section.problem(key, "a second model answers to '" + id + "'",
                    "every id and alias names one model");
  }
}

void load_availability(Section section, Model& model) {
  Availability& availability = model.availability;
  availability.allowed = section.boolean("allowed", true);
  availability.reason = section.string("reason");
  availability.successor = section.string("successor");
  availability.substitute = section.boolean("substitute", false);
  if (!availability.allowed && availability.reason.empty()) {
    section.problem("allowed", "a model that is not allowed needs a reason",
                    "add reason = \"…\": clients are shown it");
  }
  if (availability.substitute && availability.successor.empty()) {
    section.problem("substitute", "there is no successor to serve", "add successor = \"model id\"");
  }
}

// True where the route exists in this environment.
bool load_route(Section section, const Loading& loading, Route& route,
                std::optional<Continue>& continues) {
  route.upstream = section.required_string("upstream");
  const std::string only_without = section.string("only_without");
  route.order = static_cast<int>(section.integer("order", 0, 0, 1000));
  route.weight = static_cast<std::uint32_t>(section.integer("weight", 1, 1, 1'000'000));
  if (section.has("continue"))
    continues = continue_of(section.one_of("continue", {"refuse", "prefill", "restate"}));
  for (const auto& [key, name] :
       {std::pair("upstream", route.upstream), std::pair("only_without", only_without)}) {
    if (!name.empty() && !loading.declared_upstreams.contains(name)) {
      section.problem(key, "there is no upstream named '" + name + "'",
                      "declare it as [[upstream]] or correct the name");
      return false;
    }
  }
  if (!loading.upstream_present(route.upstream) ||
      (!only_without.empty() && loading.upstream_present(only_without))) {
    section.ignore();
    return false;
  }
  route.upstream_model = section.string_or_env("model", route.upstream_model);
  return true;
}

void load_routes(Section& section, Model& model, const Loading& loading) {
  const auto routes = section.tables("routes");
  if (routes.empty()) {
    section.problem("", "model '" + model.id + "' has no routes",
                    "add routes = [{upstream = \"…\"}]");
    return;
  }
  std::optional<Continue> continues;
  int best = 0;
  for (const Section& entry : routes) {
    Route route;
    route.upstream_model = model.id;
    std::optional<Continue> own;
    if (!load_route(entry, loading, route, own)) continue;
    // What the preferred route says wins: the same model may be served by a vendor that takes no
    // prefill.
    if (own && (!continues || route.order < best)) {
      continues = own;
      best = route.order;
    }
    model.routes.push_back(std::move(route));
  }
  if (continues) model.continues = *continues;
}

void load_description(Section& section, Model& model, const Loading& loading) {
  model.display_name = section.string("display_name", model.id);
  model.created = section.time("created", wall_from_unix_seconds(0));
  const std::string line =
      section.one_of("line", {"", "haiku", "sonnet", "opus", "fable", "mythos"});
  model.line = line;
  model.lifecycle = section.one_of("lifecycle", {"active", "deprecated", "retired"});
  model.owned_by = section.string("owned_by", "sallyport");
  model.max_input_tokens = section.integer("max_input_tokens", 0, 0, kMaxTokens);
  model.max_tokens = section.integer("max_tokens", 0, 0, kMaxTokens);
  model.tier = section.string("tier", "ga");
  model.capability_class = section.string("capability_class");
  model.retention_class = section.string("retention_class", "none");
  const std::string set = section.string("capabilities");
  if (set.empty()) return;
  const auto it = loading.capabilities.find(set);
  if (it == loading.capabilities.end()) {
    section.problem("capabilities", "there is no capability set named '" + set + "'",
                    "declare it as [[capabilities]]");
  } else {
    model.capabilities_json = it->second;
  }
}

void load_model(Section section, Loading& loading) {
  Model model;
  model.id = section.required_string("id");
  load_id(section, model.id, loading, "id");
  model.aliases = section.strings("aliases");
  for (const std::string& alias : model.aliases) load_id(section, alias, loading, "aliases");
  load_description(section, model, loading);
  model.allowed_fallbacks = section.strings("allowed_fallbacks");
  model.continues = continue_of(section.one_of("continue", {"refuse", "prefill", "restate"}));
  model.automatic_fallback = section.one_of("automatic_fallback", {"off", "default"}) == "default"
                                 ? AutomaticFallback::by_default
                                 : AutomaticFallback::off;
  load_availability(section.table("availability"), model);
  load_routes(section, model, loading);
  model.prices = load_prices(section);
  if (model.routes.empty()) loading.absent_models.insert(model.id);
  loading.models.push_back(std::move(model));
}

// Names must be known; those that this environment leaves out are dropped.
void check_names(Section section, Model& model, const Loading& loading) {
  std::vector<std::string> present;
  for (const std::string& target : model.allowed_fallbacks) {
    if (!loading.declared_models.contains(target)) {
      section.problem("allowed_fallbacks", "there is no model '" + target + "'",
                      "declare it as [[model]] or remove it");
    } else if (target == model.id) {
      section.problem("allowed_fallbacks", "a model cannot fall back to itself", "remove it");
    } else if (loading.model_present(target)) {
      present.push_back(target);
    }
  }
  model.allowed_fallbacks = std::move(present);
  std::string& successor = model.availability.successor;
  if (!successor.empty() && !loading.declared_models.contains(successor)) {
    section.table("availability")
        .problem("successor", "there is no model '" + successor + "'", "declare it as [[model]]");
  }
  if (!loading.model_present(successor)) successor.clear();
}

}  // namespace

void load_models(Section root, Loading& loading) {
  const auto sections = root.tables("model");
  for (const Section& section : sections) load_model(section, loading);
  for (std::size_t i = 0; i < sections.size(); ++i)
    check_names(sections[i], loading.models[i], loading);
  std::erase_if(loading.models, [](const Model& model) { return model.routes.empty(); });
}

}  // namespace sallyport::catalog
