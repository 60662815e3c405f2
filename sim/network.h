#pragma once

#include <map>
#include <memory>
#include <string>

#include "exchange/exchange.h"
#include "sim/traffic.h"
#include "sim/world.h"
#include "simulator/script.h"

namespace sallyport::sim {

// One client's connection and the upstream calls made for it: a port whose bytes come split, late,
// cut or not at all.
class Connection final : public exchange::Port, public std::enable_shared_from_this<Connection> {
 public:
  Connection(World& world, Ask ask, std::size_t number, bool trace);
  void start();

  void start_attempt(exchange::AttemptId id, exchange::UpstreamCall call) override;
  void cancel_attempt(exchange::AttemptId id) override;
  void respond(http::ResponseHead head) override;
  void write(std::string bytes) override;
  void end() override;
  void abort() override;
  void offload(std::function<void()> work) override;

  const Ask& ask() const { return ask_; }
  bool responded() const { return responded_; }
  bool ended() const { return ended_; }
  bool left() const { return left_; }
  bool finished() const { return exchange_ == nullptr || exchange_->finished(); }
  const http::ResponseHead& head() const { return head_; }
  const std::string& body() const { return body_; }
  std::string name() const { return "exchange " + std::to_string(number_); }

 private:
  struct Attempt {
    std::unique_ptr<simulator::Script> script;
    bool alive = true;
    Instant last_byte;
    Duration patience{0};
    bool head_seen = false;
  };
  void next_step(exchange::AttemptId id);
  void deliver(exchange::AttemptId id, std::string bytes);
  void fail_attempt(exchange::AttemptId id, Code code, bool nothing_sent);
  void watch_silence(exchange::AttemptId id);
  bool alive(exchange::AttemptId id);
  void tick();
  // Calls into the exchange from the timeline, never from within a port call.
  template <class Call>
  void later(Duration delay, Call call);
  void trace(const std::string& what) const;

  World& world_;
  Ask ask_;
  std::size_t number_;
  bool trace_;
  std::unique_ptr<exchange::Exchange> exchange_;
  std::map<exchange::AttemptId, Attempt> attempts_;
  bool responded_ = false;
  bool ended_ = false;
  bool left_ = false;
  http::ResponseHead head_;
  std::string body_;
};

}  // namespace sallyport::sim
