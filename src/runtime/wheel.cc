#include "runtime/wheel.h"

#include <algorithm>

namespace sallyport::runtime {

namespace {

std::uint64_t ticks_of(Duration after) {
  if (after <= Duration{0}) return 0;
  const auto tick = Wheel::kTick.count();
  return static_cast<std::uint64_t>((after.count() + tick - 1) / tick);
}

}  // namespace

void Timer::set(Duration after) {
  // The present tick has partly passed already, hence one more.
  deadline_ = wheel_.now_ + 1 + ticks_of(after);
  if (armed_ && deadline_ >= visit_) return;
  if (armed_) unlink();
  armed_ = true;
  wheel_.link(*this);
}

void Timer::clear() {
  if (!armed_) return;
  armed_ = false;
  unlink();
}

// The head of a list points at its first timer through `first`; the first timer's previous_ is
// null, so removal of the first needs the list. Which list that is follows from the visit tick, or
// it is the one being visited.
void Timer::unlink() {
  if (next_ != nullptr) next_->previous_ = previous_;
  if (previous_ != nullptr) {
    previous_->next_ = next_;
  } else if (wheel_.due_.first == this) {
    wheel_.due_.first = next_;
  } else {
    wheel_.slots_[visit_ % Wheel::kSlots].first = next_;
  }
  previous_ = nullptr;
  next_ = nullptr;
}

Wheel::Wheel() = default;

Wheel::~Wheel() = default;

void Wheel::link(Timer& timer) {
  const std::uint64_t ahead = std::min<std::uint64_t>(timer.deadline_ - now_, kSlots - 1);
  timer.visit_ = now_ + ahead;
  List& list = slots_[timer.visit_ % kSlots];
  timer.previous_ = nullptr;
  timer.next_ = list.first;
  if (list.first != nullptr) list.first->previous_ = &timer;
  list.first = &timer;
}

void Wheel::advance() {
  ++now_;
  List& slot = slots_[now_ % kSlots];
  due_.first = slot.first;
  slot.first = nullptr;
  while (Timer* timer = due_.first) {
    timer->unlink();
    if (timer->deadline_ > now_) {
      link(*timer);
      continue;
    }
    timer->armed_ = false;
    timer->fire_();
  }
}

}  // namespace sallyport::runtime
