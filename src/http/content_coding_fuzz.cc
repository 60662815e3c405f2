#include "http/content_coding.h"

using namespace sallyport;

namespace {

void require(bool holds) {
  if (!holds) __builtin_trap();
}

}  // namespace

// The first byte picks the coding and cuts the chunks: the bounds hold, and any cutting decodes the
// same bytes.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto coding = data[0] % 2 == 0 ? http::Coding::gzip : http::Coding::zstd;
  const http::DecodeLimits limits{.max_output_bytes = 1u << 20};
  std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const Result<std::string> whole = http::decode_body(coding, bytes, limits);
  require(!whole || whole->size() <= limits.max_output_bytes);

  http::ContentDecoder decoder(coding, limits);
  std::string out;
  Result<void> state;
  while (state && !bytes.empty()) {
    const std::string chunk(bytes.substr(0, data[0] / 2 % 32 + 1));
    state = decoder.feed(chunk, out);
    bytes.remove_prefix(chunk.size());
  }
  if (state) state = decoder.finish();
  require(state.has_value() == whole.has_value());
  if (whole) require(out == *whole);
  return 0;
}
