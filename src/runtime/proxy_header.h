#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "base/result.h"
#include "runtime/network.h"

// The PROXY header that a trusted load balancer puts before a connection's first byte. Source: "The
// PROXY protocol", versions 1 and 2, HAProxy.
namespace sallyport::runtime {

struct ProxyHeader {
  std::size_t size = 0;  // bytes to drop
  // Whom the balancer speaks for; absent where it speaks for itself (LOCAL, UNKNOWN) or for no IP
  // address.
  std::optional<AddressBytes> client;
};

inline constexpr std::size_t kMaxProxyHeaderBytes = 16 + 2048;

// nullopt: more bytes are needed. Accepts version 1 and 2 and nothing else; bounded by
// kMaxProxyHeaderBytes.
Result<std::optional<ProxyHeader>> parse_proxy_header(std::string_view bytes);

}  // namespace sallyport::runtime
