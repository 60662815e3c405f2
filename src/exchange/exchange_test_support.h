#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "access/key_text.h"
#include "access/pepper.h"
#include "base/limits.h"
#include "exchange/exchange.h"
#include "exchange/services.h"
#include "json/document.h"

// One exchange with everything around it replaced by what a test can hold: a port that remembers, a
// clock that stands.
namespace sallyport::exchange::testing {

class FakePort final : public Port {
 public:
  struct Attempt {
    AttemptId id = 0;
    UpstreamCall call;
    bool cancelled = false;
  };

  void start_attempt(AttemptId id, UpstreamCall call) override {
    attempts.push_back({id, std::move(call), false});
  }
  void cancel_attempt(AttemptId id) override {
    for (Attempt& attempt : attempts) attempt.cancelled = attempt.cancelled || attempt.id == id;
  }
  void respond(http::ResponseHead response) override {
    EXPECT_FALSE(responded) << "respond() twice";
    responded = true;
    head = std::move(response);
  }
  void write(std::string bytes) override {
    EXPECT_TRUE(responded && !ended) << "write() outside a response";
    ++writes;
    body += bytes;
  }
  void end() override {
    EXPECT_TRUE(responded && !ended) << "end() outside a response";
    ended = true;
  }
  void abort() override { aborted = true; }
  void offload(std::function<void()> work) override { pending_work = std::move(work); }

