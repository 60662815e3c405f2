// What an exchange asks for besides answering: upstream attempts and work on other threads.
#include <algorithm>

#include "base/log.h"
#include "runtime/connection.h"
#include "runtime/shard.h"

namespace sallyport::runtime {

void Connection::start_attempt(exchange::AttemptId id, exchange::UpstreamCall call) {
  const std::shared_ptr<Attempt> attempt = shard_.make_attempt(id, std::move(call), *this);
  attempts_.emplace_back(id, attempt);
  if (held_back_) attempt->pause();
  attempt->start();
}

std::shared_ptr<Attempt> Connection::take_attempt(exchange::AttemptId id) {
  const auto at = std::find_if(attempts_.begin(), attempts_.end(),
                               [id](const auto& one) { return one.first == id; });
  if (at == attempts_.end()) return nullptr;
  std::shared_ptr<Attempt> taken = std::move(at->second);
  attempts_.erase(at);
  shard_.loop().bury(taken);
  return taken;
}

void Connection::cancel_attempt(exchange::AttemptId id) {
  if (const auto attempt = take_attempt(id)) attempt->cancel();
}

void Connection::on_attempt_head(exchange::AttemptId id, const http::ResponseHead& head) {
  tell([&](exchange::Exchange& one) { one.on_upstream_head(id, head); });
}

void Connection::on_attempt_body(exchange::AttemptId id, std::string_view bytes) {
  tell([&](exchange::Exchange& one) { one.on_upstream_body(id, bytes); });
}

void Connection::on_attempt_end(exchange::AttemptId id) {
  take_attempt(id);
  tell([&](exchange::Exchange& one) { one.on_upstream_end(id); });
}

void Connection::on_attempt_failure(exchange::AttemptId id,
                                    const exchange::UpstreamFailure& failure) {
  take_attempt(id);
  tell([&](exchange::Exchange& one) { one.on_upstream_failure(id, failure); });
}

void Connection::on_tick() {
  submit_work();
  if (!exchange_) return;
  tick_timer_.set(Duration{0});
  tell([](exchange::Exchange& one) { one.on_tick(); });
}

void Connection::offload(std::function<void()> work) {
  ++work_outstanding_;
  work_.push_back(std::move(work));
  submit_work();
}

// The exchange stays alive until its work is done, whatever became of the client, since the work
// may look at it.
void Connection::submit_work() {
  while (!work_.empty()) {
    auto work = std::make_shared<std::function<void()>>(std::move(work_.front()));
    const bool taken = shard_.workers().submit([self = shared_from_this(), work]() mutable {
      try {
        (*work)();
      } catch (const std::exception& error) {
        log::error("offloaded_work_threw", {{"what", error.what()}});
      }
      work.reset();
      Loop& loop = self->shard_.loop();
      loop.post([self = std::move(self)] {
        --self->work_outstanding_;
        self->tell([](exchange::Exchange& one) { one.on_work_done(); });
      });
    });
    if (!taken) {
      // The queue is full: the next tick tries again.
      work_.front() = std::move(*work);
      if (!tick_timer_.armed()) tick_timer_.set(Duration{0});
      return;
    }
    work_.pop_front();
  }
}

}  // namespace sallyport::runtime
