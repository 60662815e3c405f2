#include "json/writer.h"
#include "simulator/render.h"
#include "sse/writer.h"

namespace sallyport::simulator {
namespace {

using json::Writer;

constexpr std::string_view kSignature = "c2ltdWxhdGVkLXNpZ25hdHVyZQ==";

class MessagesRenderer final : public Renderer {
 public:
  MessagesRenderer(const Ask& ask, const Answer& answer) : ask_(ask), answer_(answer) {}

  void beat(const Beat& beat, std::string& out) override {
    switch (beat.kind) {
      case BeatKind::start:
        return start(out);
      case BeatKind::block_start:
        return block_start(beat, out);
      case BeatKind::delta:
        return delta(beat, out);
      case BeatKind::block_stop:
        return block_stop(beat, out);
      case BeatKind::finish:
        return finish(out);
      case BeatKind::broken:
        out += "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":\n\n";
        return;
      case BeatKind::error:
        sse::append_event(
            out, "error",
            R"({"type":"error","error":{"type":"overloaded_error","message":"Overloaded, as asked"
    }
  })");
    }
  }

  std::string whole() override {
    std::string out;
    Writer w(out);
    begin_message(w);
    w.key("content").begin_array();
    for (const Block& block : answer_.blocks) content_block(w, block, true);
    w.end_array();
    stop_members(w);
    w.key("usage");
    usage(w, answer_.usage.output_tokens, true);
    w.end_object();
    return out;
  }

 private:
  void begin_message(Writer& w) {
    w.begin_object()
        .key("id")
        .string(answer_.id)
        .key("type")
        .string("message")
        .key("role")
        .string("assistant");
    w.key("model").string(answer_.model);
  }

  void stop_members(Writer& w) {
    w.key("stop_reason").string(answer_.stop_reason).key("stop_sequence");
    answer_.stop_sequence ? w.string(*answer_.stop_sequence) : w.null();
    w.key("stop_details");
    if (!answer_.refusal) {
      w.null();
      return;
    }
    const Refusal& refusal = *answer_.refusal;
    w.begin_object().key("type").string("refusal").key("category");
    refusal.category ? w.string(*refusal.category) : w.null();
    w.key("explanation");
    refusal.explanation ? w.string(*refusal.explanation) : w.null();
    if (refusal.credit_members) {
      w.key("fallback_credit_token");
      refusal.credit_token ? w.string(*refusal.credit_token) : w.null();
      w.key("fallback_has_prefill_claim");
      refusal.credit_token ? w.boolean(refusal.has_prefill_claim) : w.null();
      w.key("recommended_model").null();
    }
    w.end_object();
  }

  void counts(Writer& w, std::int64_t output_tokens) {
    const dialect::Usage& u = answer_.usage;
    w.key("input_tokens").integer(u.input_tokens).key("output_tokens").integer(output_tokens);
    w.key("cache_creation_input_tokens").integer(u.cache_creation_input_tokens);
    w.key("cache_read_input_tokens").integer(u.cache_read_input_tokens);
    w.key("cache_creation").begin_object();
    w.key("ephemeral_5m_input_tokens").integer(u.cache_creation_5m_tokens);
    w.key("ephemeral_1h_input_tokens").integer(u.cache_creation_1h_tokens).end_object();
  }

  void usage(Writer& w, std::int64_t output_tokens, bool final) {
    w.begin_object();
    counts(w, output_tokens);
    w.key("service_tier").string("standard");
    if (final && answer_.usage.thinking_tokens > 0) {
      w.key("output_tokens_details").begin_object();
      w.key("thinking_tokens").integer(answer_.usage.thinking_tokens).end_object();
    }
    if (final && ask_.mints_credit) {
      w.key("iterations").begin_array().begin_object().key("type").string("message");
      w.key("model").string(answer_.model);
      counts(w, output_tokens);
      w.end_object().end_array();
    }
    if (final && answer_.credit) {
      w.key("fallback_credit").begin_object().key("status").begin_object().key("type");
      w.string(answer_.credit->redeemed ? "redeemed" : "not_applied");
      if (!answer_.credit->redeemed) w.key("reason").string(answer_.credit->reason);
      w.end_object().end_object();
    }
    w.end_object();
  }

