#include "dialect/openai/body_writer.h"
#include "dialect/openai/usage_json.h"
#include "dialect/openai/words.h"
#include "dialect/openai/writers.h"
#include "json/writer.h"

namespace sallyport::dialect::openai {
namespace {

class ChatBodyWriter final : public BodyWriter {
 public:
  explicit ChatBodyWriter(const WriterOptions& options) : BodyWriter(options, Api::openai_chat) {}

 protected:
  bool is_refusal(json::Value body) const override {
    if (body["choices"].size() == 0) return false;
    for (const json::Value choice : body["choices"].items()) {
      const bool refused = choice["finish_reason"].equals("content_filter") ||
                           choice["message"]["refusal"].is_string();
      if (!refused) return false;
    }
    return true;
  }

  std::string make_body(const Finish& finish) const override {
    std::string out;
    json::Writer w(out);
    w.begin_object().key("id").string(options().message_id).key("object").string("chat.completion");
    w.key("created").integer(unix_seconds(options().created)).key("model").string(model());
    w.key("choices").begin_array().begin_object().key("index").integer(0);
    w.key("message");
    write_message(w, finish);
    w.key("logprobs").null();
    w.key("finish_reason").string(finish_reason_of(finish.stop_reason));
    w.end_object().end_array();
    std::string usage;
    append_chat_usage(usage, finish.usage);
    w.key("usage").raw(usage);
    const std::string said = extension(finish);
    if (!said.empty()) w.key(kExtensionKey).raw(said);
    w.end_object();
    return out;
  }

 private:
  std::string joined(BlockType type) const {
    std::string all;
    for (const Collected::Block& block : collected().blocks()) {
      if (block.type == type) all += block.text;
    }
    return all;
  }

  void write_message(json::Writer& w, const Finish& finish) const {
    const bool refused = finish.stop_reason == "refusal";
    w.begin_object().key("role").string("assistant").key("content");
    const std::string text = refused ? "" : joined(BlockType::text);
    if (text.empty()) {
      w.null();
    } else {
      w.string(text);
    }
    w.key("refusal");
    if (refused) {
      w.string(refusal_sentence(finish.stop_details));
    } else {
      w.null();
    }
    if (!refused) {
      const std::string thinking = joined(BlockType::thinking);
      if (!thinking.empty()) w.key("reasoning_content").string(thinking);
      write_calls(w);
    }
    w.end_object();
  }

  void write_calls(json::Writer& w) const {
    bool any = false;
    for (const Collected::Block& block : collected().blocks()) {
      if (block.type != BlockType::tool_use) continue;
      if (!any) w.key("tool_calls").begin_array();
      any = true;
      w.begin_object().key("id").string(block.tool_id).key("type").string("function");
      w.key("function").begin_object().key("name").string(block.tool_name);
      w.key("arguments").string(block.text).end_object().end_object();
    }
    if (any) w.end_array();
  }
};

}  // namespace

std::unique_ptr<ResponseWriter> make_chat_body_writer(const WriterOptions& options) {
  return std::make_unique<ChatBodyWriter>(options);
}

}  // namespace sallyport::dialect::openai
