#include "dialect/openai/decoders.h"
#include "dialect/openai/responses_message.h"
#include "sse/parser.h"

// Responses, streamed: named events whose data repeats the name as `type`; the terminal one ends
// the answer. Source: openai (npm) 7.55.0, ResponseStreamEvent.
namespace sallyport::dialect::openai {
namespace {

class ResponsesStreamDecoder final : public ResponseDecoder {
 public:
  explicit ResponsesStreamDecoder(const DecoderLimits& limits) : parser_(limits.max_event_bytes) {}

  Result<void> feed(std::string_view bytes, const EventSink& sink) override {
    Result<void> outcome;
    auto parsed = parser_.feed(bytes, [&](const sse::Event& event) {
      if (outcome) outcome = take(event, sink);
    });
    if (!parsed) return from_upstream(std::move(parsed).error());
    return outcome;
  }

  Result<void> finish(const EventSink&) override {
    if (auto ended = parser_.finish(); !ended) return from_upstream(std::move(ended).error());
    if (!message_.ended() && !message_.failed()) {
      return fail(Code::reset, "responses stream: it ended before its terminal event",
                  Source::upstream);
    }
    return {};
  }

 private:
  static Result<void> from_upstream(Error error) {
    error.source = Source::upstream;
    return tl::unexpected(std::move(error));
  }

  Result<void> take(const sse::Event& wire, const EventSink& sink) {
    if (message_.ended() || message_.failed()) return {};  // nothing behind the end is passed on
    if (wire.comment_only) {
      Event ping;
      ping.kind = EventKind::ping;
      ping.wire = wire.wire;
      sink(ping);
      return {};
    }
    if (auto parsed = document_.reparse(wire.data); !parsed) {
      return from_upstream(std::move(parsed).error());
    }
    WireEvents events(sink);
    if (auto read = message_.read(document_.root(), events); !read) return read;
    events.end(wire.wire, wire.data);
    if (message_.ended()) {
      // The terminal event is message_delta, which has the bytes; nothing is left to say for
      // message_stop.
      Event stop;
      stop.kind = EventKind::message_stop;
      sink(stop);
    }
    return {};
  }

  sse::Parser parser_;
  json::Document document_;
  ResponsesMessage message_;
};

}  // namespace

std::unique_ptr<ResponseDecoder> make_responses_stream_decoder(const DecoderLimits& limits) {
  return std::make_unique<ResponsesStreamDecoder>(limits);
}

}  // namespace sallyport::dialect::openai
