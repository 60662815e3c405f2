#pragma once

#include <cstdint>
#include <functional>
#include <queue>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "exchange/services.h"

namespace sallyport::sim {

// Virtual time: what happens next is what is due first; equal times keep their order of scheduling.
class Timeline {
 public:
  explicit Timeline(ManualClock& clock) : clock_(clock) {}
  void after(Duration delay, std::function<void()> run);
  // Runs until nothing is due or `limit` has passed; false if events are still due then.
  bool run(Duration limit);

 private:
  struct Due {
    Instant at;
    std::uint64_t order = 0;
    std::function<void()> run;
  };
  struct Later {
    bool operator()(const Due& a, const Due& b) const {
      return a.at != b.at ? a.at > b.at : a.order > b.order;
    }
  };
  ManualClock& clock_;
  std::uint64_t next_order_ = 0;
  std::priority_queue<Due, std::vector<Due>, Later> due_;
};

// Takes records and, some of the time, has no room.
class Sink final : public metering::RecordSink {
 public:
  bool accept(metering::ExchangeRecord&& record) override;
  bool has_room() const override { return !full; }
  std::vector<metering::ExchangeRecord> records;
  bool full = false;
};

// Everything that the exchanges of one run share.
class World {
 public:
  explicit World(std::uint64_t seed);

  ManualClock clock;
  SeededRandom random;
  Timeline timeline{clock};
  metering::Limiter limiter;
  Sink sink;
  exchange::CreditTokens credit;
  exchange::StickyRoutes sticky;
  exchange::Services services;
  std::vector<std::string> keys;      // valid ones
  std::vector<std::string> problems;  // what a check found

  // True `percent` times of a hundred.
  bool chance(std::uint64_t percent) { return random.below(100) < percent; }
  void problem(std::string what) { problems.push_back(std::move(what)); }
};

}  // namespace sallyport::sim
