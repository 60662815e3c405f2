#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "http/body.h"
#include "http/response_parser.h"
#include "runtime/attempt.h"
#include "runtime/pool.h"

namespace sallyport::runtime {

// An attempt over a connection of a pool. Sends the request whole, reads the response strictly,
// watches the upstream's times, and asks a second time where that is safe: when a kept connection
// turns out to be closed before the first byte of a response.
class PooledAttempt final : public Attempt,
                            public Pool::Asker,
                            public std::enable_shared_from_this<PooledAttempt> {
 public:
  PooledAttempt(std::shared_ptr<Pool> pool, exchange::AttemptId id, exchange::UpstreamCall call,
                AttemptListener& listener);
  ~PooledAttempt() override;

  void start() override;
  void cancel() override;
  void pause() override;
  void resume() override;

 private:
  enum class Phase : std::uint8_t { connecting, waiting, receiving, done };

  bool write_head();
  void take_link(std::shared_ptr<Link> link) override { link_ = std::move(link); }
  void on_link_ready(bool reused) override;
  void on_link_failed(const Error& error) override;
  void on_link_bytes(std::string_view bytes) override;
  void on_link_sent() override;
  void on_link_eof() override;
  void on_link_broken(const Error& error) override;

  bool read_head(std::string_view& bytes);
  bool read_body(std::string_view& bytes);
  void complete(bool leftover);
  void lost(const std::string& how);
  void fail(Code code, std::string detail);
  void on_timeout();

  std::shared_ptr<Pool> pool_;
  const exchange::AttemptId id_;
  AttemptListener& listener_;
  const Duration connect_timeout_;
  const Duration first_byte_timeout_;
  const Duration idle_timeout_;
  const bool may_retry_;
  exchange::UpstreamCall call_;
  std::string head_bytes_;
  std::shared_ptr<const std::string>
      body_;  // until the first byte of the response; it may have to be sent again
  Timer timer_;
  std::shared_ptr<Link> link_;
  Phase phase_ = Phase::connecting;
  bool reused_ = false;
  bool retried_ = false;
  bool paused_ = false;
  bool wrote_ = false;
  http::ResponseParser parser_;
  http::BodyReader reader_;
};

}  // namespace sallyport::runtime
