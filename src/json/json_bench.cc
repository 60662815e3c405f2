#include <benchmark/benchmark.h>
#include <simdjson.h>

#include <string>

#include "json/document.h"
#include "json/splice.h"

namespace sallyport::json {
namespace {

// A Messages request of about 5 KB: some turns of text, one tool.
std::string request() {
  std::string text =
      R"({"model":"model-name","max_tokens":1024,"stream":true,"system":"You answer briefly.","tools":[{"name":"weather",)"
      R"("description":"Get the weather","input_schema":{"type":"object","properties":{"city":{"type":"string"}}}}],"messages":[)";
  std::string sentence = "This is an ordinary line of a conversation, with a few words in it.\\n";
  for (int turn = 0; turn < 8; ++turn) {
    text += turn > 0 ? "," : "";
    text += turn % 2 == 0 ? R"({"role":"user","content":")"
                          : R"({"role":"assistant","content":[{"type":"text","text":")";
    for (int i = 0; i < 8; ++i) text += sentence;
    text += turn % 2 == 0 ? "\"}" : "\"}]}";
  }
  return text + "]}";
}

const std::string kDelta =
    R"({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"ational question about what a solar )"
    R"(eclipse is. This is benign general knowledge and definitions are fine."}}             )";

void BM_parse_request_5kb(benchmark::State& state) {
  const std::string text = request();
  Document document;
  for (auto _ : state) {
    if (!document.reparse(text)) {
      state.SkipWithError("refused");
      break;
    }
    benchmark::DoNotOptimize(document);
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(text.size()) * state.iterations());
}
BENCHMARK(BM_parse_request_5kb);

void BM_parse_delta_200b(benchmark::State& state) {
  Document document;
  for (auto _ : state) {
    if (!document.reparse(kDelta)) {
      state.SkipWithError("refused");
      break;
    }
    benchmark::DoNotOptimize(document.root()["delta"]["text"].raw());
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(kDelta.size()) * state.iterations());
}
BENCHMARK(BM_parse_delta_200b);

void BM_simdjson_dom_request_5kb(benchmark::State& state) {
  const simdjson::padded_string text(request());
  simdjson::dom::parser parser;
  for (auto _ : state) benchmark::DoNotOptimize(parser.parse(text).error());
  state.SetBytesProcessed(static_cast<std::int64_t>(text.size()) * state.iterations());
}
BENCHMARK(BM_simdjson_dom_request_5kb);

void BM_simdjson_dom_delta_200b(benchmark::State& state) {
  const simdjson::padded_string text(kDelta);
  simdjson::dom::parser parser;
  for (auto _ : state) benchmark::DoNotOptimize(parser.parse(text).error());
  state.SetBytesProcessed(static_cast<std::int64_t>(text.size()) * state.iterations());
}
BENCHMARK(BM_simdjson_dom_delta_200b);

void BM_object_with_keys(benchmark::State& state) {
  std::string text = "{\"a\":0";
  for (std::int64_t i = 0; i < state.range(0); ++i) text += ",\"key" + std::to_string(i) + "\":0";
  text += "}";
  Document document;
  for (auto _ : state) {
    if (!document.reparse(text)) {
      state.SkipWithError("refused");
      break;
    }
  }
  state.SetItemsProcessed(state.range(0) * state.iterations());
}
BENCHMARK(BM_object_with_keys)->Arg(10)->Arg(100)->Arg(10'000)->Arg(100'000);

void BM_splice_model_in_request_5kb(benchmark::State& state) {
  const std::string text = request();
  Document document;
  if (!document.reparse(text)) return state.SkipWithError("refused");
  for (auto _ : state) {
    Splice splice(text);
    splice.set_member(document.root(), "model", "\"other-model\"");
    benchmark::DoNotOptimize(splice.apply());
  }
}
BENCHMARK(BM_splice_model_in_request_5kb);

}  // namespace
}  // namespace sallyport::json
