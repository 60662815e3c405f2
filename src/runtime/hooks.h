#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "exchange/exchange.h"
#include "simulator/script.h"

// What the owner of the runtime gives it to call.
namespace sallyport::runtime {

struct LocalResponse {
  int status = 200;
  http::Headers headers;  // without framing
  std::string body;
  // Where set, it runs on a worker thread and what it returns is the response; for what may block.
  std::function<LocalResponse()> later;
};

// Answers paths that are no exchange (health, metrics, control); nullopt = not one of them. Called
// on every shard at once, must not block.
using LocalHandler = std::function<std::optional<LocalResponse>(const exchange::Arrival&)>;

// An answer that the runtime gives by itself (400, 404, 408, 413, 414, 417, 431, 500, 501, 503,
// 505). `later` is not looked at. Where no hook is set, the body is a plain JSON object.
using ErrorPage = std::function<LocalResponse(int status)>;

// Makes the exchanges of one shard; called on that shard only.
using ExchangeFactory = std::function<std::unique_ptr<exchange::Exchange>(exchange::Port&)>;

using ScriptFactory = std::function<std::unique_ptr<simulator::Script>(
    const http::RequestHead& head, std::string_view body, Random& random, WallTime now)>;

struct Hooks {
  // Called once for each shard, on the thread that calls Server::start.
  std::function<ExchangeFactory(unsigned shard)> exchanges;
  // Asked on the shard when a head with a body has come; false = the exchange is begun at once,
  // without the body, and the connection ends with its answer. For requests that will be refused
  // whatever their body says.
  std::function<bool(unsigned shard, const http::RequestHead& head)> wants_body;
  LocalHandler local;
  ErrorPage error_page;
  ScriptFactory scripts;  // upstreams of kind simulator

  // On the main thread.
  std::function<void()> reload_requested;  // SIGHUP or a watched file changed
  std::function<void()> draining;          // readiness must go now
};

}  // namespace sallyport::runtime
