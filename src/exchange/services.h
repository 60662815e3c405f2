#pragma once

#include <memory>

#include "access/keyring.h"
#include "base/clock.h"
#include "base/random.h"
#include "catalog/catalog.h"
#include "catalog/health.h"
#include "exchange/credit.h"
#include "exchange/sticky.h"
#include "metering/limits.h"
#include "metering/record_sink.h"

namespace sallyport::exchange {

struct Settings {
  Duration ping_interval = std::chrono::seconds(15);
  // A client of a stream hears something within this time even where the upstream has not answered
  // at all; from then on a failure can only be told inside the stream.
  Duration silence_before_head = std::chrono::seconds(240);
  // After the answer is complete, how long an upstream may take to end its response before it is
  // cut off.
  Duration linger = std::chrono::seconds(1);
  std::size_t offload_body_bytes = 256u << 10;
  std::size_t max_body_bytes = 32u << 20;       // after content decoding
  std::size_t max_error_body_bytes = 1u << 20;  // of an upstream
  std::size_t max_released_bytes =
      8u << 20;  // kept for a continuation; beyond it a hop does not continue
};

// Sees every record before it is stored: metrics and the event log. Called on the exchange's
// thread; must not block.
class RecordObserver {
 public:
  virtual ~RecordObserver() = default;
  virtual void observe(const metering::ExchangeRecord& record) = 0;
};

// What the exchanges of one shard use. The owner replaces the snapshots between callbacks; an
// exchange copies what it needs when it begins. Everything pointed to outlives every exchange.
struct Services {
  const Clock* clock = nullptr;
  Random* random = nullptr;
  std::shared_ptr<const catalog::Catalog> catalog;
  std::shared_ptr<const access::Keyring> keyring;
  std::shared_ptr<const catalog::HealthBoard> health;
  metering::Limiter* limiter = nullptr;
  metering::RecordSink* records = nullptr;
  RecordObserver* observer = nullptr;  // may be null
  CreditTokens* credit = nullptr;
  StickyRoutes* sticky = nullptr;  // null: off
  Settings settings;
};

}  // namespace sallyport::exchange
