#pragma once

#include <set>
#include <string>
#include <vector>

#include "policy/program.h"

// One decision on its way. Private to Program::decide.
namespace sallyport::policy {

class Deciding {
 public:
  Deciding(const Program& program, const Facts& facts, std::size_t surface);

  Decision run(std::size_t model);

 private:
  struct Party {
    std::string_view name;  // "holder", "end_user", "organisation"
    View view;
  };
  // How a directive stands to the asker.
  struct Standing {
    Tri covered = Tri::no;
    std::vector<std::string> reasons;
    std::set<std::string> missing;
    std::vector<std::string> provisos;
  };
  // What is decided about one model without looking at successors.
  struct Direct {
    bool served = false;
    std::vector<const Directive*> forbidding;
    bool denies = false;  // one of them without substitution, or access is missing
    Decision decision;
  };

  Direct direct(std::size_t model);
  void substitute(const Direct& asked, std::size_t model, Decision& out);
  void access(const ModelRule& model, Direct& out);
  void grants(const ModelRule& model, Direct& out);
  void retention(const ModelRule& model, Direct& out);
  bool evaluates(const ModelRule& model) const;
  void directive(const Directive& d, const Definition* definition, const ModelRule& model,
                 Direct& out);

  Standing standing(const Directive& d, const Definition* definition, const ModelRule& model) const;
  Tri acts_reach(const Directive& d, const Party& party) const;
  Tri exempt(const Directive& d, const ModelRule& model, const Party& party, Standing& out) const;
  Tri exempt_by(const Exemption& exemption, const Party& party) const;
  Tri annex(const Exemption& exemption, const Party& party) const;
  Tri licensed(const Licence& licence, const Party& party) const;
  Tri employed_by_own(const Party& party) const;
  bool holds_programme(const Exemption& exemption) const;

  std::vector<const Grant*> candidates() const;
  bool applies(const Grant& grant, const ModelRule* model, std::vector<std::string>& unmet) const;
  void lower(std::optional<WallTime> moment) const;

  const Program& program_;
  const Facts& facts_;
  std::size_t surface_;
  const std::string& surface_name_;
  std::vector<Party> parties_;
  Subject nobody_;  // the end user whom nobody named: all unknown
  mutable std::optional<WallTime> until_;
};

}  // namespace sallyport::policy
