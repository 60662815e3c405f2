#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"

namespace sallyport::runtime {

// Tells the service manager how we are, where one asked for it. Source: sd_notify(3). Does nothing
// without $NOTIFY_SOCKET.
class Notifier {
 public:
  // Reads the environment.
  Notifier();
  ~Notifier();
  Notifier(const Notifier&) = delete;
  Notifier& operator=(const Notifier&) = delete;

  // "READY=1", "STOPPING=1", "WATCHDOG=1", "RELOADING=1"; several are separated by line feeds.
  void send(std::string_view state) const;
  // How often the manager wants to hear from us; zero = never.
  Duration watchdog_interval() const { return watchdog_interval_; }

 private:
  int fd_ = -1;
  Duration watchdog_interval_{0};
};

}  // namespace sallyport::runtime
