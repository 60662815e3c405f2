#include "runtime/scripted_attempt.h"

namespace sallyport::runtime {

namespace {

constexpr int kStepsPerTurn = 64;  // then others get their turn

}  // namespace

ScriptedAttempt::ScriptedAttempt(Loop& loop, exchange::AttemptId id,
                                 const catalog::Upstream& upstream,
                                 std::unique_ptr<simulator::Script> script,
                                 AttemptListener& listener)
    : loop_(loop),
      id_(id),
      first_byte_timeout_(upstream.first_byte_timeout),
      idle_timeout_(upstream.idle_timeout),
      script_(std::move(script)),
      listener_(listener),
      delay_(loop.io()),
      timer_(loop.wheel(), [this] {
        fail({Code::timeout, false, has_head_ ? "the response stalled" : "no response in time"});
      }) {}

void ScriptedAttempt::start() {
  timer_.set(first_byte_timeout_);
  wait(Duration{0});
}

// Goes on with play() after a while; never at once, since the caller may be an exchange.
void ScriptedAttempt::wait(Duration after) {
  waiting_ = true;
  delay_.expires_after(std::chrono::duration_cast<AsioTimer::duration>(after));
  delay_.async_wait([weak = weak_from_this()](const ErrorCode& error) {
    const auto self = weak.lock();
    if (error || !self || self->done_) return;
    const Loop::Turn turn(self->loop_);
    self->waiting_ = false;
    self->play();
  });
}

void ScriptedAttempt::play() {
  const auto self = shared_from_this();
  for (int i = 0; i < kStepsPerTurn && !done_ && !paused_; ++i) {
    if (next_) {
      simulator::Step step = std::move(*next_);
      next_.reset();
      perform(step);
      if (done_) return;
    }
    next_ = script_->next();
    if (!next_) return;  // a stall: the timeout ends it
    if (next_->after > Duration{0}) return wait(next_->after);
  }
  if (!done_ && !paused_) wait(Duration{0});
}

void ScriptedAttempt::perform(simulator::Step& step) {
  timer_.set(idle_timeout_);
  if (const auto* head = std::get_if<http::ResponseHead>(&step.what)) {
    has_head_ = true;
    listener_.on_attempt_head(id_, *head);
  } else if (const auto* bytes = std::get_if<std::string>(&step.what)) {
    listener_.on_attempt_body(id_, *bytes);
  } else if (const auto* fault = std::get_if<simulator::Fault>(&step.what)) {
    fail(*fault);
  } else {
    cancel();
    listener_.on_attempt_end(id_);
  }
}

void ScriptedAttempt::fail(const simulator::Fault& fault) {
  if (done_) return;
  const auto self = shared_from_this();
  cancel();
  listener_.on_attempt_failure(id_, {fault.code, fault.nothing_sent, fault.detail});
}

void ScriptedAttempt::cancel() {
  if (done_) return;
  done_ = true;
  timer_.clear();
  delay_.cancel();
}

void ScriptedAttempt::pause() {
  paused_ = true;
  timer_.clear();
}

void ScriptedAttempt::resume() {
  if (!paused_ || done_) return;
  paused_ = false;
  timer_.set(idle_timeout_);
  if (!waiting_) wait(Duration{0});
}

}  // namespace sallyport::runtime
