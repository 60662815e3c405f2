#include "http/body.h"
#include "http/response_parser.h"
#include "http/writer.h"

using namespace sallyport::http;

namespace {

void require(bool holds) {
  if (!holds) __builtin_trap();
}

ResponseParser::Fed feed(ResponseParser& parser, std::string_view bytes, std::size_t chunk_bytes) {
  ResponseParser::Fed total;
  while (!bytes.empty() && total.progress == Progress::need_more) {
    const std::string chunk(bytes.substr(0, chunk_bytes));
    const ResponseParser::Fed fed = parser.feed(chunk);
    total.consumed += fed.consumed;
    total.progress = fed.progress;
    bytes.remove_prefix(chunk.size());
  }
  return total;
}

}  // namespace

// The first byte cuts the chunks: any cutting gives the same head, and what is accepted can be
// written and read again.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const HeadLimits limits{.max_start_line_bytes = 200, .max_header_bytes = 600, .max_fields = 10};
  ResponseParser whole(limits), cut(limits);
  const ResponseParser::Fed expected = feed(whole, text, text.size() + 1);
  const ResponseParser::Fed got = feed(cut, text, data[0] % 32 + 1);
  require(expected.progress == got.progress && whole.refusal().detail == cut.refusal().detail);
  if (expected.progress != Progress::complete) return 0;
  require(expected.consumed == got.consumed && whole.head().status >= 200);
  require(body_kind(whole.head(), false) != BodyKind::until_close || !whole.head().keep_alive);

  std::string one;
  require(append_response_head(one, whole.head()).has_value());
  ResponseParser again;
  const ResponseParser::Fed fed = again.feed(one);
  require(fed.progress == Progress::complete && fed.consumed == one.size());
  require(body_kind(again.head(), false) == body_kind(whole.head(), false));
  return 0;
}
