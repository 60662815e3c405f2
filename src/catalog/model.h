#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "dialect/api.h"

// Value types of the catalog: what the configuration says about models and the upstreams that serve
// them.
namespace sallyport::catalog {

// Money is whole nano-dollars: $10 per million tokens is 10'000 nano-dollars per token.
struct Price {
  WallTime from;  // in force from this moment until a later entry's
  std::int64_t input_nano_usd = 0;
  std::int64_t output_nano_usd = 0;
  std::int64_t cache_write_5m_nano_usd = 0;
  std::int64_t cache_write_1h_nano_usd = 0;
  std::int64_t cache_read_nano_usd = 0;
};

// How a model takes up an answer that another one began (see docs/protocol.md).
enum class Continue : std::uint8_t { refuse, prefill, restate };

// Legal and organisational availability. Whether an upstream is up is another matter (see
// health.h).
struct Availability {
  bool allowed = true;
  std::string reason;     // shown to clients where not allowed
  std::string successor;  // a model id, or empty
  // Serve the successor without being asked for it by the client; else it is only named in the
  // error.
  bool substitute = false;
};

struct Route {
  std::string upstream;        // name of an Upstream
  std::string upstream_model;  // what that upstream calls the model
  int order = 0;               // lower first; equal orders share by weight
  std::uint32_t weight = 1;
};

// What an answer refused by a safeguard does without the client's fallbacks.
enum class AutomaticFallback : std::uint8_t { off, by_default };

struct Model {
  std::string id;
  std::vector<std::string> aliases;
  std::string display_name;
  WallTime created;
  std::string line;                  // haiku, sonnet, opus, fable, mythos or empty
  std::string lifecycle = "active";  // active, deprecated, retired
  std::string owned_by;
  std::int64_t max_input_tokens = 0;
  std::int64_t max_tokens = 0;
  std::string tier = "ga";
  std::string capability_class;
  std::string retention_class = "none";
  std::vector<std::string> allowed_fallbacks;
  Continue continues = Continue::refuse;
  AutomaticFallback automatic_fallback = AutomaticFallback::off;
  Availability availability;
  std::vector<Route> routes;
  std::vector<Price> prices;      // ascending by `from`
  std::string capabilities_json;  // shown in the models list, may be empty
};

enum class UpstreamKind : std::uint8_t { anthropic, openai, simulator };

struct Upstream {
  std::string name;
  UpstreamKind kind = UpstreamKind::anthropic;
  // scheme, host and port are split from base_url; path prefix as configured, without a trailing
  // slash.
  bool tls = true;
  std::string host;
  std::uint16_t port = 443;
  std::string path_prefix;
  std::string credential;  // resolved from environment or file; never logged
  bool chat = true;        // openai: which APIs it offers
  bool responses = false;
  std::string ca_file;           // private CA; empty = the system's
  std::string client_cert_file;  // both or neither
  std::string client_key_file;
  std::string proxy_host;  // HTTPS CONNECT proxy; empty = none
  std::uint16_t proxy_port = 0;
  std::string proxy_authorization;
  Duration connect_timeout = std::chrono::seconds(5);
  Duration first_byte_timeout = std::chrono::minutes(10);
  Duration idle_timeout = std::chrono::minutes(5);
  std::uint32_t max_idle_connections = 64;  // per shard
  std::uint32_t max_connections = 4096;     // per shard
  bool retry_reused =
      true;  // one retry where a kept-alive connection closed before any response byte

  // The dialect to call it in for a client of `client`.
  dialect::Api api_for(dialect::Api client) const;
};

}  // namespace sallyport::catalog
