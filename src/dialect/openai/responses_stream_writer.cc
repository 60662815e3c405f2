#include "dialect/openai/extension.h"
#include "dialect/openai/open_blocks.h"
#include "dialect/openai/responses_scribe.h"
#include "dialect/openai/usage_json.h"
#include "dialect/openai/words.h"
#include "dialect/openai/writers.h"
#include "json/splice.h"
#include "json/writer.h"
#include "sse/parser.h"
#include "sse/writer.h"

namespace sallyport::dialect::openai {
namespace {

// A streamed Responses answer. From a Responses upstream the events go on as they came, edited only
// where the model's name or an earlier hop demands it; from any other they are made.
class ResponsesStreamWriter final : public ResponseWriter {
 public:
  explicit ResponsesStreamWriter(const WriterOptions& options) : options_(options) {
    scribe_.head.id = options.message_id;
    scribe_.head.created = std::to_string(unix_seconds(options.created));
    scribe_.head.model = options.requested_model;
    scribe_.head.echo = options.request_echo_json;
  }

  void serving(const std::string& model, Api upstream) override {
    scribe_.head.model = model;
    same_ = upstream == Api::openai_responses;
  }

  void relay(const Event& event, std::string& out) override {
    blocks_.note(event);
    if (event.kind == EventKind::block_delta) sent_refusal_ |= event.delta == DeltaType::refusal;
    if (same_) {
      relay_event(event, out);
    } else {
      relay_made(event, out);
    }
  }

  void hop(const Hop& hop, std::string& out) override {
    hops_.push_back(hop);
    blocks_.clear();
    start_usage_ = {};
    if (!scribe_.started()) return;
    settle_sequence();
    scribe_.close_all("incomplete", out);
    continues_ = true;
    first_item_ = scribe_.item_count();
    first_block_ += kBlocksPerModel;
  }

  void finish(const Event* last, const Finish& finish, std::string& out) override {
    blocks_.clear();
    const bool as_it_came =
        same_ && last != nullptr && !last->wire.empty() && last->stop_reason == finish.stop_reason;
    if (as_it_came) {
      const std::string extension =
          needs_extension(finish) ? extension_json(finish, options_.requested_model) : "";
      write_events(last->wire, extension, out);
      return;
    }
    settle_sequence();
    write_end(finish, out);
  }

  void fail(const PublicError& error, std::string& out) override {
    settle_sequence();
    scribe_.error(error, out);
  }
  void ping(std::string& out) override { sse::append_comment(out, "ping"); }
  std::optional<BlockType> open_block() const override { return blocks_.deciding(); }

 private:
  // Blocks of one model are told from those of another by a wide step.
  static constexpr int kBlocksPerModel = 1 << 20;

  bool edits() const { return continues_ || upstream_model_ != scribe_.head.model; }

  void relay_event(const Event& event, std::string& out) {
    if (event.kind == EventKind::message_start) upstream_model_ = event.model;
    if (event.kind == EventKind::block_delta && !event.wire.empty() && !continues_) {
      // The frequent case: nothing to read, nothing to change.
      scribe_.follow_text(event.index, event.text);
      last_wire_.assign(event.wire);
      out += event.wire;
      return;
    }
    if (event.kind == EventKind::ping) {
      out += event.wire;
    } else if (!event.wire.empty()) {
      write_events(event.wire, "", out);
    }
    if (event.kind == EventKind::block_start && !event.wire.empty()) {
      scribe_.follow_block(first_block_ + event.index);
    }
    if (event.kind == EventKind::block_delta) {
      scribe_.follow_text(first_block_ + event.index, event.text);
    }
  }

  // The number of the next event, after some were relayed unread.
  void settle_sequence() {
    if (last_wire_.empty()) return;
    sse::Parser parser(last_wire_.size() + 1);
    auto parsed = parser.feed(last_wire_, [&](const sse::Event& event) {
      if (document_.reparse(event.data)) scribe_.follow(document_.root());
    });
    last_wire_.clear();
    if (!parsed) return;
  }

  void write_events(std::string_view wire, std::string_view extension, std::string& out) {
    last_wire_.clear();
    sse::Parser parser(wire.size() + 1);
    auto parsed = parser.feed(wire, [&](const sse::Event& event) {
      if (event.comment_only || !document_.reparse(event.data)) {
        out += event.wire;
        return;
      }
      write_event(event, extension, out);
    });
    // The bytes were parsed once already, by the decoder.
    if (!parsed) out += wire;
  }

