#include "policy/compare.h"

#include <functional>

namespace sallyport::policy {
namespace {

constexpr std::size_t kExamples = 5;

// Every cell once, until `visit` says stop. False where the domain is too large.
bool each_cell(const Domain& domain, const Program& a, const Program& b,
               const std::function<bool(const Example&, std::uint64_t)>& visit) {
  if (domain.cells() > kMaxCells) return false;
  Example cell;
  for (std::uint64_t index = 0; index < domain.vectors(); ++index) {
    const Principal principal = domain.principal(index);
    const Facts before = resolve(principal, a.at());
    const Facts after = resolve(principal, b.at());
    for (const std::string& model : domain.models())
      for (const std::string& surface : domain.surfaces()) {
        Decision first = a.decide(before, model, surface);
        Decision second = b.decide(after, model, surface);
        cell.model = model;
        cell.surface = surface;
        cell.before = first.effect;
        cell.after = second.effect;
        cell.served_before = std::move(first.served_model);
        cell.served_after = std::move(second.served_model);
        if (!visit(cell, index)) return true;
      }
  }
  return true;
}

Comparison hold_everywhere(const Program& a, const Program& b,
                           const std::function<bool(const Example&)>& holds) {
  const Domain domain({&a.policy(), &b.policy()});
  Comparison out;
  out.cells = domain.cells();
  const bool decided = each_cell(domain, a, b, [&](const Example& cell, std::uint64_t index) {
    if (holds(cell)) return true;
    out.counterexample = cell;
    out.counterexample->principal = domain.describe(index);
    return false;
  });
  if (decided) out.answer = out.counterexample ? Answer::no : Answer::yes;
  return out;
}

}  // namespace

std::string_view to_string(Answer answer) {
  return answer == Answer::yes ? "yes" : (answer == Answer::no ? "no" : "not decided");
}

Comparison implies(const Program& a, const Program& b) {
  return hold_everywhere(a, b, [](const Example& cell) { return cell.before <= cell.after; });
}

Comparison equivalent(const Program& a, const Program& b) {
  return hold_everywhere(a, b, [](const Example& cell) {
    return cell.before == cell.after && cell.served_before == cell.served_after;
  });
}

Comparison always_denies(const Program& a, const std::string& model) {
  return hold_everywhere(a, a, [&](const Example& cell) {
    if (model.empty()) return cell.before == Effect::deny;
    return cell.served_before != model;
  });
}

Difference diff(const Program& a, const Program& b) {
  const Domain domain({&a.policy(), &b.policy()});
  Difference out;
  out.cells = domain.cells();
  const auto keep = [&](std::vector<Example>& examples, const Example& cell, std::uint64_t index) {
    if (examples.size() >= kExamples) return;
    examples.push_back(cell);
    examples.back().principal = domain.describe(index);
  };
  const bool decided = each_cell(domain, a, b, [&](const Example& cell, std::uint64_t index) {
    if (cell.after > cell.before) {
      ++out.gain;
      keep(out.gains, cell, index);
    } else if (cell.after < cell.before) {
      ++out.lose;
      keep(out.losses, cell, index);
    } else if (cell.served_before != cell.served_after) {
      ++out.changed;
    }
    return true;
  });
  if (decided) out.decided = Answer::yes;
  return out;
}

}  // namespace sallyport::policy
