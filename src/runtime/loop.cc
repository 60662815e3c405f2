#include "runtime/loop.h"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <ctime>

#include "base/log.h"

namespace sallyport::runtime {

Loop::Loop(metrics::Histogram& lag_seconds, metrics::Counter& stalls, Duration stall_threshold,
           std::string name)
    : name_(std::move(name)),
      lag_seconds_(lag_seconds),
      stalls_(stalls),
      stall_threshold_(stall_threshold) {}

Loop::~Loop() {
  deferred_.clear();
  senders_.clear();
  buried_.clear();
}

void Loop::run() {
  const auto guard = asio::make_work_guard(io_);
  tick_.expires_at(AsioTimer::clock_type::time_point(clock_.now().since_start + Wheel::kTick));
  schedule_tick();
  for (;;) {
    try {
      io_.run();
      return;
    } catch (const std::exception& error) {
      // Nothing on this path throws by intent; what does must not take the other connections with
      // it.
      log::error("loop_handler_threw", {{"loop", name_}, {"what", error.what()}});
    }
  }
}

void Loop::stop() { io_.stop(); }

void Loop::finish_handlers() {
  tick_.cancel();
  io_.restart();
  io_.poll();
}

void Loop::post(std::function<void()> task) {
  asio::post(io_, [this, work = std::move(task)] {
    const Turn turn(*this);
    work();
  });
}

void Loop::schedule_tick() {
  tick_.async_wait([this](const ErrorCode& error) {
    if (!error) on_tick();
  });
}

// The tick is due at a known moment; how late it comes is how long the loop was kept from its
// events.
void Loop::on_tick() {
  const Turn turn(*this);
  const Duration lag = clock_.now().since_start - tick_.expiry().time_since_epoch();
  ticked_.store(true, std::memory_order_relaxed);
  lag_seconds_.observe(std::chrono::duration<double>(lag).count());
  if (lag > stall_threshold_) {
    stalls_.add();
    log::warn("loop_stalled",
              {{"loop", name_},
               {"late_ms", std::chrono::duration_cast<std::chrono::milliseconds>(lag).count()}});
  }
  // After a stall the missed ticks are made up, so that timeouts do not drift, but not more than a
  // few at once.
  const auto ticks = std::min<std::int64_t>(lag / Wheel::kTick + 1, 10);
  for (std::int64_t i = 0; i < ticks; ++i) wheel_.advance();
  tick_.expires_at(std::max(tick_.expiry() + Wheel::kTick * ticks,
                            AsioTimer::clock_type::time_point(clock_.now().since_start)));
  schedule_tick();
}

// Deferred tasks may write and writes may fail and defer more, hence the loop.
void Loop::finish_turn() {
  while (!deferred_.empty() || !senders_.empty() || !buried_.empty()) {
    std::vector<std::function<void()>> tasks;
    tasks.swap(deferred_);
    for (const auto& task : tasks) task();
    if (!deferred_.empty()) continue;
    std::vector<std::shared_ptr<Flushable>> senders;
    senders.swap(senders_);
    for (const auto& sender : senders) sender->flush();
    if (senders_.empty()) {
      senders.clear();
      senders_.swap(senders);  // keeps the memory
    }
    std::vector<std::shared_ptr<void>> buried;
    buried.swap(buried_);
  }
}

const std::string& Loop::http_date() {
  const std::int64_t second = unix_seconds(clock_.wall());
  if (second != date_second_) {
    date_second_ = second;
    const std::time_t time = static_cast<std::time_t>(second);
    std::tm fields{};
    gmtime_r(&time, &fields);
    char text[40];
    date_.assign(text, std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &fields));
  }
  return date_;
}

}  // namespace sallyport::runtime
