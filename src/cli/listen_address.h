#pragma once

#include <cstdint>
#include <string>

namespace sallyport::cli {

// "127.0.0.1:8787", "[::1]:0". False where it is no address with a port.
bool split_listen_address(const std::string& text, std::string& address, std::uint16_t& port);

}  // namespace sallyport::cli
