#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sallyport::catalog {

struct BaseUrl {
  bool tls = true;
  std::string host;  // without brackets
  std::uint16_t port = 0;
  std::string path_prefix;  // "" or "/…" without a trailing slash
};

// "http://host:port/prefix" or https. nullopt for anything else: user info, query, fragment,
// spaces.
std::optional<BaseUrl> parse_base_url(std::string_view url);

}  // namespace sallyport::catalog
