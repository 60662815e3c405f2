#include "json/writer.h"
#include "simulator/render.h"
#include "sse/writer.h"

namespace sallyport::simulator {
namespace {

using json::Writer;

// Every block is an output item of its own; a refusal is a message item after them.
class ResponsesRenderer final : public Renderer {
 public:
  explicit ResponsesRenderer(const Answer& answer) : answer_(answer) {}

  void beat(const Beat& beat, std::string& out) override {
    switch (beat.kind) {
      case BeatKind::start:
        response_event("response.created", "in_progress", out);
        return response_event("response.in_progress", "in_progress", out);
      case BeatKind::block_start:
        return block_start(beat, out);
      case BeatKind::delta:
        return delta(beat, out);
      case BeatKind::block_stop:
        return block_stop(beat, out);
      case BeatKind::finish:
        if (answer_.refusal) refusal_item(out);
        return response_event("response." + std::string(status()), status(), out);
      case BeatKind::broken:
        out += "event: response.output_text.delta\ndata: {\"type\":\n\n";
        return;
      case BeatKind::error:
        sse::append_event(out, "error",
                          "{\"type\":\"error\",\"code\":\"server_error\",\"message\":\"Overloaded "
                          "(simulated)\",\"param\":null,"
                          "\"sequence_number\":" +
                              std::to_string(sequence_++) + "}");
    }
  }

  std::string whole() override { return response(status(), true); }

 private:
  std::string_view status() const {
    return answer_.refusal || answer_.stop_reason == "max_tokens" ? "incomplete" : "completed";
  }

  std::string refusal_text() const {
    return answer_.refusal->explanation.value_or("Simulated refusal.");
  }

  static std::string item_id(std::size_t block) { return "item_sim" + std::to_string(block); }

  std::string response(std::string_view state, bool complete) {
    std::string out;
    Writer w(out);
    w.begin_object().key("id").string(answer_.id).key("object").string("response");
    w.key("created_at").integer(answer_.created).key("status").string(state).key("error").null();
    w.key("incomplete_details");
    if (complete && state == "incomplete") {
      w.begin_object()
          .key("reason")
          .string(answer_.refusal ? "content_filter" : "max_output_tokens")
          .end_object();
    } else {
      w.null();
    }
    w.key("instructions").null().key("model").string(answer_.model).key("output").begin_array();
    for (std::size_t i = 0; complete && i < answer_.blocks.size(); ++i) w.raw(item(i, true));
    if (complete && answer_.refusal) w.raw(refusal_json(true));
    w.end_array().key("parallel_tool_calls").boolean(true).key("tool_choice").string("auto");
    w.key("tools")
        .begin_array()
        .end_array()
        .key("metadata")
        .begin_object()
        .end_object()
        .key("usage");
    complete ? usage(w) : static_cast<void>(w.null());
    w.end_object();
    return out;
  }

  void usage(Writer& w) {
    const dialect::Usage& u = answer_.usage;
    w.begin_object()
        .key("input_tokens")
        .integer(u.total_input())
        .key("input_tokens_details")
        .begin_object();
    w.key("cached_tokens").integer(u.cache_read_input_tokens).end_object();
    w.key("output_tokens").integer(u.output_tokens).key("output_tokens_details").begin_object();
    w.key("reasoning_tokens").integer(u.thinking_tokens).end_object();
    w.key("total_tokens").integer(u.total_input() + u.output_tokens).end_object();
  }

  static void text_part(Writer& w, std::string_view text) {
    w.begin_object().key("type").string("output_text").key("text").string(text);
    w.key("annotations").begin_array().end_array().end_object();
  }

  std::string item(std::size_t index, bool full) {
    const Block& block = answer_.blocks[index];
    std::string out;
    Writer w(out);
    w.begin_object().key("id").string(item_id(index));
    if (block.kind == BlockKind::tool) {
      w.key("type")
          .string("function_call")
          .key("status")
          .string(full ? "completed" : "in_progress");
      w.key("call_id").string(block.tool_id).key("name").string(block.tool_name);
      w.key("arguments").string(full ? block.text : "");
    } else if (block.kind == BlockKind::thinking) {
      w.key("type").string("reasoning").key("summary").begin_array();
      if (full)
        w.begin_object()
            .key("type")
            .string("summary_text")
            .key("text")
            .string(block.text)
            .end_object();
      w.end_array();
    } else {
      w.key("type").string("message").key("status").string(full ? "completed" : "in_progress");
      w.key("role").string("assistant").key("content").begin_array();
      if (full) text_part(w, block.text);
      w.end_array();
    }
    w.end_object();
    return out;
  }

  std::string refusal_json(bool full) {
    std::string out;
    Writer w(out);
    w.begin_object().key("id").string("item_sim_refusal").key("type").string("message");
    w.key("status").string(full ? "completed" : "in_progress").key("role").string("assistant");
    w.key("content").begin_array();
    if (full)
      w.begin_object()
          .key("type")
          .string("refusal")
          .key("refusal")
          .string(refusal_text())
          .end_object();
    w.end_array().end_object();
    return out;
  }

