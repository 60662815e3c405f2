#pragma once

#include <array>
#include <atomic>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/metrics.h"
#include "runtime/wheel.h"

namespace sallyport::runtime {

namespace asio = boost::asio;
using ErrorCode = boost::system::error_code;
// Concrete executor: a type-erased one costs 1.4 times the CPU of a whole request (measured).
using Executor = asio::io_context::executor_type;
using StreamSocket = asio::basic_stream_socket<asio::generic::stream_protocol, Executor>;
using AsioTimer =
    asio::basic_waitable_timer<std::chrono::steady_clock,
                               asio::wait_traits<std::chrono::steady_clock>, Executor>;

// Something with bytes to send when the present turn ends.
class Flushable {
 public:
  virtual ~Flushable() = default;
  virtual void flush() = 0;
};

// The event loop of one thread: an io_context, the wheel of timeouts, and turns.
//
// Every event is handled within a Turn. What a turn wrote is sent when it ends, in one write for
// each connection; what must not happen in the middle of a callback is deferred to that end too.
// Everything but post() and stop() belongs to the thread that runs the loop.
class Loop {
 public:
  static constexpr std::size_t kScratchBytes = 64 * 1024;

  Loop(metrics::Histogram& lag_seconds, metrics::Counter& stalls, Duration stall_threshold,
       std::string name);
  ~Loop();

  asio::io_context& io() { return io_; }
  Wheel& wheel() { return wheel_; }
  const Clock& clock() const { return clock_; }

  // Runs until stop(). The wheel turns only while it runs.
  void run();
  // From any thread.
  void stop();
  // After run() has returned: lets handlers of what was closed meanwhile run out.
  void finish_handlers();
  // From any thread; runs in a turn of its own.
  void post(std::function<void()> task);

  // Runs at the end of the present turn, before its bytes are sent.
  void defer(std::function<void()> task) { deferred_.push_back(std::move(task)); }
  void flush_at_end(std::shared_ptr<Flushable> sender) { senders_.push_back(std::move(sender)); }
  // Destroys at the end of the present turn: for objects that may be on the stack now.
  void bury(std::shared_ptr<void> object) { buried_.push_back(std::move(object)); }

  // From any one other thread: whether the loop has ticked since it was last asked.
  bool ticked() { return ticked_.exchange(false, std::memory_order_relaxed); }

  // For reading from sockets: valid until the handler returns. `plain` is for what TLS makes of it.
  std::span<char> scratch() { return scratch_; }
  std::span<char> plain_scratch() { return plain_scratch_; }
  // "Sat, 21 Nov 2026 01:49:39 GMT", renewed about every second.
  const std::string& http_date();

  class Turn {
   public:
    explicit Turn(Loop& loop) : loop_(loop) { ++loop_.depth_; }
    ~Turn() {
      if (loop_.depth_ == 1) loop_.finish_turn();
      --loop_.depth_;
    }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

   private:
    Loop& loop_;
  };

 private:
  void finish_turn();
  void schedule_tick();
  void on_tick();

  SystemClock clock_;
  std::string name_;
  Wheel wheel_;
  std::vector<std::function<void()>> deferred_;
  std::vector<std::shared_ptr<Flushable>> senders_;
  std::vector<std::shared_ptr<void>> buried_;
  unsigned depth_ = 0;
  std::atomic<bool> ticked_{true};
  std::array<char, kScratchBytes> scratch_;
  std::array<char, 17 * 1024> plain_scratch_;
  std::string date_;
  std::int64_t date_second_ = 0;

  metrics::Histogram& lag_seconds_;
  metrics::Counter& stalls_;
  Duration stall_threshold_;
  // Last, so that what handlers still hold is destroyed while the rest is alive.
  asio::io_context io_{1};
  AsioTimer tick_{io_};
};

}  // namespace sallyport::runtime
