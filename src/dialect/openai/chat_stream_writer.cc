#include "dialect/openai/chat_chunk.h"
#include "dialect/openai/extension.h"
#include "dialect/openai/open_blocks.h"
#include "dialect/openai/usage_json.h"
#include "dialect/openai/words.h"
#include "dialect/openai/writers.h"
#include "json/writer.h"
#include "sse/parser.h"
#include "sse/writer.h"

namespace sallyport::dialect::openai {
namespace {

// A streamed Chat Completions answer. From a chat upstream the chunks go on as they came, edited
// only where the model's name, the usage chunk or an earlier hop demands it; from any other they
// are made.
class ChatStreamWriter final : public ResponseWriter {
 public:
  explicit ChatStreamWriter(const WriterOptions& options) : options_(options) {
    head_.null_usage = options.include_usage;
    head_.model = options.requested_model;
  }

  void serving(const std::string& model, Api upstream) override {
    head_.model = model;
    same_ = upstream == Api::openai_chat;
  }

  void relay(const Event& event, std::string& out) override {
    blocks_.note(event);
    if (event.kind == EventKind::message_start) upstream_model_ = event.model;
    if (event.block == BlockType::tool_use && event.kind == EventKind::block_start) ++tools_;
    if (event.kind == EventKind::block_delta) {
      sent_text_ |= event.delta == DeltaType::text;
      sent_refusal_ |= event.delta == DeltaType::refusal;
    }
    if (same_) {
      relay_chunk(event, out);
    } else {
      relay_made(event, out);
    }
  }

  void hop(const Hop& hop, std::string& out) override {
    hops_.push_back(hop);
    blocks_.clear();
    tool_of_block_.clear();
    upstream_model_.clear();
    first_tool_ = tools_;
    start_usage_ = {};
    if (!started_) return;
    continues_ = true;
    if (hop.restated && sent_text_) append_chunk(out, head_, text_delta("content", "\n\n"));
  }

  void finish(const Event* last, const Finish& finish, std::string& out) override {
    blocks_.clear();
    const bool as_it_came =
        same_ && last != nullptr && !last->wire.empty() && last->stop_reason == finish.stop_reason;
    if (as_it_came) {
      const std::string extension =
          needs_extension(finish) ? extension_json(finish, options_.requested_model) : "";
      const bool told_usage = write_chunks(last->wire, extension, out);
      if (options_.include_usage && !told_usage) write_usage(finish.usage, out);
    } else {
      write_end(finish, out);
    }
    out += kDone;
  }

  void fail(const PublicError& error, std::string& out) override {
    sse::append_event(out, "", error_body(Api::openai_chat, error, ""));
  }
  void ping(std::string& out) override { sse::append_comment(out, "ping"); }
  std::optional<BlockType> open_block() const override { return blocks_.deciding(); }

 private:
  bool edits() const { return continues_ || upstream_model_ != head_.model; }

  void relay_chunk(const Event& event, std::string& out) {
    if (event.kind == EventKind::message_stop) {
      out += event.wire.empty() ? kDone : event.wire;
      return;
    }
    if (event.wire.empty()) return;
    if (event.kind == EventKind::ping || event.kind == EventKind::error) {
      out += event.wire;
      return;
    }
    // The role was told when the answer began.
    if (event.kind == EventKind::message_start && started_) return;
    const bool hides = event.kind == EventKind::message_delta && !options_.include_usage;
    if (!edits() && !hides && started_) {
      out += event.wire;
      return;
    }
    write_chunks(event.wire, "", out);
  }

  // Appends the chunks of `wire`, the extension on the one that ends the answer. True where one of
  // them told the usage.
  bool write_chunks(std::string_view wire, std::string_view extension, std::string& out) {
    bool told_usage = false;
    sse::Parser parser(wire.size() + 1);
    auto parsed = parser.feed(wire, [&](const sse::Event& event) {
      if (event.comment_only || !document_.reparse(event.data)) {
        out += event.wire;
        return;
      }
      const json::Value root = document_.root();
      if (is_usage_chunk(root)) {
        told_usage = true;
        if (!options_.include_usage) return;
      }
      const bool extend = !extension.empty() && has_finish_reason(root);
      if (!started_) remember_head(root);
      if (!edits() && !extend) {
        out += event.wire;
        return;
      }
      const ChunkEdit edit{&head_, continues_, first_tool_, extend ? extension : ""};
      sse::append_event(out, event.name, edited_chunk(document_, edit));
      if (extend) extension = "";
    });
    // The bytes were parsed once already, by the decoder.
    if (!parsed) out += wire;
    return told_usage;
  }

  void remember_head(json::Value root) {
    if (root["choices"].size() == 0) return;
    head_.id = root["id"].is_string() ? root["id"].text() : options_.message_id;
    head_.created = root["created"].integer() ? std::string(root["created"].raw()) : now();
    started_ = true;
  }

  std::string now() const { return std::to_string(unix_seconds(options_.created)); }

