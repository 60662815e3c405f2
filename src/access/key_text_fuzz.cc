#include <cstdint>
#include <string_view>

#include "access/key_text.h"
#include "base/check.h"

// Whatever is presented as a key: no crash, and what is accepted is exactly what its parts spell.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sallyport;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto key = access::parse_key_text(text)) {
    SALLYPORT_CHECK(text.size() == 3 + key->environment.size() + 1 + key->secret.size() + 1 +
                                       access::kChecksumChars,
                    "an accepted key has something between its parts");
    SALLYPORT_CHECK(text.starts_with(key->hint()), "a hint is not the beginning of its key");
  } else {
    SALLYPORT_CHECK(key.error().code == Code::unauthenticated, "a bad key is unauthenticated");
  }
  return 0;
}
