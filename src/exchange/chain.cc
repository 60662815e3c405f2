#include "exchange/chain.h"

#include <algorithm>

namespace sallyport::exchange {
namespace {

using dialect::Fallbacks;

bool permits(const catalog::Model& model, const std::string& target) {
  return std::find(model.allowed_fallbacks.begin(), model.allowed_fallbacks.end(), target) !=
         model.allowed_fallbacks.end();
}

Failure refuse(std::string message) {
  return fail(Code::invalid, std::move(message), Source::client);
}

// The effective max_tokens of an entry must be one that its model can give: the body is checked as
// a direct request.
Result<void> check_budget(const dialect::ClientRequest& request,
                          const dialect::FallbackEntry& entry, const catalog::Model& target,
                          std::size_t position) {
  const auto own = entry.entry["max_tokens"].integer();
  const std::int64_t wanted = own ? *own : request.max_tokens;
  if (target.max_tokens > 0 && wanted > target.max_tokens) {
    return refuse("fallbacks." + std::to_string(position) + ": max_tokens: " +
                  std::to_string(wanted) + " > " + std::to_string(target.max_tokens) +
                  ", which is the maximum allowed number of output tokens for " + target.id);
  }
  return {};
}

}  // namespace

Result<FallbackChain> FallbackChain::make(const dialect::ClientRequest& request,
                                          const catalog::Model& requested,
                                          const catalog::Catalog& catalog, WallTime now) {
  FallbackChain chain;
  chain.catalog_ = &catalog;
  chain.asked_.push_back(&requested);
  const Fallbacks& asked = request.fallbacks;
  if (asked.form == Fallbacks::Form::absent) {
    if (requested.automatic_fallback == catalog::AutomaticFallback::by_default &&
        request.operation == dialect::Operation::create) {
      chain.form_ = Form::by_default;
    }
    return chain;
  }
  chain.shown_ = true;
  if (asked.form == Fallbacks::Form::by_default) {
    // On a model without recommendations the requested model runs alone.
    if (catalog.has_default_fallback(requested.id, now)) chain.form_ = Form::by_default;
    return chain;
  }
  if (requested.allowed_fallbacks.empty()) {
    return refuse("'" + request.model + "' does not support the `fallbacks` parameter.");
  }
  for (std::size_t i = 0; i < asked.list.size(); ++i) {
    const dialect::FallbackEntry& entry = asked.list[i];
    const catalog::Model* target = catalog.find_model(entry.model);
    if (!target || !permits(requested, target->id)) {
      return refuse("'" + entry.model + "' is not a valid fallback target for '" + request.model +
                    "'. See this model's allowed_fallback_models on GET /v1/models/" +
                    requested.id + ".");
    }
    const auto same = [&](const Next& earlier) { return earlier.model == target; };
    if (target == &requested || std::any_of(chain.list_.begin(), chain.list_.end(), same)) {
      return refuse("fallbacks." + std::to_string(i) + ": '" + entry.model +
                    "' is named twice: entries must differ from each other and from `model`");
    }
    if (auto ok = check_budget(request, entry, *target, i); !ok) return Failure(ok.error());
    chain.list_.push_back({target, &entry});
  }
  chain.form_ = chain.list_.empty() ? Form::none : Form::list;
  return chain;
}

std::optional<FallbackChain::Next> FallbackChain::next(const catalog::Model& declining,
                                                       const std::optional<std::string>& category,
                                                       WallTime now) {
  if (form_ == Form::list) {
    if (position_ >= list_.size()) return std::nullopt;
    asked_.push_back(list_[position_].model);
    return list_[position_++];
  }
  if (form_ == Form::none) return std::nullopt;
  const auto target = catalog_->default_fallback(declining.id, category, now);
  const catalog::Model* model = target ? catalog_->find_model(*target) : nullptr;
  if (!model || std::find(asked_.begin(), asked_.end(), model) != asked_.end()) return std::nullopt;
  asked_.push_back(model);
  return Next{model, nullptr};
}

}  // namespace sallyport::exchange
