#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "runtime/loop.h"
#include "runtime/notify.h"

namespace sallyport::runtime {

// The loop of the thread that called Server::run: signals, watched files, the service manager, and
// the steps of a drain.
class MainLoop {
 public:
  struct Events {
    std::function<void()> terminate;  // SIGTERM or SIGINT, each time
    std::function<void()> reload;     // SIGHUP or a changed file
    std::function<bool()> alive;      // whether the watchdog may be told so
  };

  // Takes signals from now on; they are handled once run() runs.
  void prepare(Events events, bool handle_signals, const std::vector<std::string>& watched_files);
  // Until stop().
  void run();

  // From any thread.
  void stop() { io_.stop(); }
  void post(std::function<void()> task);
  // From this loop's thread.
  void after(Duration delay, std::function<void()> task);
  void notify(std::string_view state) { notifier_.send(state); }

 private:
  void every(Duration interval, std::function<void()> task);

  Notifier notifier_;
  Events events_;
  asio::io_context io_{1};
};

}  // namespace sallyport::runtime
