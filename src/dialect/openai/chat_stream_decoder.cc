#include "dialect/openai/chat_message.h"
#include "dialect/openai/decoders.h"
#include "sse/parser.h"

// Chat Completions, streamed: chunks as data-only events, then [DONE].
// Source: openai (npm) 7.55.0, ChatCompletionChunk and core/streaming.ts.
namespace sallyport::dialect::openai {
namespace {

class ChatStreamDecoder final : public ResponseDecoder {
 public:
  explicit ChatStreamDecoder(const DecoderLimits& limits)
      : limits_(limits), parser_(limits.max_event_bytes) {}

  Result<void> feed(std::string_view bytes, const EventSink& sink) override {
    Result<void> outcome;
    auto parsed = parser_.feed(bytes, [&](const sse::Event& event) {
      if (outcome) outcome = take(event, sink);
    });
    if (!parsed) return from_upstream(std::move(parsed).error());
    return outcome;
  }

  Result<void> finish(const EventSink& sink) override {
    if (auto ended = parser_.finish(); !ended) return from_upstream(std::move(ended).error());
    if (done_) return {};
    // Some servers leave [DONE] out; an answer whose every choice has ended is complete all the
    // same.
    if (!message_.all_finished()) {
      return fail(Code::reset, "chat stream: it ended before finish_reason", Source::upstream);
    }
    end_message({}, sink);
    return {};
  }

 private:
  static Result<void> from_upstream(Error error) {
    error.source = Source::upstream;
    return tl::unexpected(std::move(error));
  }

  Result<void> take(const sse::Event& wire, const EventSink& sink) {
    if (done_) return {};  // nothing behind [DONE] is read, or passed on
    if (wire.comment_only) {
      Event ping;
      ping.kind = EventKind::ping;
      ping.wire = wire.wire;
      sink(ping);
      return {};
    }
    if (wire.data == "[DONE]") {
      if (!message_.all_finished()) {
        return fail(Code::protocol, "chat stream: [DONE] before finish_reason", Source::upstream);
      }
      end_message(wire.wire, sink);
      return {};
    }
    return take_chunk(wire, sink);
  }

  Result<void> take_chunk(const sse::Event& wire, const EventSink& sink) {
    if (auto parsed = document_.reparse(wire.data); !parsed) {
      return from_upstream(std::move(parsed).error());
    }
    const bool was_finished = message_.all_finished();
    WireEvents events(sink);
    if (auto read = message_.read(document_.root(), events); !read) return read;
    if (message_.failed()) {
      events.end(wire.wire, wire.data);
      done_ = true;
      return {};
    }
    // From the last finish_reason on, everything (usage, moderation) belongs to message_delta.
    if (message_.all_finished()) return keep(wire, events);
    if (was_finished) flush_tail(sink);  // another choice has begun after all
    events.end(wire.wire, wire.data);
    return {};
  }

  Result<void> keep(const sse::Event& wire, WireEvents& events) {
    events.end_without_bytes();
    if (tail_wire_.size() + wire.wire.size() > limits_.max_event_bytes) {
      return fail(Code::too_large, "chat stream: too much after finish_reason", Source::upstream);
    }
    tail_wire_ += wire.wire;
    if (tail_count_ != 0) tail_json_ += ',';
    tail_json_ += wire.data;
    ++tail_count_;
    return {};
  }

  std::string tail_json() const { return tail_count_ == 1 ? tail_json_ : "[" + tail_json_ + "]"; }

  void flush_tail(const EventSink& sink) {
    const std::string json = tail_json();
    Event opaque;
    opaque.wire = tail_wire_;
    opaque.json = json;
    sink(opaque);
    tail_wire_.clear();
    tail_json_.clear();
    tail_count_ = 0;
  }

  void end_message(std::string_view done_wire, const EventSink& sink) {
    const std::string json = tail_json();
    Event ending = message_.ending();
    ending.wire = tail_wire_;
    ending.json = json;
    sink(ending);
    Event stop;
    stop.kind = EventKind::message_stop;
    stop.wire = done_wire;
    sink(stop);
    done_ = true;
  }

  DecoderLimits limits_;
  sse::Parser parser_;
  json::Document document_;
  ChatMessage message_;
  std::string tail_wire_;
  std::string tail_json_;
  std::size_t tail_count_ = 0;
  bool done_ = false;
};

}  // namespace

std::unique_ptr<ResponseDecoder> make_chat_stream_decoder(const DecoderLimits& limits) {
  return std::make_unique<ChatStreamDecoder>(limits);
}

}  // namespace sallyport::dialect::openai
