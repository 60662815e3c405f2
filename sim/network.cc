#include "sim/network.h"

#include <algorithm>
#include <cstdio>

namespace sallyport::sim {
namespace {

constexpr std::size_t kMaxUnreadBytes = 64u << 20;

// What every upstream of the simulation says of itself and no client may see.
constexpr std::string_view kMarker = "account-of-the-operator";

}  // namespace

Connection::Connection(World& world, Ask ask, std::size_t number, bool trace)
    : world_(world), ask_(std::move(ask)), number_(number), trace_(trace) {}

void Connection::trace(const std::string& what) const {
  if (trace_) {
    std::fprintf(stderr, "%10.3f ms  exchange %zu: %s\n",
                 static_cast<double>(world_.clock.now().since_start.count()) / 1e6, number_,
                 what.c_str());
  }
}

template <class Call>
void Connection::later(Duration delay, Call call) {
  world_.timeline.after(delay, [self = shared_from_this(), call] {
    if (!self->finished()) call();
  });
}

void Connection::start() {
  exchange_ = exchange::Exchange::make(world_.services, *this);
  exchange::Arrival arrival;
  arrival.head = ask_.head;
  arrival.body = ask_.body;
  trace(ask_.head.method + " " + ask_.head.path + " " + std::to_string(ask_.body.size()) +
        " bytes");
  exchange_->on_request(std::move(arrival));
  if (finished()) return;
  later(std::chrono::milliseconds(100), [this] { tick(); });
  if (ask_.leaves_after) {
    later(*ask_.leaves_after, [this] {
      trace("the client leaves");
      left_ = true;
      exchange_->on_client_gone();
    });
  }
}

void Connection::tick() {
  exchange_->on_tick();
  later(std::chrono::milliseconds(100), [this] { tick(); });
}

bool Connection::alive(exchange::AttemptId id) {
  const auto it = attempts_.find(id);
  return it != attempts_.end() && it->second.alive;
}

// ---- upstream side ----

void Connection::start_attempt(exchange::AttemptId id, exchange::UpstreamCall call) {
  trace("attempt " + std::to_string(id) + " at " + call.upstream->name + call.head.path);
  for (const http::Header& header : call.head.headers.list()) {
    if (std::find(world_.keys.begin(), world_.keys.end(), header.value) != world_.keys.end() ||
        http::equals_ignore_case(header.name, "cookie")) {
      world_.problem(name() + ": a client's credential went upstream in " + header.name);
    }
  }
  Attempt& attempt = attempts_[id];
  attempt.last_byte = world_.clock.now();
  attempt.patience = call.upstream->first_byte_timeout;
  if (world_.chance(4)) return fail_attempt(id, Code::connect_failed, true);
  attempt.script = simulator::make_script(call.head, call.body, world_.random, world_.clock.wall());
  later(std::chrono::microseconds(world_.random.below(2000)), [this, id] { next_step(id); });
  watch_silence(id);
}

void Connection::watch_silence(exchange::AttemptId id) {
  later(std::chrono::seconds(1), [this, id] {
    if (!alive(id)) return;
    Attempt& attempt = attempts_[id];
    if (world_.clock.now() - attempt.last_byte >= attempt.patience)
      return fail_attempt(id, Code::timeout, false);
    watch_silence(id);
  });
}

void Connection::next_step(exchange::AttemptId id) {
  if (!alive(id)) return;
  if (world_.chance(1) && world_.chance(30)) return fail_attempt(id, Code::reset, false);
  auto step = attempts_[id].script->next();
  if (!step) return;  // a stall: the silence is noticed
  const Duration wait = step->after + std::chrono::microseconds(world_.random.below(300));
  later(wait, [this, id, what = std::make_shared<decltype(step->what)>(std::move(step->what))] {
    if (!alive(id)) return;
    attempts_[id].last_byte = world_.clock.now();
    if (auto* head = std::get_if<http::ResponseHead>(what.get())) {
      head->headers.add("anthropic-organization-id", kMarker);
      head->headers.add("set-cookie", std::string("upstream=") + std::string(kMarker));
      attempts_[id].head_seen = true;
      exchange_->on_upstream_head(id, *head);
      if (alive(id)) next_step(id);
    } else if (auto* bytes = std::get_if<std::string>(what.get())) {
      deliver(id, std::move(*bytes));
    } else if (auto* fault = std::get_if<simulator::Fault>(what.get())) {
      fail_attempt(id, fault->code, fault->nothing_sent);
    } else {
      attempts_[id].alive = false;
      exchange_->on_upstream_end(id);
    }
  });
}

// A part now, the rest later: boundaries mean nothing.
void Connection::deliver(exchange::AttemptId id, std::string bytes) {
  const std::size_t n = world_.chance(60) ? bytes.size() : 1 + world_.random.below(bytes.size());
  const std::string now = bytes.substr(0, n);
  exchange_->on_upstream_body(id, now);
  if (!alive(id) || finished()) return;
  if (n == bytes.size()) return next_step(id);
  later(std::chrono::microseconds(world_.random.below(500)), [this, id, rest = bytes.substr(n)] {
    if (alive(id)) deliver(id, rest);
  });
}

void Connection::fail_attempt(exchange::AttemptId id, Code code, bool nothing_sent) {
  later(std::chrono::microseconds(world_.random.below(1000)), [this, id, code, nothing_sent] {
    if (!alive(id)) return;
    trace("attempt " + std::to_string(id) + " fails: " + std::string(to_string(code)));
    attempts_[id].alive = false;
    exchange_->on_upstream_failure(id, {code, nothing_sent, "made by the simulation"});
  });
}

void Connection::cancel_attempt(exchange::AttemptId id) {
  if (!alive(id)) trace("cancel of attempt " + std::to_string(id) + ", which has ended");
  attempts_[id].alive = false;
}

// ---- client side ----

void Connection::respond(http::ResponseHead head) {
  if (responded_) world_.problem(name() + ": two response heads");
  responded_ = true;
  head_ = std::move(head);
  trace("responds " + std::to_string(head_.status));
  for (const http::Header& header : head_.headers.list()) {
    if (header.value.find(kMarker) != std::string::npos) {
      world_.problem(name() + ": an upstream's header reached the client: " + header.name);
    }
  }
}

void Connection::write(std::string bytes) {
  if (!responded_) world_.problem(name() + ": body before head");
  if (ended_) world_.problem(name() + ": body after the end");
  body_ += bytes;
  if (body_.size() > kMaxUnreadBytes) world_.problem(name() + ": more held than the bound");
}

void Connection::end() {
  if (ended_) world_.problem(name() + ": two ends");
  ended_ = true;
}

void Connection::abort() { ended_ = true; }

void Connection::offload(std::function<void()> work) {
  later(std::chrono::microseconds(world_.random.below(5000)), [this, work] {
    work();
    exchange_->on_work_done();
  });
}

}  // namespace sallyport::sim
