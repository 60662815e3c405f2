#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "catalog/catalog.h"

// Whether upstreams are up, learned from the traffic itself. Whether a model is *allowed* is
// another matter (Availability) and nothing here changes it.
namespace sallyport::catalog {

struct HealthOptions {
  std::uint32_t failures_to_cool_down = 5;  // in a row
  Duration first_cool_down = std::chrono::seconds(5);
  Duration max_cool_down = std::chrono::minutes(1);  // doubles up to this while trials fail
  Duration trial_interval = std::chrono::seconds(1);
};

// One upstream. Every function may be called from any thread; relaxed atomics, no lock: two shards
// that fail at once may count one failure twice, which only cools down a little sooner.
class UpstreamHealth {
 public:
  explicit UpstreamHealth(HealthOptions options = {}) : options_(options) {}

  // May a request go there now? While cooling down: no. After it: one caller per trial interval may
  // (half-open), until a success closes it or a failure doubles the cool-down.
  bool admit(Instant now);
  // The same without taking the trial: for readiness and metrics.
  bool healthy(Instant now) const;

  void succeeded();
  // Connection failed, timed out, broke, or the answer was 5xx.
  void failed(Instant now);
  // 429 or 529: it is up, but wants to be left alone for this long (bounded by max_cool_down).
  void overloaded(Instant now, Duration retry_after);

 private:
  HealthOptions options_;
  std::atomic<std::uint32_t> failures_{0};
  std::atomic<std::int64_t> closed_until_ns_{0};  // 0 = healthy
  std::atomic<std::int64_t> cool_down_ns_{0};     // the last one; 0 = none since the last success
};

// The health of every upstream of a catalog. Immutable itself; shared by all shards.
class HealthBoard {
 public:
  // Upstreams that keep name, host and port keep their health over a reload.
  static std::shared_ptr<HealthBoard> make(const Catalog& catalog, const HealthBoard* previous,
                                           HealthOptions options = {});

  // nullptr for an upstream that the catalog has not.
  UpstreamHealth* find(std::string_view upstream) const;

 private:
  struct Entry {
    std::string host;
    std::uint16_t port = 0;
    std::shared_ptr<UpstreamHealth> health;
  };
  std::map<std::string, Entry, std::less<>> entries_;
};

}  // namespace sallyport::catalog
