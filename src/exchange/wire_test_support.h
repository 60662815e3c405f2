#pragma once

#include <string>

#include "json/writer.h"

// Upstream answers in the Messages API's shape, composed for tests.
namespace sallyport::exchange::testing {

inline std::string sse(const std::string& name, const std::string& data) {
  return "event: " + name + "\ndata: " + data + "\n\n";
}

inline std::string message_start(const std::string& model) {
  return sse(
      "message_start",
      R"({"type":"message_start","message":{"id":"msg_up_)" + model +
          R"(","type":"message","role":"assistant","model":")" + model +
          R"(","content":[],"stop_reason":null,"stop_sequence":null,"stop_details":null,"usage":{"input_tokens":28,"output_tokens":1}}}   )");
}

inline std::string block_start(int index, const std::string& block) {
  return sse("content_block_start", R"({"type":"content_block_start","index":)" +
                                        std::to_string(index) + R"(,"content_block":)" + block +
                                        "}");
}

inline std::string text_start(int index) {
  return block_start(index, R"({"type":"text","text":""})");
}

inline std::string tool_start(int index) {
  return block_start(index, R"({"type":"tool_use","id":"toolu_1","name":"search","input":{}})");
}

inline std::string delta(int index, const std::string& json) {
  return sse("content_block_delta", R"({"type":"content_block_delta","index":)" +
                                        std::to_string(index) + R"(,"delta":)" + json + "}");
}

inline std::string text_delta(int index, const std::string& text) {
  return delta(index, R"({"type":"text_delta","text":)" + json::quoted(text) + "}");
}

inline std::string input_delta(int index, const std::string& partial) {
  return delta(index,
               R"({"type":"input_json_delta","partial_json":)" + json::quoted(partial) + "}");
}

inline std::string block_stop(int index) {
  return sse("content_block_stop",
             R"({"type":"content_block_stop","index":)" + std::to_string(index) + "}");
}

inline std::string stop(const std::string& reason, int output_tokens) {
  return sse("message_delta",
             R"({"type":"message_delta","delta":{"stop_reason":")" + reason +
                 R"(","stop_sequence":null,"stop_details":null},"usage":{"input_tokens":28,"output_tokens":)" +
                 std::to_string(output_tokens) + "}}") +
         sse("message_stop", R"({"type":"message_stop"})");
}

inline std::string refusal(const std::string& category, int output_tokens,
                           const std::string& more = "") {
  const std::string shown = category.empty() ? "null" : json::quoted(category);
  return sse("message_delta",
             R"({"type":"message_delta","delta":{"stop_reason":"refusal","stop_sequence":null,"stop_details":{"type":"refusal","category":)" +
                 shown + R"(,"explanation":null)" + more +
                 R"(}},"usage":{"input_tokens":28,"output_tokens":)" +
                 std::to_string(output_tokens) + "}}") +
         sse("message_stop", R"({"type":"message_stop"})");
}

inline std::string answer(const std::string& model, const std::string& text) {
  return message_start(model) + text_start(0) + text_delta(0, text) + block_stop(0) +
         stop("end_turn", 12);
}

inline std::string whole_message(const std::string& model, const std::string& content,
                                 const std::string& reason, const std::string& details = "null") {
  return R"({"id":"msg_up","type":"message","role":"assistant","model":")" + model +
         R"(","content":)" + content + R"(,"stop_reason":")" + reason +
         R"(","stop_sequence":null,"stop_details":)" + details +
         R"(,"usage":{"input_tokens":28,"output_tokens":5},"future_member":{"kept":true}})";
}

}  // namespace sallyport::exchange::testing
