#pragma once

#include <memory>

#include "exchange/exchange.h"

namespace sallyport::cli {

// An exchange that hands every request to the simulator and its answer back as it comes: the
// simulator as a server of its own, for tests over real sockets and for benchmarks.
std::unique_ptr<exchange::Exchange> make_simulate_exchange(exchange::Port& port);

}  // namespace sallyport::cli
