#include "http/body.h"

using namespace sallyport::http;

namespace {

void require(bool holds) {
  if (!holds) __builtin_trap();
}

struct Outcome {
  std::string content;
  std::size_t consumed = 0;
  Progress progress = Progress::need_more;
  std::string_view detail;
};

Outcome read(std::string_view bytes, std::size_t chunk_bytes) {
  const BodyLimits limits{.max_bytes = 1000,
                          .max_chunk_extension_bytes = 32,
                          .max_chunk_extension_bytes_total = 64,
                          .max_trailer_bytes = 100,
                          .max_trailer_fields = 4};
  BodyReader body(BodyKind::chunked, 0, limits);
  Outcome outcome;
  while (!bytes.empty() && body.progress() == Progress::need_more) {
    const std::string chunk(bytes.substr(0, chunk_bytes));
    std::string_view rest = chunk;
    while (!rest.empty() && body.progress() == Progress::need_more) {
      const BodyReader::Part part = body.read(rest);
      require(part.consumed <= rest.size());
      require(part.consumed > 0 || body.progress() != Progress::need_more);
      outcome.content += part.data;
      outcome.consumed += part.consumed;
      rest.remove_prefix(part.consumed);
    }
    bytes.remove_prefix(chunk.size());
  }
  require(outcome.content.size() <= limits.max_bytes);
  outcome.progress = body.progress();
  outcome.detail = body.refusal().detail;
  return outcome;
}

}  // namespace

// The first byte cuts the chunks of input: any cutting gives the same content and the same end.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const Outcome whole = read(text, text.size() + 1), cut = read(text, data[0] % 32 + 1);
  require(whole.content == cut.content && whole.progress == cut.progress &&
          whole.detail == cut.detail);
  if (whole.progress == Progress::complete) require(whole.consumed == cut.consumed);
  return 0;
}
