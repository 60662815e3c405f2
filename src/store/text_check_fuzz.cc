#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "store/text_check.h"

// Whatever clients and upstreams call themselves: what is stored is text within its bound, and good
// text stays as it is.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sallyport;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::size_t bound = size == 0 ? 0 : data[0];
  const std::string stored = store::storable_text(text, bound);
  SALLYPORT_CHECK(stored.size() <= bound, "the text is over its bound");
  SALLYPORT_CHECK(store::is_storable_text(stored), "what is stored is no text");
  const std::string whole = store::storable_text(text, 3 * size);
  SALLYPORT_CHECK((whole == text) == store::is_storable_text(text),
                  "good text was changed, or bad text kept");
  return 0;
}
