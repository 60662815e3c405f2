#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "policy/decision.h"
#include "policy/facts.h"
#include "policy/policy.h"

// A policy at one moment, compiled to tables: for each model and surface the directives in force,
// for each holder the grants in force. A decision walks those tables once: no loop depends on
// anything but their size, and every question has an answer.
//
// Deny overrides. Unknown facts take the stricter branch. A directive that cannot be evaluated
// forbids. A successor is served only where the decision on it is to serve.
//
// Thread: immutable after compile(); decide() from any thread.
namespace sallyport::policy {

class Program {
 public:
  static Program compile(std::shared_ptr<const Policy> policy, WallTime at,
                         std::uint64_t epoch = 1);

  // Every model and surface that the policy does not name is denied.
  Decision decide(const Facts& facts, std::string_view model, std::string_view surface) const;

  // From then on another program must be compiled: something begins or ends.
  std::optional<WallTime> valid_until() const { return valid_until_; }
  WallTime at() const { return at_; }
  std::uint64_t epoch() const { return epoch_; }
  const std::string& hash() const { return hash_; }
  const Policy& policy() const { return *policy_; }

  // The first surface on which every decision is the same as on this one, by their indices in the
  // policy.
  std::size_t same_surface(std::size_t surface) const;

  // Blanks what no rule of either asks about (ids that no rule names, the age of credentials that
  // no grant looks at), so that principals who must get equal answers become equal.
  static void project(Facts& facts, const Program& a, const Program& b);

 private:
  friend class Deciding;
  struct Cell {
    std::vector<std::pair<const Directive*, const Definition*>> directives;
    bool operator==(const Cell&) const = default;
  };
  std::size_t cell(std::size_t model, std::size_t surface) const {
    return model * policy_->surfaces.size() + surface;
  }
  void put_directives();
  void put_grants();
  void collect_names();
  void ends(const std::optional<WallTime>& moment);
  bool grants_to(const Facts& facts) const;

  std::shared_ptr<const Policy> policy_;
  WallTime at_;
  std::uint64_t epoch_ = 1;
  std::string hash_;
  std::optional<WallTime> valid_until_;
  std::unordered_map<std::string, std::size_t> models_;
  std::unordered_map<std::string, std::size_t> surfaces_;
  std::vector<Cell> cells_;
  std::unordered_map<std::string, std::vector<const Grant*>> grants_;  // by kind and holder
  std::unordered_map<std::string, const Programme*> programmes_;
  std::unordered_set<std::string> granted_surfaces_;  // that some grant or programme names
  std::unordered_set<std::string> names_;             // ids, projects and purposes that rules name
};

}  // namespace sallyport::policy