  // Opens the data of one event; the caller closes it.
  Writer& begin(Writer& w, std::string_view type) {
    return w.begin_object().key("type").string(type).key("sequence_number").integer(sequence_++);
  }

  void response_event(const std::string& type, std::string_view state, std::string& out) {
    std::string data;
    Writer w(data);
    begin(w, type).key("response").raw(response(state, state != "in_progress")).end_object();
    sse::append_event(out, type, data);
  }

  void item_event(const std::string& type, std::size_t index, const std::string& json,
                  std::string& out) {
    std::string data;
    Writer w(data);
    begin(w, type)
        .key("output_index")
        .integer(static_cast<std::int64_t>(index))
        .key("item")
        .raw(json)
        .end_object();
    sse::append_event(out, type, data);
  }

  // One event inside an item; `member` = `value` is its content.
  void inner_event(const std::string& type, const std::string& id, std::size_t index,
                   std::string_view place, std::string_view member, const std::string& value_json,
                   std::string& out) {
    std::string data;
    Writer w(data);
    begin(w, type)
        .key("item_id")
        .string(id)
        .key("output_index")
        .integer(static_cast<std::int64_t>(index));
    if (!place.empty()) w.key(place).integer(0);
    w.key(member).raw(value_json).end_object();
    sse::append_event(out, type, data);
  }

  static std::string part_json(std::string_view text) {
    std::string out;
    Writer w(out);
    text_part(w, text);
    return out;
  }

  static std::string summary_json(std::string_view text) {
    return "{\"type\":\"summary_text\",\"text\":" + json::quoted(text) + "}";
  }

  void block_start(const Beat& beat, std::string& out) {
    const std::size_t i = beat.block;
    item_event("response.output_item.added", i, item(i, false), out);
    const BlockKind kind = answer_.blocks[i].kind;
    if (kind == BlockKind::text) {
      inner_event("response.content_part.added", item_id(i), i, "content_index", "part",
                  part_json(""), out);
    } else if (kind == BlockKind::thinking) {
      inner_event("response.reasoning_summary_part.added", item_id(i), i, "summary_index", "part",
                  summary_json(""), out);
    }
  }

  void delta(const Beat& beat, std::string& out) {
    const std::size_t i = beat.block;
    const std::string piece = json::quoted(beat.piece);
    switch (answer_.blocks[i].kind) {
      case BlockKind::text:
        return inner_event("response.output_text.delta", item_id(i), i, "content_index", "delta",
                           piece, out);
      case BlockKind::thinking:
        return inner_event("response.reasoning_summary_text.delta", item_id(i), i, "summary_index",
                           "delta", piece, out);
      case BlockKind::tool:
        return inner_event("response.function_call_arguments.delta", item_id(i), i, "", "delta",
                           piece, out);
    }
  }

  void block_stop(const Beat& beat, std::string& out) {
    const std::size_t i = beat.block;
    const Block& block = answer_.blocks[i];
    const std::string whole_text = json::quoted(block.text);
    if (block.kind == BlockKind::text) {
      inner_event("response.output_text.done", item_id(i), i, "content_index", "text", whole_text,
                  out);
      inner_event("response.content_part.done", item_id(i), i, "content_index", "part",
                  part_json(block.text), out);
    } else if (block.kind == BlockKind::thinking) {
      inner_event("response.reasoning_summary_text.done", item_id(i), i, "summary_index", "text",
                  whole_text, out);
      inner_event("response.reasoning_summary_part.done", item_id(i), i, "summary_index", "part",
                  summary_json(block.text), out);
    } else {
      inner_event("response.function_call_arguments.done", item_id(i), i, "", "arguments",
                  whole_text, out);
    }
    item_event("response.output_item.done", i, item(i, true), out);
  }

  void refusal_item(std::string& out) {
    const std::size_t i = answer_.blocks.size();
    const std::string id = "item_sim_refusal";
    const std::string text = json::quoted(refusal_text());
    const auto part = [](const std::string& value) {
      return "{\"type\":\"refusal\",\"refusal\":" + value + "}";
    };
    item_event("response.output_item.added", i, refusal_json(false), out);
    inner_event("response.content_part.added", id, i, "content_index", "part", part("\"\""), out);
    inner_event("response.refusal.delta", id, i, "content_index", "delta", text, out);
    inner_event("response.refusal.done", id, i, "content_index", "refusal", text, out);
    inner_event("response.content_part.done", id, i, "content_index", "part", part(text), out);
    item_event("response.output_item.done", i, refusal_json(true), out);
  }

  const Answer& answer_;
  std::int64_t sequence_ = 0;
};

}  // namespace

std::unique_ptr<Renderer> make_responses_renderer(const Ask&, const Answer& answer) {
  return std::make_unique<ResponsesRenderer>(answer);
}

}  // namespace sallyport::simulator
