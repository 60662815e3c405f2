#pragma once

#include <cstdint>
#include <string>
#include <string_view>

// The little that the benchmark's two ends need of sockets and time. Errors end the program: a
// benchmark that limps lies.
namespace bench {

std::int64_t now_ns();
[[noreturn]] void die(const std::string& what);

// Non-blocking, TCP_NODELAY, loopback only.
int listen_on(std::uint16_t port);
int accept_from(int listener);  // -1 where nobody waits
int connect_to(std::uint16_t port);

// The value of a header in a head that ends before the blank line; "" where there is none.
// Case-insensitive.
std::string_view header_of(std::string_view head, std::string_view name);

// The number that `text` begins with, in `base`; 0 where it begins with none.
std::int64_t number(std::string_view text, int base = 10);

}  // namespace bench
