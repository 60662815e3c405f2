#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "catalog/model.h"

namespace sallyport::catalog {

// One row of the dated table of default fallbacks: from this moment, a refusal of `category` by
// `model` goes to `target` (empty: the refusal stands).
struct DefaultFallback {
  WallTime from;
  std::string model;
  std::string category;  // "*" = any that has no row of its own; "null" = no category
  std::string target;
};

// One row of the dated table of what a refusal costs.
struct RefusalBilling {
  WallTime from;
  std::string category;  // as above
  bool billed_before_output = false;
};

// An immutable snapshot; an exchange keeps the one it began with. Shared between threads by
// shared_ptr<const Catalog>.
class Catalog {
 public:
  // Checks the whole (routes name upstreams, targets and successors name models, tables ascend, …).
  static Result<Catalog> make(std::vector<Upstream> upstreams, std::vector<Model> models,
                              std::vector<DefaultFallback> fallbacks,
                              std::vector<RefusalBilling> billing);

  // By id or alias; nullptr where unknown.
  const Model* find_model(std::string_view id) const;
  const Upstream* find_upstream(std::string_view name) const;
  const std::vector<Model>& models() const { return models_; }
  const std::vector<Upstream>& upstreams() const { return upstreams_; }

  // The target in force at `at`; nullopt = no recommendation. Mid-output differs from pre-output
  // only in billing.
  std::optional<std::string> default_fallback(std::string_view model,
                                              const std::optional<std::string>& category,
                                              WallTime at) const;
  // Some row names `model`: then "default" is meaningful for it.
  bool has_default_fallback(std::string_view model, WallTime at) const;
  bool refusal_billed(const std::optional<std::string>& category, bool after_output,
                      WallTime at) const;
  // The price in force; nullptr where the model has none.
  const Price* price(const Model& model, WallTime at) const;

 private:
  Result<void> index();
  Result<void> check_references() const;
  Result<void> check_successors() const;
  // An id, not an alias.
  bool is_canonical(std::string_view id) const;

  std::vector<Upstream> upstreams_;
  std::vector<Model> models_;
  std::vector<DefaultFallback> fallbacks_;
  std::vector<RefusalBilling> billing_;
  std::unordered_map<std::string, std::size_t> model_index_;
  std::unordered_map<std::string, std::size_t> upstream_index_;
};

}  // namespace sallyport::catalog
