#include "catalog/routing.h"

#include <algorithm>

#include "base/random.h"

namespace sallyport::catalog {
namespace {

// Moves a route drawn by weight to the front of [begin, end), again and again.
void shuffle_by_weight(std::vector<Candidate>::iterator begin, std::vector<Candidate>::iterator end,
                       SeededRandom& random) {
  for (; end - begin > 1; ++begin) {
    std::uint64_t total = 0;
    for (auto it = begin; it != end; ++it) total += it->route->weight;
    std::uint64_t draw = random.below(total);
    auto chosen = begin;
    while (draw >= chosen->route->weight) draw -= (chosen++)->route->weight;
    std::rotate(begin, chosen, chosen + 1);
  }
}

}  // namespace

std::vector<Candidate> route_plan(const Catalog& catalog, const Model& model,
                                  const HealthBoard& health, Instant now, std::uint64_t seed) {
  std::vector<Candidate> plan;
  plan.reserve(model.routes.size());
  for (const Route& route : model.routes)
    plan.push_back({&route, catalog.find_upstream(route.upstream), true});
  if (plan.size() > 1) {
    std::stable_sort(plan.begin(), plan.end(), [](const Candidate& a, const Candidate& b) {
      return a.route->order < b.route->order;
    });
    SeededRandom random(seed);
    for (auto begin = plan.begin(); begin != plan.end();) {
      const auto end = std::find_if(begin, plan.end(), [&](const Candidate& c) {
        return c.route->order != begin->route->order;
      });
      shuffle_by_weight(begin, end, random);
      begin = end;
    }
  }
  for (Candidate& candidate : plan) {
    UpstreamHealth* state = health.find(candidate.upstream->name);
    candidate.healthy = state == nullptr || state->admit(now);
  }
  std::stable_partition(plan.begin(), plan.end(), [](const Candidate& c) { return c.healthy; });
  return plan;
}

}  // namespace sallyport::catalog
