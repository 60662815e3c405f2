#include <benchmark/benchmark.h>

#include "http/body.h"
#include "http/content_coding.h"
#include "http/request_parser.h"
#include "http/response_parser.h"
#include "http/writer.h"

namespace sallyport::http {
namespace {

// About 600 bytes, as an SDK sends it.
const std::string kHead =
    "POST /v1/messages?beta=true HTTP/1.1\r\nHost: gateway.example.com\r\nAccept-Encoding: gzip, "
    "deflate, br, zstd\r\n"
    "Connection: keep-alive\r\nAccept: application/json\r\nContent-Type: application/json\r\n"
    "User-Agent: Client/Python 0.70.0\r\nX-Stainless-Lang: python\r\nX-Stainless-Package-Version: "
    "0.70.0\r\n"
    "X-Stainless-OS: Linux\r\nX-Stainless-Arch: x64\r\nX-Stainless-Runtime: CPython\r\n"
    "X-Stainless-Runtime-Version: 3.11.2\r\nX-Api-Key: "
    "sp-0123456789abcdef0123456789abcdef0123456789abcdef\r\n"
    "anthropic-version: 2023-06-01\r\nX-Stainless-Retry-Count: 0\r\nContent-Length: 1234\r\n\r\n";

void BM_request_head_600_bytes(benchmark::State& state) {
  RequestParser parser;
  for (auto _ : state) {
    if (parser.feed(kHead).progress != Progress::complete) {
      state.SkipWithError("refused");
      break;
    }
    benchmark::DoNotOptimize(parser.head());
    parser.reset();
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(kHead.size()) * state.iterations());
}
BENCHMARK(BM_request_head_600_bytes);

void BM_response_head(benchmark::State& state) {
  const std::string head =
      "HTTP/1.1 200 OK\r\nDate: Sat, 21 Nov 2026 01:00:00 GMT\r\nContent-Type: text/event-stream; "
      "charset=utf-8\r\n"
      "Transfer-Encoding: chunked\r\nConnection: keep-alive\r\nCache-Control: "
      "no-cache\r\nrequest-id: req_0123456789\r\n\r\n";
  ResponseParser parser;
  for (auto _ : state) {
    if (parser.feed(head).progress != Progress::complete) {
      state.SkipWithError("refused");
      break;
    }
    benchmark::DoNotOptimize(parser.head());
    parser.reset();
  }
}
BENCHMARK(BM_response_head);

void BM_write_request_head(benchmark::State& state) {
  RequestParser parser;
  parser.feed(kHead);
  std::string out;
  for (auto _ : state) {
    out.clear();
    if (!append_request_head(out, parser.head())) {
      state.SkipWithError("refused");
      break;
    }
    benchmark::DoNotOptimize(out.data());
  }
}
BENCHMARK(BM_write_request_head);

void BM_chunks_of_210_bytes(benchmark::State& state) {
  std::string bytes;
  constexpr int kChunks = 64;
  for (int i = 0; i < kChunks; ++i) append_chunk(bytes, std::string(210, 'x'));
  BodyReader body(BodyKind::chunked, 0, {.max_bytes = UINT64_MAX});
  std::size_t seen = 0;
  for (auto _ : state) {
    std::string_view rest = bytes;
    while (!rest.empty()) {
      const BodyReader::Part part = body.read(rest);
      seen += part.data.size();
      rest.remove_prefix(part.consumed);
    }
  }
  benchmark::DoNotOptimize(seen);
  state.SetItemsProcessed(kChunks * state.iterations());
}
BENCHMARK(BM_chunks_of_210_bytes);

}  // namespace
}  // namespace sallyport::http
