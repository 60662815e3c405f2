#include "runtime/main_loop.h"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>

#include "base/log.h"
#include "runtime/file_watch.h"

namespace sallyport::runtime {
namespace {

constexpr Duration kFileInterval = std::chrono::seconds(1);

using Signals = asio::basic_signal_set<Executor>;

void wait_on(const std::shared_ptr<Signals>& signals, std::function<void(int)> handle) {
  signals->async_wait([signals, handle = std::move(handle)](const ErrorCode& error, int number) {
    if (error) return;
    handle(number);
    wait_on(signals, handle);
  });
}

}  // namespace

void MainLoop::prepare(Events events, bool handle_signals,
                       const std::vector<std::string>& watched_files) {
  events_ = std::move(events);
  if (handle_signals) {
    std::signal(SIGPIPE, SIG_IGN);
    const auto signals = std::make_shared<Signals>(io_, SIGTERM, SIGINT, SIGHUP);
    wait_on(signals, [this](int number) {
      log::info("signal", {{"number", number}});
      const auto& handle = number == SIGHUP ? events_.reload : events_.terminate;
      if (handle) handle();
    });
  }
  if (!watched_files.empty() && events_.reload) {
    every(kFileInterval, [this, watch = std::make_shared<FileWatch>(watched_files)] {
      if (watch->changed()) events_.reload();
    });
  }
  if (notifier_.watchdog_interval() > Duration{0}) {
    every(notifier_.watchdog_interval() / 3, [this] {
      if (events_.alive()) notifier_.send("WATCHDOG=1");
    });
  }
}

void MainLoop::run() {
  const auto guard = asio::make_work_guard(io_);
  notifier_.send("READY=1");
  io_.run();
}

void MainLoop::post(std::function<void()> task) { asio::post(io_, std::move(task)); }

void MainLoop::after(Duration delay, std::function<void()> task) {
  const auto timer = std::make_shared<AsioTimer>(io_, delay);
  timer->async_wait([timer, task = std::move(task)](const ErrorCode& error) {
    if (!error) task();
  });
}

void MainLoop::every(Duration interval, std::function<void()> task) {
  after(interval, [this, interval, task = std::move(task)] {
    task();
    every(interval, task);
  });
}

}  // namespace sallyport::runtime
