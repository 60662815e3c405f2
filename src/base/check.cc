#include "base/check.h"

#include <unistd.h>

#include <cstdlib>
#include <string>

namespace sallyport {

void panic(std::string_view what, const char* file, int line) {
  const std::string text = "sallyport: internal check failed: " + std::string(what) + " (" + file +
                           ":" + std::to_string(line) + ")\n";
  // The log may be what is broken, so straight to the descriptor; a short write changes nothing.
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, text.data(), text.size());
  std::abort();
}

}  // namespace sallyport
