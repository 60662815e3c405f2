#include <cstdint>

#include "sse/parser.h"

using namespace sallyport;

namespace {

// Everything that the events say, and how the stream ended. The first byte of the input cuts the
// chunks.
std::string read(std::string_view stream, std::size_t chunk_bytes, std::string& wires) {
  sse::Parser parser(512);
  std::string seen;
  const auto sink = [&](const sse::Event& event) {
    wires += event.wire;
    seen.append(event.name).append("|").append(event.data).append("|");
    seen += std::to_string(event.wire.size()) + (event.comment_only ? "c\n" : "e\n");
  };
  while (!stream.empty()) {
    const std::string chunk(stream.substr(0, chunk_bytes));
    if (const Result<void> fed = parser.feed(chunk, sink); !fed) return seen + fed.error().detail;
    stream.remove_prefix(chunk.size());
  }
  const Result<void> end = parser.finish();
  return end ? seen : seen + end.error().detail;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view stream(reinterpret_cast<const char*>(data) + 1, size - 1);
  std::string whole_wires, cut_wires;
  const std::string whole = read(stream, stream.size() + 1, whole_wires);
  const std::string cut = read(stream, data[0] % 32 + 1, cut_wires);
  if (whole != cut || whole_wires != cut_wires || !stream.starts_with(whole_wires))
    __builtin_trap();
  return 0;
}
