#pragma once

#include <cstdint>
#include <vector>

#include "base/clock.h"
#include "catalog/catalog.h"
#include "catalog/health.h"

namespace sallyport::catalog {

// One place to try. Pointers live as long as the catalog.
struct Candidate {
  const Route* route = nullptr;
  const Upstream* upstream = nullptr;
  bool healthy = true;
};

// Every route of `model` in the order to try them: lower `order` first, equal orders shuffled by
// weight with `seed`; the routes of upstreams that cool down come last in the same order, because
// trying is better than not answering at all.
std::vector<Candidate> route_plan(const Catalog& catalog, const Model& model,
                                  const HealthBoard& health, Instant now, std::uint64_t seed);

}  // namespace sallyport::catalog
