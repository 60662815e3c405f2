#include "runtime/resolver.h"

#include <netdb.h>

#include <cstring>

namespace sallyport::runtime {
namespace {

constexpr std::size_t kMaxEndpoints = 16;

// Blocks.
Result<std::vector<Endpoint>> look_up(const std::string& host, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_ADDRCONFIG;
  addrinfo* list = nullptr;
  const int error = ::getaddrinfo(host.c_str(), nullptr, &hints, &list);
  if (error != 0) {
    return fail(Code::connect_failed, "resolving `" + host + "`: " + ::gai_strerror(error),
                Source::upstream, true);
  }
  std::vector<Endpoint> endpoints;
  for (const addrinfo* entry = list; entry != nullptr && endpoints.size() < kMaxEndpoints;
       entry = entry->ai_next) {
    if (entry->ai_family != AF_INET && entry->ai_family != AF_INET6) continue;
    Endpoint endpoint;
    endpoint.resize(entry->ai_addrlen);
    std::memcpy(endpoint.data(), entry->ai_addr, entry->ai_addrlen);
    endpoint.port(port);
    endpoints.push_back(endpoint);
  }
  ::freeaddrinfo(list);
  if (endpoints.empty()) {
    return fail(Code::connect_failed, "resolving `" + host + "`: no address", Source::upstream,
                true);
  }
  return endpoints;
}

}  // namespace

void Resolver::resolve(const std::string& host, std::uint16_t port, std::weak_ptr<void> alive,
                       Done done) {
  ErrorCode error;
  const auto address = asio::ip::make_address(host, error);
  if (!error) {
    const std::vector<Endpoint> endpoints = {Endpoint(address, port)};
    loop_.defer([alive = std::move(alive), done = std::move(done), endpoints] {
      if (const auto held = alive.lock()) done(endpoints);
    });
    return;
  }
  const std::string key = host + ":" + std::to_string(port);
  Name& name = names_[key];
  if (!name.endpoints.empty() && loop_.clock().now() < name.expires) {
    loop_.defer([alive = std::move(alive), done = std::move(done), endpoints = name.endpoints] {
      if (const auto held = alive.lock()) done(endpoints);
    });
    return;
  }
  name.waiting.push_back({std::move(alive), std::move(done)});
  if (name.asking) return;
  name.asking = true;
  const bool taken = threads_.submit([this, &loop = loop_, key, host, port] {
    loop.post([this, key, result = look_up(host, port)] { answer(key, result); });
  });
  if (!taken) {
    loop_.defer([this, key] {
      answer(key, fail(Code::unavailable, "the resolver's queue is full", Source::internal, true));
    });
  }
}

void Resolver::answer(const std::string& key, const Result<std::vector<Endpoint>>& result) {
  Name& name = names_[key];
  name.asking = false;
  if (result) {
    name.endpoints = *result;
    name.expires = loop_.clock().now() + ttl_;
  }
  std::vector<Waiting> waiting;
  waiting.swap(name.waiting);
  for (const Waiting& one : waiting) {
    if (const auto held = one.alive.lock()) one.done(result);
  }
}

}  // namespace sallyport::runtime
