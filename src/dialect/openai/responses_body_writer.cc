#include "dialect/openai/body_writer.h"
#include "dialect/openai/responses_object.h"
#include "dialect/openai/words.h"
#include "dialect/openai/writers.h"

namespace sallyport::dialect::openai {
namespace {

class ResponsesBodyWriter final : public BodyWriter {
 public:
  explicit ResponsesBodyWriter(const WriterOptions& options)
      : BodyWriter(options, Api::openai_responses) {}

 protected:
  bool is_refusal(json::Value body) const override {
    if (body["incomplete_details"]["reason"].equals("content_filter")) return true;
    if (is_refusal_code(body["error"]["code"].is_string() ? body["error"]["code"].text() : "")) {
      return true;
    }
    for (const json::Value item : body["output"].items()) {
      for (const json::Value part : item["content"].items()) {
        if (part["type"].equals("refusal")) return true;
      }
    }
    return false;
  }

  std::string make_body(const Finish& finish) const override {
    ResponseHead head;
    head.id = options().message_id;
    head.created = std::to_string(unix_seconds(options().created));
    head.model = model();
    head.echo = options().request_echo_json;
    const bool refused = finish.stop_reason == "refusal";
    const std::vector<std::string> output = refused ? refusal(head.id, finish) : items(head.id);
    return response_json(head, output, &finish, extension(finish));
  }

 private:
  static std::string item_id(std::string_view prefix, const std::string& id, std::size_t index) {
    return std::string(prefix) + id + "_" + std::to_string(index);
  }

  static std::vector<std::string> refusal(const std::string& id, const Finish& finish) {
    const std::string part = part_json(BlockType::refusal, refusal_sentence(finish.stop_details));
    return {message_item_json(item_id("msg_", id, 0), "incomplete", {part})};
  }

  std::vector<std::string> items(const std::string& id) const {
    std::vector<std::string> output;
    for (const Collected::Block& block : collected().blocks()) {
      const std::size_t index = output.size();
      if (block.type == BlockType::tool_use) {
        output.push_back(call_item_json(item_id("fc_", id, index), "completed", block.tool_id,
                                        block.tool_name, block.text));
      } else if (block.type == BlockType::thinking) {
        output.push_back(reasoning_item_json(item_id("rs_", id, index),
                                             {part_json(BlockType::thinking, block.text)}));
      } else {
        output.push_back(message_item_json(item_id("msg_", id, index), "completed",
                                           {part_json(block.type, block.text)}));
      }
    }
    return output;
  }
};

}  // namespace

std::unique_ptr<ResponseWriter> make_responses_body_writer(const WriterOptions& options) {
  return std::make_unique<ResponsesBodyWriter>(options);
}

}  // namespace sallyport::dialect::openai
