#include "vault/trusted_time.h"

namespace sallyport::vault {
namespace {

bool close_to(Duration a, Duration b) {
  const Duration difference = a > b ? a - b : b - a;
  return difference <= TrustedTime::kTolerance;
}

}  // namespace

TrustedTime::TrustedTime(const Clock& clock, WallTime last_seen)
    : clock_(clock), started_(clock.now()), anchor_(clock.now()), trusted_(clock.wall()) {
  if (trusted_ + kTolerance < last_seen) trusted_ = last_seen;
}

WallTime TrustedTime::now() {
  const Instant instant = clock_.now();
  const WallTime expected = trusted_ + (instant - anchor_);
  const WallTime wall = clock_.wall();
  const Duration offset = wall - expected;
  anchor_ = instant;
  trusted_ = expected;
  if (close_to(offset, Duration(0))) {
    suspect_ = false;
    trusted_ = wall;  // follow the small corrections of a disciplined clock
  } else if (!suspect_ || !close_to(offset, offset_)) {
    suspect_ = true;
    since_ = instant;
    offset_ = offset;
  } else if (instant - since_ >= kPatience) {
    suspect_ = false;
    trusted_ = wall;
  }
  return trusted_;
}

bool TrustedTime::settled() {
  now();
  return !suspect_ && clock_.now() - started_ >= kSettle;
}

}  // namespace sallyport::vault
