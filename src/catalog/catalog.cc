#include "catalog/catalog.h"

#include <algorithm>

namespace sallyport::catalog {
namespace {

constexpr std::string_view kAnyCategory = "*";
constexpr std::string_view kNoCategory = "null";

std::string_view key_of(const std::optional<std::string>& category) {
  return category ? std::string_view(*category) : kNoCategory;
}

template <class Row>
void sort_by_date(std::vector<Row>& rows) {
  std::stable_sort(rows.begin(), rows.end(),
                   [](const Row& a, const Row& b) { return a.from < b.from; });
}

// The last row in force at `at` among those for the category itself; else among those for any.
template <class Row, class Matches>
const Row* in_force(const std::vector<Row>& rows, std::string_view category, WallTime at,
                    const Matches& matches) {
  const Row* own = nullptr;
  const Row* any = nullptr;
  for (const Row& row : rows) {
    if (row.from > at) break;
    if (!matches(row)) continue;
    if (row.category == category) own = &row;
    if (row.category == kAnyCategory) any = &row;
  }
  return own != nullptr ? own : any;
}

Failure broken(const std::string& what) { return fail(Code::config, what); }

}  // namespace

dialect::Api Upstream::api_for(dialect::Api client) const {
  using dialect::Api;
  if (kind == UpstreamKind::simulator) return client;
  if (kind == UpstreamKind::anthropic) return Api::anthropic;
  if (client == Api::openai_responses && responses) return Api::openai_responses;
  return chat ? Api::openai_chat : Api::openai_responses;
}

Result<Catalog> Catalog::make(std::vector<Upstream> upstreams, std::vector<Model> models,
                              std::vector<DefaultFallback> fallbacks,
                              std::vector<RefusalBilling> billing) {
  Catalog catalog;
  catalog.upstreams_ = std::move(upstreams);
  catalog.models_ = std::move(models);
  catalog.fallbacks_ = std::move(fallbacks);
  catalog.billing_ = std::move(billing);
  sort_by_date(catalog.fallbacks_);
  sort_by_date(catalog.billing_);
  if (auto done = catalog.index(); !done) return Failure(done.error());
  if (auto done = catalog.check_references(); !done) return Failure(done.error());
  return catalog;
}

Result<void> Catalog::index() {
  for (std::size_t i = 0; i < upstreams_.size(); ++i) {
    const Upstream& upstream = upstreams_[i];
    if (upstream.name.empty()) return broken("an upstream has no name");
    if (!upstream_index_.emplace(upstream.name, i).second)
      return broken("two upstreams are named " + upstream.name);
  }
  for (std::size_t i = 0; i < models_.size(); ++i) {
    Model& model = models_[i];
    sort_by_date(model.prices);
    if (model.id.empty()) return broken("a model has no id");
    if (!model_index_.emplace(model.id, i).second)
      return broken("two models answer to " + model.id);
    for (const std::string& alias : model.aliases) {
      if (!model_index_.emplace(alias, i).second) return broken("two models answer to " + alias);
    }
  }
  return {};
}

Result<void> Catalog::check_references() const {
  for (const Model& model : models_) {
    if (model.routes.empty()) return broken("model " + model.id + " has no route");
    for (const Route& route : model.routes) {
      if (find_upstream(route.upstream) == nullptr) {
        return broken("model " + model.id + " is routed to unknown upstream " + route.upstream);
      }
      if (route.weight == 0) return broken("model " + model.id + " has a route of weight 0");
    }
    for (const std::string& target : model.allowed_fallbacks) {
      if (!is_canonical(target))
        return broken("model " + model.id + " allows fallback to unknown model " + target);
      if (target == model.id) return broken("model " + model.id + " allows fallback to itself");
    }
    const std::string& successor = model.availability.successor;
    if (!successor.empty() && !is_canonical(successor)) {
      return broken("model " + model.id + " has unknown successor " + successor);
    }
  }
  return check_successors();
}

Result<void> Catalog::check_successors() const {
  for (const Model& model : models_) {
    const Model* at = &model;
    std::size_t steps = 0;
    while (!at->availability.allowed && !at->availability.successor.empty()) {
      at = find_model(at->availability.successor);
      if (++steps > models_.size())
        return broken("the successors of model " + model.id + " run in a circle");
    }
  }
  for (const DefaultFallback& row : fallbacks_) {
    if (!is_canonical(row.model))
      return broken("the default fallbacks name unknown model " + row.model);
    if (!row.target.empty() && !is_canonical(row.target)) {
      return broken("the default fallbacks name unknown target " + row.target);
    }
    if (row.target == row.model)
      return broken("the default fallbacks send model " + row.model + " to itself");
  }
  return {};
}

bool Catalog::is_canonical(std::string_view id) const {
  const Model* model = find_model(id);
  return model != nullptr && model->id == id;
}

const Model* Catalog::find_model(std::string_view id) const {
  const auto it = model_index_.find(std::string(id));
  return it == model_index_.end() ? nullptr : &models_[it->second];
}

const Upstream* Catalog::find_upstream(std::string_view name) const {
  const auto it = upstream_index_.find(std::string(name));
  return it == upstream_index_.end() ? nullptr : &upstreams_[it->second];
}

std::optional<std::string> Catalog::default_fallback(std::string_view model,
                                                     const std::optional<std::string>& category,
                                                     WallTime at) const {
  const Model* known = find_model(model);
  if (known == nullptr) return std::nullopt;
  const DefaultFallback* row =
      in_force(fallbacks_, key_of(category), at,
               [&](const DefaultFallback& r) { return r.model == known->id; });
  if (row == nullptr || row->target.empty()) return std::nullopt;
  return row->target;
}

bool Catalog::has_default_fallback(std::string_view model, WallTime at) const {
  const Model* known = find_model(model);
  if (known == nullptr) return false;
  return std::any_of(fallbacks_.begin(), fallbacks_.end(), [&](const DefaultFallback& row) {
    return row.model == known->id && row.from <= at;
  });
}

bool Catalog::refusal_billed(const std::optional<std::string>& category, bool after_output,
                             WallTime at) const {
  if (after_output) return true;
  const RefusalBilling* row =
      in_force(billing_, key_of(category), at, [](const RefusalBilling&) { return true; });
  return row != nullptr && row->billed_before_output;
}

const Price* Catalog::price(const Model& model, WallTime at) const {
  const Price* found = nullptr;
  for (const Price& price : model.prices) {
    if (price.from <= at) found = &price;
  }
  return found;
}

}  // namespace sallyport::catalog
