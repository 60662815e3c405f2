#pragma once

#include <functional>
#include <memory>
#include <string>

#include "access/keyring.h"
#include "base/metrics.h"
#include "cli/place.h"
#include "metering/limits.h"
#include "metering/record_sink.h"

namespace sallyport::cli {

// What stays when a gateway stops: the database, the keys in it and the usage written to it; and
// the limiter, which begins from what was spent this month.
class Backend {
 public:
  using OnKeyring = std::function<void(std::shared_ptr<const access::Keyring>)>;

  // Opens or makes the database of the place. `on_keyring` is
  // called with the first keyring before this returns, and with each later one from the store's
  // thread.
  static Result<std::unique_ptr<Backend>> open(const Place& place, OnKeyring on_keyring);
  virtual ~Backend() = default;

  virtual metering::Limiter& limiter() = 0;
  virtual metering::RecordSink& records() = 0;
  // Reads the keys now, and calls on_keyring.
  virtual Result<void> reload_keys() = 0;
  // A new key of `organisation` for every model; its text.
  virtual Result<std::string> create_key(const std::string& name,
                                         const std::string& organisation) = 0;
  // Waits until everything recorded so far is durable.
  virtual Result<void> flush() = 0;
  // The database can be read and written. Does not block.
  virtual bool healthy() const = 0;
  virtual void register_metrics(metrics::Registry& registry) = 0;
};

}  // namespace sallyport::cli
