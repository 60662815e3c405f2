#include "runtime/proxy_header.h"

#include <cstdlib>

// Whatever the bytes: a header that is complete is complete at its size, and no shorter piece of it
// is.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto whole = sallyport::runtime::parse_proxy_header(bytes);
  if (!whole || !*whole) return 0;
  const std::size_t header = (*whole)->size;
  if (header > size || header > sallyport::runtime::kMaxProxyHeaderBytes) std::abort();
  const auto exact = sallyport::runtime::parse_proxy_header(bytes.substr(0, header));
  if (!exact || !*exact || (*exact)->size != header) std::abort();
  const auto shorter = sallyport::runtime::parse_proxy_header(bytes.substr(0, header - 1));
  if (!shorter || *shorter) std::abort();
  return 0;
}
