#pragma once

#include "base/metrics.h"

namespace sallyport::runtime {

// The cells of one shard, resolved once.
struct ShardMetrics {
  explicit ShardMetrics(metrics::Registry& registry);

  // An answer that the runtime gave by itself because the request could not be taken.
  void count_refusal(int status);

  metrics::Histogram& lag_seconds;
  metrics::Counter& stalls;
  metrics::Counter& accepted;
  metrics::Counter& closed;
  metrics::Gauge& open;
  metrics::Counter& turned_away;
  metrics::Counter& handshake_failures;
  metrics::Counter& requests;
  metrics::Gauge& exchanges;
  metrics::Counter& exchange_failures;
  metrics::Counter& client_gone;
  metrics::Counter& aborted;
  metrics::Counter& slow_readers;

 private:
  static constexpr int kStatuses[] = {400, 404, 408, 413, 414, 417, 431, 501, 503, 505};
  metrics::Counter* refusals_[std::size(kStatuses) + 1];
};

}  // namespace sallyport::runtime
