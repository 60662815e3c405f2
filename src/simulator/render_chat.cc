#include "json/writer.h"
#include "simulator/render.h"
#include "sse/writer.h"

namespace sallyport::simulator {
namespace {

using json::Writer;

class ChatRenderer final : public Renderer {
 public:
  ChatRenderer(const Ask& ask, const Answer& answer) : ask_(ask), answer_(answer) {}

  void beat(const Beat& beat, std::string& out) override {
    switch (beat.kind) {
      case BeatKind::start:
        return chunk(out, R"({"role":"assistant","content":""})", "");
      case BeatKind::block_start:
        return block_start(beat, out);
      case BeatKind::delta:
        return delta(beat, out);
      case BeatKind::block_stop:
        return;
      case BeatKind::finish:
        return finish(out);
      case BeatKind::broken:
        out += "data: {\"id\":\"broken\",\"choices\":[\n\n";
        return;
      case BeatKind::error:
        sse::append_event(
            out, "",
            R"({"error":{"message":"Overloaded, as asked","type":"server_error","param":null,"code":null
    }
  })");
    }
  }

  std::string whole() override {
    std::string out;
    Writer w(out);
    begin(w, "chat.completion");
    w.key("choices")
        .begin_array()
        .begin_object()
        .key("index")
        .integer(0)
        .key("message")
        .begin_object();
    w.key("role").string("assistant").key("content");
    const std::string text = all_text();
    text.empty() ? w.null() : w.string(text);
    w.key("refusal");
    answer_.refusal ? w.string(refusal_text()) : w.null();
    tool_calls(w);
    w.end_object()
        .key("logprobs")
        .null()
        .key("finish_reason")
        .string(finish_reason())
        .end_object()
        .end_array();
    w.key("usage");
    usage(w);
    w.end_object();
    return out;
  }

 private:
  void begin(Writer& w, std::string_view object) {
    w.begin_object()
        .key("id")
        .string(answer_.id)
        .key("object")
        .string(object)
        .key("created")
        .integer(answer_.created);
    w.key("model").string(answer_.model);
  }

  std::string all_text() const {
    std::string text;
    for (const Block& block : answer_.blocks) {
      if (block.kind == BlockKind::text) text += block.text;
    }
    return text;
  }

  std::string refusal_text() const {
    return answer_.refusal->explanation.value_or("Simulated refusal.");
  }

  void tool_calls(Writer& w) {
    bool any = false;
    for (const Block& block : answer_.blocks) {
      if (block.kind != BlockKind::tool) continue;
      if (!any) w.key("tool_calls").begin_array();
      any = true;
      w.begin_object()
          .key("id")
          .string(block.tool_id)
          .key("type")
          .string("function")
          .key("function")
          .begin_object();
      w.key("name")
          .string(block.tool_name)
          .key("arguments")
          .string(block.text)
          .end_object()
          .end_object();
    }
    if (any) w.end_array();
  }

  std::string_view finish_reason() const {
    if (answer_.refusal) return "content_filter";
    if (answer_.stop_reason == "max_tokens") return "length";
    return answer_.stop_reason == "tool_use" ? "tool_calls" : "stop";
  }

  void usage(Writer& w) {
    const dialect::Usage& u = answer_.usage;
    w.begin_object()
        .key("prompt_tokens")
        .integer(u.total_input())
        .key("completion_tokens")
        .integer(u.output_tokens);
    w.key("total_tokens").integer(u.total_input() + u.output_tokens);
    w.key("prompt_tokens_details")
        .begin_object()
        .key("cached_tokens")
        .integer(u.cache_read_input_tokens)
        .end_object();
    w.key("completion_tokens_details").begin_object();
    w.key("reasoning_tokens").integer(u.thinking_tokens).end_object().end_object();
  }

  void chunk(std::string& out, std::string_view delta, std::string_view reason) {
    std::string data;
    Writer w(data);
    begin(w, "chat.completion.chunk");
    w.key("choices").begin_array().begin_object().key("index").integer(0).key("delta").raw(delta);
    w.key("logprobs").null().key("finish_reason");
    reason.empty() ? w.null() : w.string(reason);
    w.end_object().end_array();
    if (ask_.include_usage) w.key("usage").null();
    w.end_object();
    sse::append_event(out, "", data);
  }

  void block_start(const Beat& beat, std::string& out) {
    const Block& block = answer_.blocks[beat.block];
    if (block.kind != BlockKind::tool) return;
    std::string delta;
    Writer w(delta);
    w.begin_object().key("tool_calls").begin_array().begin_object().key("index").integer(0);
    w.key("id").string(block.tool_id).key("type").string("function").key("function").begin_object();
    w.key("name").string(block.tool_name).key("arguments").string("").end_object().end_object();
    w.end_array().end_object();
    chunk(out, delta, "");
  }

  void delta(const Beat& beat, std::string& out) {
    const Block& block = answer_.blocks[beat.block];
    if (block.kind == BlockKind::thinking) return;  // this API has no member for it
    std::string delta;
    Writer w(delta);
    w.begin_object();
    if (block.kind == BlockKind::text) {
      w.key("content").string(beat.piece);
    } else {
      w.key("tool_calls")
          .begin_array()
          .begin_object()
          .key("index")
          .integer(0)
          .key("function")
          .begin_object();
      w.key("arguments").string(beat.piece).end_object().end_object().end_array();
    }
    w.end_object();
    chunk(out, delta, "");
  }

  void finish(std::string& out) {
    std::string delta = "{}";
    if (answer_.refusal) delta = "{\"refusal\":" + json::quoted(refusal_text()) + "}";
    chunk(out, delta, finish_reason());
    if (ask_.include_usage) {
      std::string data;
      Writer w(data);
      begin(w, "chat.completion.chunk");
      w.key("choices").begin_array().end_array().key("usage");
      usage(w);
      w.end_object();
      sse::append_event(out, "", data);
    }
    sse::append_event(out, "", "[DONE]");
  }

  const Ask& ask_;
  const Answer& answer_;
};

}  // namespace

std::unique_ptr<Renderer> make_chat_renderer(const Ask& ask, const Answer& answer) {
  return std::make_unique<ChatRenderer>(ask, answer);
}

}  // namespace sallyport::simulator
