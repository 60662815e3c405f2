#pragma once

#include <array>
#include <cstdint>
#include <functional>

#include "base/clock.h"

// Coarse timeouts for one shard: setting, moving and clearing one costs a few stores, whatever
// their number.
namespace sallyport::runtime {

class Wheel;

// One deadline. Embedded in what it guards and cleared with it. A deadline that moves further away
// is only written down; the wheel looks again when it comes by, so that a timeout renewed with
// every read is free.
class Timer {
 public:
  Timer(Wheel& wheel, std::function<void()> fire) : wheel_(wheel), fire_(std::move(fire)) {}
  ~Timer() { clear(); }
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  // Fires once, not before `after` and at most two ticks later. Replaces what was set.
  void set(Duration after);
  void clear();
  bool armed() const { return armed_; }

 private:
  friend class Wheel;
  void unlink();

  Wheel& wheel_;
  std::function<void()> fire_;
  Timer* previous_ = nullptr;
  Timer* next_ = nullptr;
  std::uint64_t deadline_ = 0;  // tick at which it fires
  std::uint64_t visit_ = 0;     // tick at which the wheel comes by
  bool armed_ = false;
};

// Owned and driven by one thread. Knows ticks only; the loop tells it when one has passed.
class Wheel {
 public:
  static constexpr Duration kTick = std::chrono::milliseconds(100);

  Wheel();
  ~Wheel();
  Wheel(const Wheel&) = delete;
  Wheel& operator=(const Wheel&) = delete;

  // Moves on by one tick and fires what is due. Callbacks may set, clear and destroy any timer.
  void advance();
  std::uint64_t now() const { return now_; }

 private:
  friend class Timer;
  static constexpr std::size_t kSlots = 512;
  struct List {
    Timer* first = nullptr;
  };
  void link(Timer& timer);

  std::array<List, kSlots> slots_;
  List due_;  // the slot being visited
  std::uint64_t now_ = 0;
};

}  // namespace sallyport::runtime
