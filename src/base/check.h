#pragma once

#include <string_view>

namespace sallyport {

// For what cannot happen unless the program or the machine is broken: says what and where, then
// aborts. Input from the network, the config or a disk never reaches it; that is a Result.
[[noreturn]] void panic(std::string_view what, const char* file, int line);

}  // namespace sallyport

#define SALLYPORT_CHECK(condition, what) \
  ((condition) ? void() : ::sallyport::panic((what), __FILE__, __LINE__))