  // `full`: with its content; otherwise as a stream opens it.
  static void content_block(Writer& w, const Block& block, bool full) {
    w.begin_object();
    switch (block.kind) {
      case BlockKind::thinking:
        w.key("type").string("thinking").key("thinking").string(full ? block.text : "");
        w.key("signature").string(full ? kSignature : "");
        break;
      case BlockKind::text:
        w.key("type").string("text").key("text").string(full ? block.text : "");
        break;
      case BlockKind::tool:
        w.key("type")
            .string("tool_use")
            .key("id")
            .string(block.tool_id)
            .key("name")
            .string(block.tool_name);
        w.key("input");
        // Arguments that a refusal or a bound cut are no JSON any more.
        full&& json::Document::parse(block.text) ? w.raw(block.text) : w.raw("{}");
    }
    w.end_object();
  }

  void start(std::string& out) {
    std::string data;
    Writer w(data);
    w.begin_object().key("type").string("message_start").key("message");
    begin_message(w);
    w.key("content")
        .begin_array()
        .end_array()
        .key("stop_reason")
        .null()
        .key("stop_sequence")
        .null();
    w.key("stop_details").null().key("usage");
    usage(w, answer_.blocks.empty() ? 0 : 1, false);
    w.end_object().end_object();
    sse::append_event(out, "message_start", data);
    sse::append_event(out, "ping", R"({"type":"ping"})");
  }

  void block_start(const Beat& beat, std::string& out) {
    std::string data;
    Writer w(data);
    w.begin_object()
        .key("type")
        .string("content_block_start")
        .key("index")
        .integer(index(beat))
        .key("content_block");
    content_block(w, answer_.blocks[beat.block], false);
    w.end_object();
    sse::append_event(out, "content_block_start", data);
  }

  void delta(const Beat& beat, std::string& out) {
    static constexpr std::string_view kTypes[] = {"thinking_delta", "text_delta",
                                                  "input_json_delta"};
    static constexpr std::string_view kMembers[] = {"thinking", "text", "partial_json"};
    const auto kind = static_cast<std::size_t>(answer_.blocks[beat.block].kind);
    append_delta(beat, kTypes[kind], kMembers[kind], beat.piece, out);
  }

  void append_delta(const Beat& beat, std::string_view type, std::string_view member,
                    std::string_view text, std::string& out) {
    std::string data;
    Writer w(data);
    w.begin_object()
        .key("type")
        .string("content_block_delta")
        .key("index")
        .integer(index(beat))
        .key("delta");
    w.begin_object().key("type").string(type).key(member).string(text).end_object().end_object();
    sse::append_event(out, "content_block_delta", data);
  }

  void block_stop(const Beat& beat, std::string& out) {
    if (answer_.blocks[beat.block].kind == BlockKind::thinking) {
      append_delta(beat, "signature_delta", "signature", kSignature, out);
    }
    std::string data;
    Writer w(data);
    w.begin_object()
        .key("type")
        .string("content_block_stop")
        .key("index")
        .integer(index(beat))
        .end_object();
    sse::append_event(out, "content_block_stop", data);
  }

  void finish(std::string& out) {
    std::string data;
    Writer w(data);
    w.begin_object().key("type").string("message_delta").key("delta").begin_object();
    stop_members(w);
    w.end_object().key("usage");
    usage(w, answer_.usage.output_tokens, true);
    w.end_object();
    sse::append_event(out, "message_delta", data);
    sse::append_event(out, "message_stop", R"({"type":"message_stop"})");
  }

  static std::int64_t index(const Beat& beat) { return static_cast<std::int64_t>(beat.block); }

  const Ask& ask_;
  const Answer& answer_;
};

}  // namespace

std::unique_ptr<Renderer> make_messages_renderer(const Ask& ask, const Answer& answer) {
  return std::make_unique<MessagesRenderer>(ask, answer);
}

}  // namespace sallyport::simulator
