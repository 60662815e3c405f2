#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "exchange/attempt.h"
#include "exchange/chain.h"
#include "exchange/decide.h"
#include "exchange/exchange.h"
#include "exchange/intake.h"
#include "exchange/services.h"

namespace sallyport::exchange {

// The state machine behind Exchange. Its parts stand in four files, in the order of the way:
//   machine.cc           events in, the way from accept to decide, the models' list
//   machine_dispatch.cc  hops, routes and attempts
//   machine_release.cc   events of the model: release, decline, hop, end
//   machine_end.cc       the client's side, and the record
class Machine final : public Exchange {
 public:
  Machine(Services& services, Port& port);
  ~Machine() override;

  void on_request(Arrival arrival) override;
  void on_upstream_head(AttemptId id, const http::ResponseHead& head) override;
  void on_upstream_body(AttemptId id, std::string_view bytes) override;
  void on_upstream_end(AttemptId id) override;
  void on_upstream_failure(AttemptId id, const UpstreamFailure& failure) override;
  void on_work_done() override;
  void on_client_gone() override;
  void on_tick() override;
  bool finished() const override { return phase_ == Phase::finished; }
  const std::string& request_id() const override { return request_id_; }

 private:
  enum class Phase : std::uint8_t { waiting, decoding, calling, finished };

  // machine.cc: accept, identify, admit, decode, decide
  void read_body(Arrival arrival);
  void on_decoded(dialect::Decoded<std::unique_ptr<dialect::ClientRequest>> request);
  Result<void> take_up(dialect::ClientRequest& request);
  Result<void> check_named_fallbacks();
  Result<void> take_credit();
  void prepare_writer();
  void answer_models_list(const http::Headers& headers, std::string_view query);
  void answered(std::string body);
  void answer_model(const http::Headers& headers, std::string_view escaped_id);

  // machine_dispatch.cc: one hop after another, one route after another
  void begin_hop(const catalog::Model& model, const dialect::FallbackEntry* entry);
  void try_next_route();
  void report_health(const http::ResponseHead& head);
  Result<UpstreamCall> make_call(const catalog::Route& route, const catalog::Upstream& upstream);
  void hop_unavailable(dialect::PublicError error);
  void on_error_response_end();
  void on_count_tokens_end();
  void close_attempt(metering::AttemptOutcome outcome, bool cancel);
  bool check_response_media(const http::ResponseHead& head, std::string& problem) const;

  // machine_release.cc: what the model says
  void feed(std::string_view bytes, bool at_end);
  void after_feed(const Result<void>& result, bool at_end);
  void on_event(const dialect::Event& event);
  void on_error_event(const dialect::Event& event);
  void on_message_delta(const dialect::Event& event);
  void on_message_stop(const dialect::Event& event);
  void on_refusal(const dialect::Event& event);
  void release(const dialect::Event& event);
  void release_start();
  void write_hops();
  void track_text(const dialect::Event& event);
  void track_tool_call(const dialect::Event& event);
  std::optional<FallbackChain::Next> next_after(const Refusal& refusal);
  bool may_continue(const catalog::Model& next) const;
  void deliver_refusal();
  dialect::Finish make_finish(std::string stop_reason, const std::string& model,
                              const dialect::Usage& usage) const;
  void wrap_credit_token(dialect::StopDetails& details, const Refusal& refusal);
  bool needs_own_end() const;
  bool own_credit_outcome() const;

  // machine_end.cc: the client's side
  void answer_error(const dialect::PublicError& error);
  void answer_error(const Error& error) { answer_error(dialect::RequestError(error)); }
  void answer_error(const dialect::RequestError& error);
  void answer_json(int status, std::string body, const http::Headers* upstream = nullptr);
  void commit_head();
  void add_own_headers(http::Headers& headers) const;
  void flush();
  void end_stream_with_error(const dialect::PublicError& error);
  void answer_complete();
  void finish(metering::Outcome outcome);
  std::string_view reason_word() const;
  void remember_route();
  std::int64_t cost_of(const catalog::Model& model, const dialect::Usage& usage) const;

  Services& services_;
  Port& port_;
  Phase phase_ = Phase::waiting;

  // Snapshots, kept for the whole exchange.
  std::shared_ptr<const catalog::Catalog> catalog_;
  std::shared_ptr<const access::Keyring> keyring_;
  std::shared_ptr<const catalog::HealthBoard> health_;
  std::string request_id_;
  Instant started_;
  WallTime now_wall_;  // of the arrival: dated tables are read once

  http::Headers request_headers_;
  Destination destination_;
  const access::Principal* principal_ = nullptr;  // within keyring_
  std::string end_user_;
  std::optional<metering::Lease> lease_;
  struct Job;  // decoding on a worker
  std::shared_ptr<Job> job_;
  std::unique_ptr<dialect::ClientRequest> request_;
  Decision decision_;
  FallbackChain chain_;
  std::optional<Redemption> redemption_;
  const catalog::Model* sticky_model_ = nullptr;
  std::int64_t retry_after_seconds_ = 0;

  HopState hop_;
  const catalog::Model* answering_ = nullptr;  // whose words the client has, or will have first
  Attempt attempt_;
  AttemptId last_attempt_id_ = 0;
  std::unique_ptr<Refusal> refusal_;                  // the last one, until superseded
  std::optional<FallbackChain::Next> next_;           // where it goes
  std::optional<dialect::PublicError> stream_error_;  // an error event of the upstream

  std::unique_ptr<dialect::ResponseWriter> writer_;
  std::string out_;  // produced in this callback, not yet handed to the port
  bool head_sent_ = false;
  bool answer_ended_ = false;
  bool answer_started_ = false;  // the writer has a message_start
  bool output_released_ = false;
  Instant last_write_;
  Instant ended_at_;
  std::vector<dialect::Hop> hops_;          // shown or about to be
  std::vector<dialect::Hop> pending_hops_;  // not yet written: their model has not spoken
  std::vector<dialect::Iteration> iterations_;
  std::vector<std::string> released_text_;  // one string per released text block
  std::size_t released_bytes_ = 0;
  std::optional<dialect::Finish>
      own_end_;  // of an answer that is not streamed: written at message_stop

  bool refused_ = false;                 // the answer is a refusal
  std::optional<std::string> category_;  // of the last refusal
  metering::Outcome outcome_ = metering::Outcome::internal_error;
  metering::ExchangeRecord record_;
};

}  // namespace sallyport::exchange