  std::vector<Attempt> attempts;
  bool responded = false;
  bool ended = false;
  bool aborted = false;
  int writes = 0;
  http::ResponseHead head;
  std::string body;
  std::function<void()> pending_work;
};

class MemorySink final : public metering::RecordSink {
 public:
  bool accept(metering::ExchangeRecord&& record) override {
    if (full) return false;
    records.push_back(std::move(record));
    return true;
  }
  bool has_room() const override { return !full; }
  std::vector<metering::ExchangeRecord> records;
  bool full = false;
};

inline catalog::Model make_model(std::string id, std::vector<std::string> fallbacks,
                                 catalog::Continue continues, std::vector<std::string> upstreams) {
  catalog::Model model;
  model.id = std::move(id);
  model.display_name = model.id;
  model.max_tokens = 128'000;
  model.max_input_tokens = 1'000'000;
  model.allowed_fallbacks = std::move(fallbacks);
  model.continues = continues;
  int order = 0;
  for (std::string& upstream : upstreams)
    model.routes.push_back({std::move(upstream), model.id, order++, 1});
  model.prices.push_back({{}, 10'000, 50'000, 12'500, 20'000, 1'000});
  return model;
}

inline catalog::Upstream make_upstream(std::string name, catalog::UpstreamKind kind) {
  catalog::Upstream upstream;
  upstream.name = std::move(name);
  upstream.kind = kind;
  upstream.host = upstream.name + ".test";
  upstream.credential = "upstream-secret";
  return upstream;
}

inline crypto::Aead test_aead() {
  return crypto::Aead::from_key(
             crypto::SecretBytes(std::string_view("0123456789abcdef0123456789abcdef")))
      .value();
}

// fable -> opus-4-8 (continues by prefill), opus-5 (by restating), stubborn (cannot continue).
inline std::vector<catalog::Model> default_models() {
  using catalog::Continue;
  return {make_model("fable", {"opus-4-8", "opus-5", "stubborn", "gpt"}, Continue::refuse,
                     {"first", "second"}),
          make_model("opus-4-8", {}, Continue::prefill, {"first"}),
          make_model("opus-5", {"opus-4-8"}, Continue::restate, {"first"}),
          make_model("stubborn", {}, Continue::refuse, {"first"}),
          make_model("gpt", {}, Continue::restate, {"openai"})};
}

class World {
 public:
  explicit World(std::vector<catalog::Model> models = default_models()) {
    std::vector<catalog::Upstream> upstreams = {
        make_upstream("first", catalog::UpstreamKind::anthropic),
        make_upstream("second", catalog::UpstreamKind::anthropic),
        make_upstream("openai", catalog::UpstreamKind::openai)};
    std::vector<catalog::DefaultFallback> defaults = {{{}, "fable", "cyber", "opus-4-8"},
                                                      {{}, "fable", "bio", "opus-5"}};
    std::vector<catalog::RefusalBilling> billing = {
        {{}, "bio", true}, {{}, "*", false}, {{}, "null", false}};
    auto made = catalog::Catalog::make(std::move(upstreams), std::move(models), std::move(defaults),
                                       std::move(billing));
    EXPECT_TRUE(made) << (made ? "" : made.error().detail);
    services.catalog = std::make_shared<const catalog::Catalog>(std::move(*made));
    services.health = catalog::HealthBoard::make(*services.catalog, nullptr);
    add_key({});
    services.clock = &clock;
    services.random = &random;
    services.limiter = &limiter;
    services.records = &sink;
    services.credit = &credit;
  }

  // Replaces the keyring by one key with these limits.
  void add_key(UsageLimits limits) {
    key = access::make_key_text("test", random).value();
    auto pepper = std::make_shared<const access::Pepper>(
        crypto::SecretBytes(std::string_view("fedcba9876543210fedcba9876543210")));
    access::KeyringEntry entry;
    entry.hash = pepper->hash(key);
    entry.principal.organisation = "org_1";
    entry.principal.workspace = "ws_1";
    entry.principal.key_id = "key_1";
    entry.principal.allowed_models = {"*"};
    entry.principal.key_limits = limits;
    services.keyring = std::make_shared<const access::Keyring>(pepper, std::vector{entry});
  }

  ManualClock clock;
  SeededRandom random{1};
  metering::Limiter limiter;
  MemorySink sink;
  CreditTokens credit{test_aead()};
  Services services;
  std::string key;
};

// Drives one exchange.
class Drive {
 public:
  explicit Drive(World& world) : world_(world), exchange(Exchange::make(world.services, port)) {}

  void request(std::string body, std::map<std::string, std::string> headers = {},
               std::string path = "/v1/messages", std::string method = "POST") {
    Arrival arrival;
    arrival.head.method = std::move(method);
    arrival.head.path = path;
    arrival.head.target = path;
    if (!headers.contains("x-api-key")) headers["x-api-key"] = world_.key;
    if (path.starts_with("/v1/messages")) headers.try_emplace("anthropic-version", "2023-06-01");
    headers.try_emplace("content-type", "application/json");
    for (const auto& [name, value] : headers) {
      if (!value.empty()) arrival.head.headers.add(name, value);
    }
    arrival.body = std::move(body);
    exchange->on_request(std::move(arrival));
    if (port.pending_work) {
      std::exchange(port.pending_work, nullptr)();
      exchange->on_work_done();
    }
  }

  FakePort::Attempt& attempt() { return port.attempts.back(); }
  void head(int status, std::string type, std::map<std::string, std::string> more = {}) {
    http::ResponseHead response;
    response.status = status;
    response.headers.add("content-type", type);
    for (const auto& [name, value] : more) response.headers.add(name, value);
    exchange->on_upstream_head(attempt().id, response);
  }
  void send(std::string_view bytes) { exchange->on_upstream_body(attempt().id, bytes); }
  void end() { exchange->on_upstream_end(attempt().id); }
  void stream(std::string_view bytes) {
    const AttemptId id = attempt().id;  // a refusal may begin the next one
    head(200, "text/event-stream; charset=utf-8");
    exchange->on_upstream_body(id, bytes);
    exchange->on_upstream_end(id);
  }
  void whole(std::string_view bytes, int status = 200) {
    const AttemptId id = attempt().id;
    head(status, "application/json");
    exchange->on_upstream_body(id, bytes);
    exchange->on_upstream_end(id);
  }
  const metering::ExchangeRecord& record() const { return world_.sink.records.back(); }

 private:
  World& world_;

 public:
  FakePort port;
  std::unique_ptr<Exchange> exchange;
};

}  // namespace sallyport::exchange::testing
