#include "runtime/wheel.h"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "base/random.h"

namespace sallyport::runtime {
namespace {

using namespace std::chrono_literals;

TEST(Wheel, FiresNotBeforeAndAtMostTwoTicksAfter) {
  for (const auto after : {0ms, 1ms, 100ms, 101ms, 5000ms, 51'100ms, 51'200ms, 120'000ms}) {
    Wheel wheel;
    bool fired = false;
    Timer timer(wheel, [&fired] { fired = true; });
    timer.set(after);
    const int earliest = static_cast<int>((after + 99ms) / 100ms) + 1;
    for (int i = 1; i < earliest; ++i) {
      wheel.advance();
      EXPECT_FALSE(fired) << after.count() << " at " << i;
    }
    wheel.advance();
    EXPECT_TRUE(fired) << after.count();
    EXPECT_FALSE(timer.armed());
  }
}

TEST(Wheel, LaterAndEarlierReplaceWhatWasSet) {
  Wheel wheel;
  int fired = 0;
  Timer timer(wheel, [&fired] { ++fired; });
  timer.set(500ms);
  for (int i = 0; i < 5; ++i) wheel.advance();
  timer.set(500ms);
  for (int i = 0; i < 5; ++i) wheel.advance();
  EXPECT_EQ(fired, 0);
  timer.set(0ms);
  wheel.advance();
  EXPECT_EQ(fired, 1);
  for (int i = 0; i < 600; ++i) wheel.advance();
  EXPECT_EQ(fired, 1);
}

// Against a plain model, with callbacks that set, clear and destroy others.
TEST(Wheel, AgreesWithAModelUnderRandomUse) {
  SeededRandom random(11);
  Wheel wheel;
  struct Guarded {
    std::unique_ptr<Timer> timer;
    std::uint64_t due = 0;  // 0 = not set
  };
  std::vector<Guarded> guarded(50);
  for (std::size_t i = 0; i < guarded.size(); ++i) {
    guarded[i].timer = std::make_unique<Timer>(wheel, [&, i] {
      EXPECT_EQ(guarded[i].due, wheel.now());
      guarded[i].due = 0;
      const std::size_t other = random.below(guarded.size());
      if (other != i && random.below(4) == 0) {
        guarded[other].timer->clear();
        guarded[other].due = 0;
      }
    });
  }
  for (int tick = 0; tick < 20'000; ++tick) {
    Guarded& one = guarded[random.below(guarded.size())];
    const std::uint64_t after = random.below(random.below(10) == 0 ? 2000 : 30);
    one.timer->set(Wheel::kTick * static_cast<std::int64_t>(after));
    one.due = wheel.now() + 1 + after;
    wheel.advance();
    for (const Guarded& each : guarded) {
      EXPECT_EQ(each.timer->armed(), each.due != 0);
      EXPECT_TRUE(each.due == 0 || each.due > wheel.now());
    }
  }
}

}  // namespace
}  // namespace sallyport::runtime
