#include "http/body.h"
#include "http/request_parser.h"
#include "http/writer.h"

using namespace sallyport::http;

namespace {

void require(bool holds) {
  if (!holds) __builtin_trap();
}

RequestParser::Fed feed(RequestParser& parser, std::string_view bytes, std::size_t chunk_bytes) {
  RequestParser::Fed total;
  while (!bytes.empty() && total.progress == Progress::need_more) {
    const std::string chunk(bytes.substr(0, chunk_bytes));
    const RequestParser::Fed fed = parser.feed(chunk);
    require(fed.consumed <= chunk.size());
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
  RequestParser whole(limits), cut(limits);
  const RequestParser::Fed expected = feed(whole, text, text.size() + 1);
  const RequestParser::Fed got = feed(cut, text, data[0] % 32 + 1);
  require(expected.progress == got.progress && whole.refusal().detail == cut.refusal().detail);
  require((expected.progress == Progress::failed) == bool(whole.refusal()));
  if (expected.progress != Progress::complete) return 0;
  require(expected.consumed == got.consumed);
  require(!(whole.head().chunked && whole.head().content_length));

  std::string one, two;
  require(append_request_head(one, whole.head()).has_value());
  RequestParser again;
  if (whole.head().minor_version == 0 && whole.head().headers.count("host") == 0) return 0;
  const RequestParser::Fed fed = again.feed(one);
  require(fed.progress == Progress::complete && fed.consumed == one.size());
  require(again.head().chunked == whole.head().chunked);
  require(again.head().content_length == whole.head().content_length);
  require(append_request_head(two, again.head()).has_value() && one == two);
  return 0;
}
