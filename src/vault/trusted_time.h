#pragma once

#include "base/clock.h"

namespace sallyport::vault {

// Wall time that does not jump: what a record's day and a day's end are judged by. It runs on with
// the monotonic clock when the wall clock leaps, and follows the wall clock only once that has kept
// its new course for kPatience. So a leap of less than an hour's length of life changes nothing,
// and one that stays takes effect an hour late.
//
// It cannot know of a leap while the process was down, except backwards beyond `last_seen`; nothing
// is destroyed in the first kSettle of a process, so that a clock may be set first. One thread at a
// time.
class TrustedTime {
 public:
  static constexpr Duration kTolerance =
      std::chrono::seconds(30);  // per look, beyond which the clock leapt
  static constexpr Duration kPatience = std::chrono::hours(1);
  static constexpr Duration kSettle = std::chrono::minutes(10);

  TrustedTime(const Clock& clock, WallTime last_seen);

  WallTime now();
  // The wall clock is off the trusted course.
  bool suspect() const { return suspect_; }
  // Long enough alive, and not suspect: what cannot be undone may be done.
  bool settled();

 private:
  const Clock& clock_;
  Instant started_;
  Instant anchor_;  // trusted_ was right at this instant
  WallTime trusted_;
  bool suspect_ = false;
  Instant since_;       // of the present leap
  Duration offset_{0};  // of the wall clock from the trusted course, when the leap began
};

}  // namespace sallyport::vault
