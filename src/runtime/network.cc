#include "runtime/network.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace sallyport::runtime {
namespace {

constexpr std::array<std::uint8_t, 12> kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

bool is_mapped(const AddressBytes& address) {
  return std::equal(kMapped.begin(), kMapped.end(), address.begin());
}

// Whether the first `bits` bits agree.
bool same_prefix(const AddressBytes& a, const AddressBytes& b, unsigned bits) {
  const unsigned whole = bits / 8;
  if (!std::equal(a.begin(), a.begin() + whole, b.begin())) return false;
  const unsigned rest = bits % 8;
  if (rest == 0) return true;
  return ((a[whole] ^ b[whole]) >> (8 - rest)) == 0;
}

}  // namespace

Result<AddressBytes> parse_address(std::string_view text) {
  const std::string terminated(text.substr(0, 64));
  AddressBytes out{};
  in_addr v4{};
  if (inet_pton(AF_INET, terminated.c_str(), &v4) == 1) {
    std::copy(kMapped.begin(), kMapped.end(), out.begin());
    std::memcpy(out.data() + 12, &v4, 4);
    return out;
  }
  if (inet_pton(AF_INET6, terminated.c_str(), out.data()) == 1) return out;
  return fail(Code::malformed, "`" + terminated + "` is not an IP address");
}

std::string print_address(const AddressBytes& address) {
  char text[INET6_ADDRSTRLEN] = {};
  if (is_mapped(address)) {
    inet_ntop(AF_INET, address.data() + 12, text, sizeof text);
  } else {
    inet_ntop(AF_INET6, address.data(), text, sizeof text);
  }
  return text;
}

Result<NetworkSet> NetworkSet::parse(const std::vector<std::string>& networks) {
  NetworkSet set;
  for (const std::string& text : networks) {
    const std::size_t slash = text.find('/');
    const auto base = parse_address(std::string_view(text).substr(0, slash));
    if (!base) return fail_within("network `" + text + "`", base.error());
    const bool v4 = is_mapped(*base);
    unsigned bits = v4 ? 32 : 128;
    if (slash != std::string::npos) {
      const char* const end = text.data() + text.size();
      const auto parsed = std::from_chars(text.data() + slash + 1, end, bits);
      if (parsed.ec != std::errc() || parsed.ptr != end || bits > (v4 ? 32u : 128u)) {
        return fail(Code::config,
                    "network `" + text + "`: the part after / must be a number of bits");
      }
    }
    const Network network{*base, v4 ? bits + 96 : bits};
    for (unsigned bit = network.prefix_bits; bit < 128; ++bit) {
      if ((network.base[bit / 8] >> (7 - bit % 8) & 1) != 0) {
        return fail(Code::config, "network `" + text + "`: bits are set beyond its prefix");
      }
    }
    set.networks_.push_back(network);
  }
  return set;
}

bool NetworkSet::contains(const AddressBytes& address) const {
  for (const Network& network : networks_) {
    if (same_prefix(network.base, address, network.prefix_bits)) return true;
  }
  return false;
}

}  // namespace sallyport::runtime
