#include "dialect/openai/chat_message.h"
#include "dialect/openai/decoders.h"
#include "dialect/openai/responses_message.h"

// Answers that are not streamed.
namespace sallyport::dialect::openai {
namespace {

Result<void> read_whole(ChatMessage& message, json::Value root, WireEvents& events) {
  if (auto read = message.read(root, events); !read) return read;
  if (message.failed()) return {};
  if (!message.all_finished()) {
    return fail(Code::protocol, "chat answer: a choice without finish_reason", Source::upstream);
  }
  events.add(message.ending());
  return {};
}

Result<void> read_whole(ResponsesMessage& message, json::Value root, WireEvents& events) {
  return message.read_body(root, events);
}

template <class Message>
class BodyDecoder final : public ResponseDecoder {
 public:
  explicit BodyDecoder(const DecoderLimits& limits) : limits_(limits) {}

  Result<void> feed(std::string_view bytes, const EventSink&) override {
    if (body_.size() + bytes.size() > limits_.max_body_bytes) {
      return fail(Code::too_large, "the answer exceeds its bound", Source::upstream);
    }
    body_ += bytes;
    return {};
  }

  Result<void> finish(const EventSink& sink) override {
    json::Limits limits;
    limits.max_bytes = limits_.max_body_bytes;
    json::Document document;
    if (auto parsed = document.reparse(body_, limits); !parsed) {
      Error error = std::move(parsed).error();
      error.source = Source::upstream;
      return tl::unexpected(std::move(error));
    }
    Message message;
    WireEvents events(sink);
    if (auto read = read_whole(message, document.root(), events); !read) return read;
    if (!message.failed()) {
      Event stop;
      stop.kind = EventKind::message_stop;
      events.add(std::move(stop));
    }
    events.end(body_, body_);
    return {};
  }

 private:
  DecoderLimits limits_;
  std::string body_;
};

}  // namespace

std::unique_ptr<ResponseDecoder> make_chat_body_decoder(const DecoderLimits& limits) {
  return std::make_unique<BodyDecoder<ChatMessage>>(limits);
}

std::unique_ptr<ResponseDecoder> make_responses_body_decoder(const DecoderLimits& limits) {
  return std::make_unique<BodyDecoder<ResponsesMessage>>(limits);
}

}  // namespace sallyport::dialect::openai
