#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

// Addresses and networks as bytes: IPv4 is mapped into IPv6 (::ffff:a.b.c.d), so that one
// comparison serves both.
namespace sallyport::runtime {

using AddressBytes = std::array<std::uint8_t, 16>;

// "192.0.2.1" or "2001:db8::1", strictly.
Result<AddressBytes> parse_address(std::string_view text);
// An IPv4-mapped address prints as IPv4.
std::string print_address(const AddressBytes& address);

// A set of networks in CIDR form. Small: tested in order.
class NetworkSet {
 public:
  // "10.0.0.0/8", "2001:db8::/32"; a plain address is a network of one. Bits beyond the prefix must
  // be zero.
  static Result<NetworkSet> parse(const std::vector<std::string>& networks);
  bool contains(const AddressBytes& address) const;
  bool empty() const { return networks_.empty(); }

 private:
  struct Network {
    AddressBytes base;
    unsigned prefix_bits;  // of 128
  };
  std::vector<Network> networks_;
};

}  // namespace sallyport::runtime
