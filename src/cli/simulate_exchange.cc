#include "cli/simulate_exchange.h"

namespace sallyport::cli {
namespace {

constexpr exchange::AttemptId kAttempt = 1;

const catalog::Upstream& simulator_upstream() {
  static const catalog::Upstream upstream = [] {
    catalog::Upstream made;
    made.name = "simulator";
    made.kind = catalog::UpstreamKind::simulator;
    made.tls = false;
    return made;
  }();
  return upstream;
}

class SimulateExchange final : public exchange::Exchange {
 public:
  explicit SimulateExchange(exchange::Port& port) : port_(port) {}

  void on_request(exchange::Arrival arrival) override {
    exchange::UpstreamCall call;
    call.upstream = &simulator_upstream();
    call.head = std::move(arrival.head);
    call.body = std::move(arrival.body);
    port_.start_attempt(kAttempt, std::move(call));
  }
  void on_upstream_head(exchange::AttemptId, const http::ResponseHead& head) override {
    port_.respond(head);
  }
  void on_upstream_body(exchange::AttemptId, std::string_view bytes) override {
    port_.write(std::string(bytes));
  }
  void on_upstream_end(exchange::AttemptId) override {
    finished_ = true;
    port_.end();
  }
  void on_upstream_failure(exchange::AttemptId, const exchange::UpstreamFailure&) override {
    finished_ = true;
    port_.abort();
  }
  void on_work_done() override {}
  void on_client_gone() override {
    if (!finished_) port_.cancel_attempt(kAttempt);
    finished_ = true;
  }
  void on_tick() override {}
  bool finished() const override { return finished_; }
  const std::string& request_id() const override { return request_id_; }

 private:
  exchange::Port& port_;
  std::string request_id_;
  bool finished_ = false;
};

}  // namespace

std::unique_ptr<exchange::Exchange> make_simulate_exchange(exchange::Port& port) {
  return std::make_unique<SimulateExchange>(port);
}

}  // namespace sallyport::cli
