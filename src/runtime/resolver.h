#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "runtime/loop.h"
#include "runtime/workers.h"

namespace sallyport::runtime {

using Endpoint = asio::ip::tcp::endpoint;

// Names to addresses for one loop: getaddrinfo on the shared resolver threads, answers kept for a
// short time, one question at a time for each name. IP addresses never leave the loop.
class Resolver {
 public:
  using Done = std::function<void(const Result<std::vector<Endpoint>>&)>;

  Resolver(Loop& loop, Workers& threads, Duration ttl)
      : loop_(loop), threads_(threads), ttl_(ttl) {}

  // `done` comes later, never within this call; not at all once `alive` has expired.
  void resolve(const std::string& host, std::uint16_t port, std::weak_ptr<void> alive, Done done);

 private:
  struct Waiting {
    std::weak_ptr<void> alive;
    Done done;
  };
  struct Name {
    std::vector<Endpoint> endpoints;
    Instant expires;
    bool asking = false;
    std::vector<Waiting> waiting;
  };
  void answer(const std::string& key, const Result<std::vector<Endpoint>>& result);

  Loop& loop_;
  Workers& threads_;
  Duration ttl_;
  std::unordered_map<std::string, Name>
      names_;  // as many as there are upstreams in the configuration
};

}  // namespace sallyport::runtime
