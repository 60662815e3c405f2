#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "dialect/response_decoder.h"
#include "dialect/response_writer.h"
#include "json/document.h"
#include "sse/parser.h"

// For the tests and fuzzers of the OpenAI dialects and of crossings only.
namespace sallyport::dialect::openai::testing {

inline std::string sse_data(std::string_view json) { return "data: " + std::string(json) + "\n\n"; }

// A chunk of the upstream model "up-1" whose only choice has these members.
inline std::string chunk(std::string_view choice) {
  return sse_data(R"({"id":"chatcmpl-1","object":"chat.completion.chunk","created":1700000000,)"
                  R"("model":"up-1","system_fingerprint":"fp_1","choices":[{"index":0,)" +
                  std::string(choice) + "}]}");
}
inline std::string text_chunk(std::string_view text) {
  return chunk(R"("delta":{"content":")" + std::string(text) + R"("},"finish_reason":null)");
}
inline std::string role_chunk() {
  return chunk(R"("delta":{"role":"assistant","content":""},"finish_reason":null)");
}
inline std::string finish_chunk(std::string_view reason) {
  return chunk(R"("delta":{},"finish_reason":")" + std::string(reason) + '"');
}
inline std::string usage_chunk() {
  return sse_data(
      R"({"id":"chatcmpl-1","object":"chat.completion.chunk","created":1700000000,)"
      R"("model":"up-1","choices":[],"usage":{"prompt_tokens":30,"completion_tokens":7,)"
      R"("total_tokens":37,"prompt_tokens_details":{"cached_tokens":10}}})");
}
inline constexpr std::string_view kDoneEvent = "data: [DONE]\n\n";

inline std::string named(std::string_view type, std::string_view rest) {
  return "event: " + std::string(type) + "\ndata: {\"type\":\"" + std::string(type) + "\"," +
         std::string(rest) + "}\n\n";
}

// An event that outlives its sink call.
struct Kept {
  Event event;
  std::string wire;
  std::string json;
  std::string block_json;

  explicit Kept(const Event& source)
      : event(source), wire(source.wire), json(source.json), block_json(source.block_json) {}
  Event view() const {
    Event copy = event;
    copy.wire = wire;
    copy.json = json;
    copy.block_json = block_json;
    return copy;
  }
};

struct Heard {
  std::vector<Kept> events;
  Result<void> outcome;
};

// Feeds `bytes` in chunks of random size; at once where `random` is null.
inline Heard hear(Api api, bool stream, std::string_view bytes, Random* random = nullptr) {
  Heard heard;
  const auto decoder = make_decoder(api, stream);
  const EventSink sink = [&](const Event& event) { heard.events.emplace_back(event); };
  while (!bytes.empty() && heard.outcome) {
    const std::size_t size = random == nullptr
                                 ? bytes.size()
                                 : std::min<std::size_t>(bytes.size(), 1 + random->below(40));
    heard.outcome = decoder->feed(bytes.substr(0, size), sink);
    bytes.remove_prefix(size);
  }
  if (heard.outcome) heard.outcome = decoder->finish(sink);
  return heard;
}

// What a client gets of an answer that is relayed event by event.
inline std::string relay(const Heard& heard, ResponseWriter& writer) {
  std::string out;
  for (const Kept& kept : heard.events) writer.relay(kept.view(), out);
  return out;
}

inline WriterOptions options(Api client, bool stream) {
  WriterOptions made;
  made.client = client;
  made.stream = stream;
  made.message_id = "msg_01Made";
  made.requested_model = "asked-1";
  made.created = wall_from_unix_seconds(1'750'000'000);
  return made;
}

// The data of a stream's events, in order; "[DONE]" among them.
inline std::vector<std::string> data_of(std::string_view stream) {
  std::vector<std::string> list;
  sse::Parser parser(stream.size() + 1);
  auto parsed = parser.feed(stream, [&](const sse::Event& event) {
    if (!event.comment_only) list.emplace_back(event.data);
  });
  if (!parsed) list.emplace_back("unreadable");
  return list;
}

}  // namespace sallyport::dialect::openai::testing
