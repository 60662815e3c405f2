// The exchange that obeys its path, and the server around it.
#include <algorithm>
#include <cstdlib>
#include <stdexcept>

#include "runtime/test_support.h"

namespace sallyport::runtime::test {
namespace {

class PathExchange final : public exchange::Exchange {
 public:
  PathExchange(exchange::Port& port, Journal& journal, const catalog::Upstream& upstream)
      : port_(port), journal_(journal), upstream_(upstream) {
    ++journal_.begun;
  }
  ~PathExchange() override {
    if (!done_) journal_.note("destroyed early");
  }

  void on_request(exchange::Arrival arrival) override {
    path_ = arrival.head.path;
    if (path_ == "/proxy") return call_upstream(std::move(arrival));
    if (path_ == "/silent") return;
    if (path_ == "/throw") throw std::runtime_error("as asked");
    if (path_ == "/offload") {
      port_.offload([this] { computed_ = "from a worker"; });
      return;
    }
    http::ResponseHead head;
    head.status = 200;
    if (path_ == "/echo") {
      const std::string body = arrival.head.method + " " + arrival.head.target + " " +
                               std::to_string(arrival.body.size()) + " " + arrival.peer_address +
                               " " + arrival.listener + " [" + arrival.client_subject + "]";
      head.content_length = body.size();
      port_.respond(std::move(head));
      port_.write(body);
      return finish();
    }
    port_.respond(std::move(head));
    if (path_ == "/abort") {
      port_.write("half of it");
      done_ = true;
      ++journal_.finished;
      return port_.abort();
    }
    if (path_ == "/stream") return port_.write("first\n");
    if (path_ == "/big") {
      port_.write(std::string(std::strtoul(arrival.head.query.c_str(), nullptr, 10), 'b'));
      return finish();
    }
    for (const char* piece : {"one ", "two ", "three"}) port_.write(piece);
    finish();
  }

  void on_upstream_head(exchange::AttemptId, const http::ResponseHead& head) override {
    http::ResponseHead out;
    out.status = head.status;
    out.content_length = head.content_length;
    port_.respond(std::move(out));
    responded_ = true;
  }
  void on_upstream_body(exchange::AttemptId, std::string_view bytes) override {
    journal_.upstream_bytes += bytes.size();
    port_.write(std::string(bytes));
  }
  void on_upstream_end(exchange::AttemptId) override { finish(); }
  void on_upstream_failure(exchange::AttemptId, const exchange::UpstreamFailure& failure) override {
    journal_.note("failure " + std::string(to_string(failure.code)) +
                  " nothing_sent=" + (failure.nothing_sent ? "1 " : "0 ") + failure.detail);
    if (responded_) {
      done_ = true;
      ++journal_.finished;
      return port_.abort();
    }
    http::ResponseHead head;
    head.status = 502;
    head.content_length = failure.detail.size();
    port_.respond(std::move(head));
    port_.write(failure.detail);
    finish();
  }
  void on_work_done() override {
    ++journal_.work_done;
    if (done_) return;
    http::ResponseHead head;
    head.status = 200;
    head.content_length = computed_.size();
    port_.respond(std::move(head));
    port_.write(computed_);
    finish();
  }
  void on_client_gone() override {
    ++journal_.gone;
    if (path_ == "/proxy") port_.cancel_attempt(1);
    if (!done_) ++journal_.finished;
    done_ = true;
  }
  void on_tick() override {
    ++journal_.ticks;
    if (path_ == "/stream" && !done_) port_.write("again\n");
  }
  bool finished() const override { return done_; }
  const std::string& request_id() const override { return path_; }

 private:
  void call_upstream(exchange::Arrival arrival) {
    exchange::UpstreamCall call;
    call.upstream = &upstream_;
    call.head.method = arrival.head.method;
    call.head.path = "/v1" + arrival.head.path;
    call.head.query = arrival.head.query;
    call.head.headers.add("x-test", "1");
    call.body = std::move(arrival.body);
    port_.start_attempt(1, std::move(call));
  }
  void finish() {
    port_.end();
    done_ = true;
    ++journal_.finished;
  }

  exchange::Port& port_;
  Journal& journal_;
  const catalog::Upstream& upstream_;
  std::string path_;
  std::string computed_;
  bool responded_ = false;
  bool done_ = false;
};

}  // namespace

TestServer::TestServer(ServerConfig config, Hooks hooks)
    : config_(std::move(config)), hooks_(std::move(hooks)) {
  upstream.name = "up";
  upstream.tls = false;
  upstream.host = "127.0.0.1";
  upstream.connect_timeout = std::chrono::seconds(2);
  upstream.first_byte_timeout = std::chrono::seconds(5);
  upstream.idle_timeout = std::chrono::seconds(5);
  if (config_.listeners.empty()) config_.listeners.emplace_back().port = 0;
  config_.shards = std::max(config_.shards, 1u);
  config_.handle_signals = false;
  config_.drain_grace = std::chrono::milliseconds(20);
}

void TestServer::start() {
  hooks_.exchanges = [this](unsigned) -> ExchangeFactory {
    return [this](exchange::Port& port) {
      return std::make_unique<PathExchange>(port, journal, upstream);
    };
  };
  auto made = Server::make(config_, hooks_, registry);
  ASSERT_TRUE(made) << made.error().detail;
  server_ = std::move(*made);
  thread_ = std::thread([this] { server_->run(); });
}

void TestServer::stop() {
  if (server_) server_->stop();
  if (thread_.joinable()) thread_.join();
}

TestServer::~TestServer() {
  stop();
  server_.reset();
}

}  // namespace sallyport::runtime::test
