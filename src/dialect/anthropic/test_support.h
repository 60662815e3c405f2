#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "dialect/client_request.h"
#include "dialect/response_decoder.h"
#include "dialect/response_writer.h"

// For this dialect's tests and fuzzers only: requests, streams in the shapes of the protocol, and a
// relay that decodes and writes them.
namespace sallyport::dialect::anthropic::testing {

constexpr std::string_view kListBeta = "server-side-fallback-2026-07-01";

inline http::Headers headers(std::string_view betas = {}) {
  http::Headers list;
  list.add("anthropic-version", "2023-06-01");
  if (!betas.empty()) list.add("anthropic-beta", betas);
  return list;
}

inline Decoded<std::unique_ptr<ClientRequest>> decode(std::string body,
                                                      std::string_view betas = {}) {
  return decode_request(Api::anthropic, Operation::create, std::move(body), headers(betas));
}

// A request with these members beside the required ones.
inline std::string request_with(std::string_view members) {
  std::string body = R"({"model":"flagship-1","max_tokens":64,)";
  body += members;
  if (!members.empty()) body += ',';
  return body + R"("messages":[{"role":"user","content":"Hello"}]})";
}

// One event, padded before its closing brace as the API does to hide lengths.
inline std::string sse(std::string_view name, std::string json, std::size_t padding = 0) {
  json.insert(json.size() - 1, padding, ' ');
  return "event: " + std::string(name) + "\ndata: " + json + "\n\n";
}

inline std::string start_event(std::string_view model, std::size_t padding = 0) {
  return sse("message_start",
             R"({"type":"message_start","message":{"id":"msg_01Test","type":"message",)"
             R"("role":"assistant","model":")" +
                 std::string(model) +
                 R"(","content":[],"stop_reason":null,"stop_sequence":null,"stop_details":null,)"
                 R"("usage":{"input_tokens":28,"output_tokens":5,"new_counter":1}}})",
             padding);
}

inline std::string block_start(int index, std::string_view block) {
  return sse("content_block_start", R"({"type":"content_block_start","index":)" +
                                        std::to_string(index) + R"(,"content_block":)" +
                                        std::string(block) + "}");
}

inline std::string text_start(int index) {
  return block_start(index, R"({"type":"text","text":""})");
}

inline std::string delta(int index, std::string_view delta_json, std::size_t padding = 0) {
  return sse("content_block_delta",
             R"({"type":"content_block_delta","index":)" + std::to_string(index) + R"(,"delta":)" +
                 std::string(delta_json) + "}",
             padding);
}

inline std::string text_delta(int index, std::string_view text, std::size_t padding = 0) {
  return delta(index, R"({"type":"text_delta","text":")" + std::string(text) + "\"}", padding);
}

inline std::string block_stop(int index, std::size_t padding = 0) {
  return sse("content_block_stop",
             R"({"type":"content_block_stop","index":)" + std::to_string(index) + "}", padding);
}

inline std::string ping() { return sse("ping", R"({"type": "ping"})"); }

inline std::string end_event(std::string_view delta_json, std::string_view usage,
                             std::size_t padding = 0) {
  return sse("message_delta",
             R"({"type":"message_delta","delta":)" + std::string(delta_json) + R"(,"usage":)" +
                 std::string(usage) + "}",
             padding);
}

inline std::string end_turn() {
  return end_event(R"({"stop_reason":"end_turn","stop_sequence":null,"stop_details":null})",
                   R"({"output_tokens":12})", 9);
}

inline std::string stop_event() { return sse("message_stop", R"({"type":"message_stop"})", 6); }

// Thinking, text with a citation, a tool call, pings, an unknown event and an unknown block.
inline std::string rich_stream(std::string_view model) {
  return start_event(model, 7) + ping() +
         block_start(0, R"({"type":"thinking","thinking":"","signature":""})") +
         delta(0, R"({"type":"thinking_delta","thinking":"Planning.","estimated_tokens":3})", 4) +
         delta(0, R"({"type":"signature_delta","signature":"c2ln"})") + block_stop(0, 2) +
         text_start(1) + text_delta(1, "Grüße \\u00e9\\n", 12) + ping() +
         delta(1, R"({"type":"citations_delta","citation":{"type":"page","cited_text":"x"}})") +
         text_delta(1, "and more") + block_stop(1) +
         sse("future_event", R"({"type":"future_event","note":"kept"})", 3) +
         block_start(2, R"({"type":"tool_use","id":"toolu_1","name":"look","input":{}})") +
         delta(2, R"({"type":"input_json_delta","partial_json":"{\"city\":"})") +
         delta(2, R"({"type":"input_json_delta","partial_json":"\"Oslo\"}"})") + block_stop(2) +
         block_start(3, R"({"type":"future_block","data":"d"})") +
         delta(3, R"({"type":"future_delta","data":"e"})") + block_stop(3) +
         end_event(R"({"stop_reason":"tool_use","stop_sequence":null,"stop_details":null})",
                   R"({"input_tokens":28,"output_tokens":40,)"
                   R"("output_tokens_details":{"thinking_tokens":7},"server_tool_use":null})",
                   5) +
         stop_event();
}

// The protocol's refusal after some output, with an upstream's credit token.
inline std::string refused_end() {
  return end_event(
      R"({"stop_reason":"refusal","stop_sequence":null,"stop_details":{"type":"refusal",)"
      R"("category":"cyber","explanation":"Declined.","fallback_credit_token":"fct_upstream",)"
      R"("fallback_has_prefill_claim":true,"recommended_model":null,"later":1}})",
      R"({"input_tokens":28,"output_tokens":106,"later":2})", 4);
}

inline std::string refused_stream(std::string_view model) {
  return start_event(model) + text_start(0) + text_delta(0, "Here is", 3) + block_stop(0) +
         refused_end() + stop_event();
}

// An event as one line, for comparison.
inline std::string describe(const Event& event) {
  std::string out = std::to_string(static_cast<int>(event.kind)) + "|" +
                    std::to_string(event.index) + "|" +
                    std::to_string(static_cast<int>(event.block)) + "|" +
                    std::to_string(static_cast<int>(event.delta)) + "|" + event.id + "|" +
                    event.model + "|" + event.tool_id + "|" + event.tool_name + "|" + event.text +
                    "|" + event.stop_reason + "|" + event.error_type + "|";
  out += event.wire;
  out += '|';
  out += event.json;
  out += '|';
  out += event.block_json;
  return out;
}

// Feeds `bytes` in chunks of random size; of one, where `random` is null.
inline Result<void> feed_all(ResponseDecoder& decoder, std::string_view bytes, Random* random,
                             const EventSink& sink) {
  while (!bytes.empty()) {
    const std::size_t most = bytes.size() < 40 ? bytes.size() : 40;
    const std::size_t size =
        random == nullptr ? bytes.size() : 1 + static_cast<std::size_t>(random->below(most));
    if (auto fed = decoder.feed(bytes.substr(0, size), sink); !fed) return fed;
    bytes.remove_prefix(size);
  }
  return decoder.finish(sink);
}

// What a client gets of an answer that is relayed event by event.
inline std::string relay(std::string_view bytes, bool stream, ResponseWriter& writer,
                         Random* random = nullptr) {
  std::string out;
  const auto decoder = make_decoder(Api::anthropic, stream);
  const auto fed =
      feed_all(*decoder, bytes, random, [&](const Event& event) { writer.relay(event, out); });
  return fed ? out : "failed: " + fed.error().detail;
}

}  // namespace sallyport::dialect::anthropic::testing
