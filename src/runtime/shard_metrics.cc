#include "runtime/shard_metrics.h"

#include <algorithm>
#include <iterator>

namespace sallyport::runtime {

ShardMetrics::ShardMetrics(metrics::Registry& registry)
    : lag_seconds(registry.histogram("sallyport_loop_lag_seconds", "how late a shard's tick came",
                                     metrics::latency_bounds_seconds())),
      stalls(registry.counter("sallyport_loop_stalls_total",
                              "ticks that came later than the stall threshold")),
      accepted(
          registry.counter("sallyport_connections_accepted_total", "client connections accepted")),
      closed(
          registry.counter("sallyport_connections_closed_total", "client connections that ended")),
      open(registry.gauge("sallyport_connections_open", "client connections open now")),
      turned_away(registry.counter("sallyport_connections_turned_away_total",
                                   "client connections closed on accept by a bound")),
      handshake_failures(
          registry.counter("sallyport_handshake_failures_total",
                           "TLS handshakes and PROXY headers of clients that failed")),
      requests(registry.counter("sallyport_requests_total", "requests read whole")),
      exchanges(registry.gauge("sallyport_exchanges_open", "exchanges that are not finished")),
      exchange_failures(registry.counter("sallyport_exchanges_failed_total",
                                         "exchanges dropped because of an internal error")),
      client_gone(registry.counter("sallyport_clients_gone_total",
                                   "clients that left before their answer was complete")),
      aborted(registry.counter("sallyport_responses_aborted_total",
                               "connections broken because an answer could not be completed")),
      slow_readers(registry.counter("sallyport_slow_readers_total",
                                    "clients cut off because they took no bytes")) {
  for (std::size_t i = 0; i <= std::size(kStatuses); ++i) {
    const std::string status = i < std::size(kStatuses) ? std::to_string(kStatuses[i]) : "other";
    refusals_[i] = &registry.counter("sallyport_requests_refused_total",
                                     "requests that the runtime answered with an error by itself",
                                     {{"status", status}});
  }
}

void ShardMetrics::count_refusal(int status) {
  const auto at = std::find(std::begin(kStatuses), std::end(kStatuses), status);
  refusals_[std::distance(std::begin(kStatuses), at)]->add();
}

}  // namespace sallyport::runtime
