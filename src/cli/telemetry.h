#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/metrics.h"
#include "exchange/services.h"

// Metrics and events of finished exchanges. One object per shard, used on its thread only; the
// registry is shared.
//
// Names follow OpenTelemetry's conventions for generative AI where they have one, with underscores
// for dots (gen_ai_client_operation_duration, gen_ai_client_token_usage); the rest is sallyport_*.
namespace sallyport::cli {

class Telemetry final : public exchange::RecordObserver {
 public:
  // `log_exchanges`: one line for each exchange; refusals and fallbacks have events of their own
  // either way.
  Telemetry(metrics::Registry& registry, bool log_exchanges)
      : registry_(registry), log_exchanges_(log_exchanges) {}

  void observe(const metering::ExchangeRecord& record) override;
  void set_log_exchanges(bool on) { log_exchanges_ = on; }

 private:
  // Label values come from the catalog and from closed sets, but a client may name any model; so
  // the number of series per metric is bounded and what comes later is counted under "other".
  static constexpr std::size_t kMaxSeries = 500;

  metrics::Counter& counter(const char* name, const char* help, std::vector<std::string> keys,
                            std::vector<std::string> values);
  metrics::Histogram& histogram(const char* name, const char* help,
                                const std::vector<double>& bounds, std::vector<std::string> keys,
                                std::vector<std::string> values);
  template <class Cell, class Make>
  Cell& cell(std::map<std::vector<std::string>, Cell*>& cells, const char* name,
             std::vector<std::string> keys, std::vector<std::string> values, const Make& make);
  void count_exchange(const metering::ExchangeRecord& record);
  void count_attempts(const metering::ExchangeRecord& record);
  void tell_refusal(const metering::ExchangeRecord& record);
  void tell_fallback(const metering::ExchangeRecord& record);
  void log_exchange(const metering::ExchangeRecord& record) const;

  metrics::Registry& registry_;
  bool log_exchanges_;
  std::map<std::vector<std::string>, metrics::Counter*> counters_;  // by name and label values
  std::map<std::vector<std::string>, metrics::Histogram*> histograms_;
  std::map<std::string, std::size_t> series_;
};

}  // namespace sallyport::cli
