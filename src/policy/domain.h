#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "policy/program.h"

// Every kind of principal that the given policies can tell apart: for each axis that a rule asks
// about, the values that rules name, one other, and UNKNOWN. Countries that no rule separates
// stand for each other, so that sets of countries stay few.
namespace sallyport::policy {

inline constexpr std::uint64_t kMaxCells = 10'000'000;

struct DomainAxis {
  std::string name;
  // Applies value `index` to a principal.
  std::vector<std::function<void(Principal&)>> values;
  std::vector<std::string> labels;
};

class Domain {
 public:
  // Over all parts of all policies, at any time.
  explicit Domain(const std::vector<const Policy*>& policies);

  const std::vector<DomainAxis>& axes() const { return axes_; }
  // Vectors times models times surfaces; saturates at the largest number.
  std::uint64_t cells() const;
  std::uint64_t vectors() const;
  // The principal of one vector, 0 <= index < vectors().
  Principal principal(std::uint64_t index) const;
  // "citizenships=FR,US location=? …"
  std::string describe(std::uint64_t index) const;
  const std::vector<std::string>& models() const { return models_; }
  const std::vector<std::string>& surfaces() const { return surfaces_; }

 private:
  std::vector<DomainAxis> axes_;
  std::vector<std::string> models_;
  std::vector<std::string> surfaces_;
};

}  // namespace sallyport::policy
