#pragma once

#include <memory>
#include <vector>

#include "sim/network.h"

namespace sallyport::sim {

// What must hold of one exchange after its end: it ended, and what its client got is a valid answer
// of its dialect, a valid error, or visibly broken off.
void check_answer(World& world, const Connection& connection);

// What must hold of the whole run: one record each, with sums that agree.
void check_records(World& world, const std::vector<std::shared_ptr<Connection>>& connections);

}  // namespace sallyport::sim