  void start(std::string& out) {
    if (started_) return;
    started_ = true;
    // An id of another dialect would not look like one to a client of this.
    head_.id = options_.message_id;
    head_.created = now();
    append_chunk(out, head_, R"({"role":"assistant","content":"","refusal":null})");
  }

  void relay_made(const Event& event, std::string& out) {
    switch (event.kind) {
      case EventKind::message_start:
        if (event.usage) start_usage_ = *event.usage;
        start(out);
        return;
      case EventKind::block_start:
        if (event.block == BlockType::tool_use) open_tool(event, out);
        return;
      case EventKind::block_delta:
        write_delta(event, out);
        return;
      case EventKind::block_stop:
        // A call without arguments is a call with an empty object.
        if (Tool* tool = find_tool(event.index); tool != nullptr && !tool->has_arguments) {
          write_arguments(*tool, "{}", out);
        }
        return;
      case EventKind::message_delta:
        note_end(event);
        return;
      case EventKind::message_stop:
        write_end(ending_, out);
        out += kDone;
        return;
      case EventKind::error: {
        PublicError error;
        error.type = event.error_type;
        error.message = event.error_message;
        fail(error, out);
        return;
      }
      case EventKind::ping:
        ping(out);
        return;
      case EventKind::opaque:
        return;
    }
  }

  void note_end(const Event& event) {
    if (!event.stop_reason.empty()) ending_.stop_reason = event.stop_reason;
    if (event.stop_details) ending_.stop_details = event.stop_details;
    ending_.usage = merge_usage(start_usage_, event.usage.value_or(Usage{}));
    ending_.hops = hops_;
  }

  struct Tool {
    int block = 0;
    int number = 0;
    bool has_arguments = false;
  };

  Tool* find_tool(int block) {
    for (Tool& tool : tool_of_block_) {
      if (tool.block == block) return &tool;
    }
    return nullptr;
  }

  void open_tool(const Event& event, std::string& out) {
    tool_of_block_.push_back({event.index, tools_ - 1, false});
    std::string delta;
    json::Writer w(delta);
    w.begin_object().key("tool_calls").begin_array().begin_object();
    w.key("index").integer(tools_ - 1).key("id").string(event.tool_id);
    w.key("type").string("function").key("function").begin_object();
    w.key("name").string(event.tool_name).key("arguments").string("");
    w.end_object().end_object().end_array().end_object();
    append_chunk(out, head_, delta);
  }

  void write_arguments(Tool& tool, std::string_view text, std::string& out) {
    if (text.empty()) return;
    tool.has_arguments = true;
    std::string delta;
    json::Writer w(delta);
    w.begin_object().key("tool_calls").begin_array().begin_object();
    w.key("index").integer(tool.number).key("function").begin_object();
    w.key("arguments").string(text).end_object().end_object().end_array().end_object();
    append_chunk(out, head_, delta);
  }

  void write_delta(const Event& event, std::string& out) {
    switch (event.delta) {
      case DeltaType::text:
        append_chunk(out, head_, text_delta("content", event.text));
        return;
      case DeltaType::thinking:
        append_chunk(out, head_, text_delta("reasoning_content", event.text));
        return;
      case DeltaType::refusal:
        append_chunk(out, head_, text_delta("refusal", event.text));
        return;
      case DeltaType::input_json:
        if (Tool* tool = find_tool(event.index)) write_arguments(*tool, event.text, out);
        return;
      case DeltaType::signature:
      case DeltaType::citations:
      case DeltaType::other:
        return;
    }
  }

  void write_end(const Finish& finish, std::string& out) {
    start(out);
    std::string delta = "{}";
    if (finish.stop_reason == "refusal" && !sent_refusal_) {
      delta = text_delta("refusal", refusal_sentence(finish.stop_details));
    }
    const std::string extension =
        needs_extension(finish) ? extension_json(finish, options_.requested_model) : "";
    append_chunk(out, head_, delta, finish_reason_of(finish.stop_reason), extension);
    if (options_.include_usage) write_usage(finish.usage, out);
  }

  void write_usage(const Usage& usage, std::string& out) {
    std::string json;
    append_chat_usage(json, usage);
    append_usage_chunk(out, head_, json);
  }

  WriterOptions options_;
  ChunkHead head_;
  json::Document document_;
  OpenBlocks blocks_;
  std::string upstream_model_;
  bool same_ = true;
  bool started_ = false;
  bool continues_ = false;  // another model's chunks went out before
  bool sent_text_ = false;
  bool sent_refusal_ = false;
  int tools_ = 0;       // tool calls of the whole answer
  int first_tool_ = 0;  // of the current model
  std::vector<Tool> tool_of_block_;
  std::vector<Hop> hops_;
  Usage start_usage_;
  Finish ending_;
};

}  // namespace

std::unique_ptr<ResponseWriter> make_chat_stream_writer(const WriterOptions& options) {
  return std::make_unique<ChatStreamWriter>(options);
}

}  // namespace sallyport::dialect::openai