  void write_event(const sse::Event& event, std::string_view extension, std::string& out) {
    const json::Value root = document_.root();
    const bool begins = root["type"].equals("response.created") ||
                        root["type"].equals("response.in_progress") ||
                        root["type"].equals("response.queued");
    if (begins && continues_) return;  // the response was begun by another model
    const bool whole = root["response"].is_object();
    const bool extend = whole && !extension.empty();
    if (!extend && !continues_ && !(whole && edits())) {
      scribe_.follow(root);
      out += event.wire;
      return;
    }
    const std::string edited = edit(root, extend ? extension : "");
    sse::append_event(out, event.name, edited);
    if (document_.reparse(edited)) scribe_.follow(document_.root());
  }

  std::string edit(json::Value root, std::string_view extension) {
    json::Splice splice(document_.source());
    if (continues_) {
      splice.set_member(root, "sequence_number", std::to_string(scribe_.take_sequence()));
      if (const auto index = root["output_index"].integer()) {
        splice.set_member(root, "output_index", std::to_string(*index + first_item_));
      }
    }
    const json::Value response = root["response"];
    if (response.is_object()) {
      if (!response["model"].equals(scribe_.head.model)) {
        splice.set_member(response, "model", json::quoted(scribe_.head.model));
      }
      if (continues_) edit_whole(splice, response);
      if (!extension.empty()) splice.set_member(response, kExtensionKey, extension);
    }
    return splice.apply();
  }

  void edit_whole(json::Splice& splice, json::Value response) {
    splice.set_member(response, "id", json::quoted(scribe_.head.id));
    splice.set_member(response, "created_at", scribe_.head.created);
    // What the models before said stands first; theirs are the items below first_item_.
    std::vector<std::string> earlier = scribe_.output();
    if (earlier.size() > static_cast<std::size_t>(first_item_)) {
      earlier.resize(static_cast<std::size_t>(first_item_));
    }
    if (!response["output"].is_array()) return;
    for (auto item = earlier.rbegin(); item != earlier.rend(); ++item) {
      splice.prepend_item(response["output"], *item);
    }
  }

  void relay_made(const Event& event, std::string& out) {
    switch (event.kind) {
      case EventKind::message_start:
        if (event.usage) start_usage_ = *event.usage;
        scribe_.start(out);
        return;
      case EventKind::block_start:
        open(event, out);
        return;
      case EventKind::block_delta:
        if (event.delta != DeltaType::signature && event.delta != DeltaType::citations &&
            event.delta != DeltaType::other) {
          scribe_.add(first_block_ + event.index, event.text, out);
        }
        return;
      case EventKind::block_stop:
        scribe_.close(first_block_ + event.index, out);
        return;
      case EventKind::message_delta:
        if (!event.stop_reason.empty()) ending_.stop_reason = event.stop_reason;
        if (event.stop_details) ending_.stop_details = event.stop_details;
        ending_.usage = merge_usage(start_usage_, event.usage.value_or(Usage{}));
        ending_.hops = hops_;
        return;
      case EventKind::message_stop:
        write_end(ending_, out);
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

  void open(const Event& event, std::string& out) {
    if (event.block != BlockType::text && event.block != BlockType::thinking &&
        event.block != BlockType::refusal && event.block != BlockType::tool_use) {
      return;
    }
    Event shifted;
    shifted.block = event.block;
    shifted.index = first_block_ + event.index;
    shifted.tool_id = event.tool_id;
    shifted.tool_name = event.tool_name;
    scribe_.open(shifted, out);
  }

  void write_end(const Finish& finish, std::string& out) {
    if (finish.stop_reason == "refusal" && !sent_refusal_) {
      scribe_.refuse(refusal_sentence(finish.stop_details), out);
    }
    const std::string extension =
        needs_extension(finish) ? extension_json(finish, options_.requested_model) : "";
    scribe_.end(finish, extension, out);
  }

  WriterOptions options_;
  ResponsesScribe scribe_;
  json::Document document_;
  OpenBlocks blocks_;
  std::string upstream_model_;
  std::string last_wire_;  // of deltas that were relayed unread
  bool same_ = true;
  bool continues_ = false;  // another model's events went out before
  bool sent_refusal_ = false;
  std::int64_t first_item_ = 0;  // output_index of the current model's first item
  int first_block_ = 0;
  std::vector<Hop> hops_;
  Usage start_usage_;
  Finish ending_;
};

}  // namespace

std::unique_ptr<ResponseWriter> make_responses_stream_writer(const WriterOptions& options) {
  return std::make_unique<ResponsesStreamWriter>(options);
}

}  // namespace sallyport::dialect::openai
