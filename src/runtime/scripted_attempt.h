#pragma once

#include <memory>
#include <optional>

#include "runtime/attempt.h"
#include "runtime/loop.h"
#include "simulator/script.h"

namespace sallyport::runtime {

// An attempt that plays a script instead of calling anyone. Keeps the script's own times, finer
// than the wheel's, and the upstream's timeouts as if it were real.
class ScriptedAttempt final : public Attempt, public std::enable_shared_from_this<ScriptedAttempt> {
 public:
  ScriptedAttempt(Loop& loop, exchange::AttemptId id, const catalog::Upstream& upstream,
                  std::unique_ptr<simulator::Script> script, AttemptListener& listener);

  void start() override;
  void cancel() override;
  void pause() override;
  void resume() override;

 private:
  void play();
  void perform(simulator::Step& step);
  void wait(Duration after);
  void fail(const simulator::Fault& fault);
  bool has_head_ = false;

  Loop& loop_;
  const exchange::AttemptId id_;
  const Duration first_byte_timeout_;
  const Duration idle_timeout_;
  std::unique_ptr<simulator::Script> script_;
  AttemptListener& listener_;
  AsioTimer delay_;
  Timer timer_;
  std::optional<simulator::Step> next_;
  bool paused_ = false;
  bool waiting_ = false;
  bool done_ = false;
};

}  // namespace sallyport::runtime
