#include "dialect/anthropic/body_decoder.h"

#include "dialect/anthropic/event_fields.h"
#include "dialect/anthropic/stream_decoder.h"
#include "dialect/anthropic/usage_json.h"

namespace sallyport::dialect {
namespace anthropic {
namespace {

// An error that came with status 200.
[[nodiscard]] Failure said_error(json::Value error) {
  const json::Value type = error["type"];
  const bool overloaded = type.equals("overloaded_error");
  const Code code = overloaded                        ? Code::overloaded
                    : type.equals("rate_limit_error") ? Code::rate_limited
                    : type.equals("timeout_error")    ? Code::timeout
                                                      : Code::unavailable;
  return fail(code, "upstream body: an error object with a status of success", Source::upstream,
              true);
}

[[nodiscard]] Failure broken(std::string detail) {
  return fail(Code::protocol, "upstream body: " + std::move(detail), Source::upstream);
}

}  // namespace

Result<void> BodyDecoder::feed(std::string_view bytes, const EventSink&) {
  if (spent_) return broken("bytes behind its end");
  if (bytes.size() > limits_.max_body_bytes - body_.size()) {
    spent_ = true;
    return fail(Code::too_large,
                "upstream body: exceeds " + std::to_string(limits_.max_body_bytes) + " bytes",
                Source::upstream);
  }
  body_.append(bytes);
  return {};
}

Result<void> BodyDecoder::check(json::Value message) const {
  if (message["type"].equals("error")) return said_error(message["error"]);
  if (!message["type"].equals("message")) return broken("neither a message nor an error");
  const json::Value content = message["content"];
  if (!content.is_array()) return broken("a message without content");
  for (const json::Value block : content.items()) {
    if (!block["type"].is_string()) return broken("a content block without a type");
  }
  return {};
}

Result<void> BodyDecoder::finish(const EventSink& sink) {
  if (spent_) return broken("ended twice");
  spent_ = true;
  json::Limits limits;
  limits.max_bytes = limits_.max_body_bytes;
  const auto document = json::Document::parse(body_, limits);
  if (!document) {
    return fail(document.error().code, "upstream body: " + document.error().detail,
                Source::upstream);
  }
  const json::Value message = document->root();
  if (auto checked = check(message); !checked) return checked;

  Usage usage;
  read_usage(message["usage"], usage);
  reset(event_);
  read_start(message, event_);
  event_.usage = usage;
  sink(event_);

  int index = 0;
  for (const json::Value block : message["content"].items()) {
    hand_over_block(block, index++, sink);
  }

  reset(event_);
  event_.kind = EventKind::message_delta;
  read_stop(message, event_);
  event_.usage = usage;
  sink(event_);

  reset(event_);
  event_.kind = EventKind::message_stop;
  event_.wire = body_;
  event_.json = body_;
  sink(event_);
  return {};
}

void BodyDecoder::hand_over_block(json::Value block, int index, const EventSink& sink) {
  reset(event_);
  read_block(block, event_);
  event_.index = index;
  const BlockType type = event_.block;
  sink(event_);

  reset(event_);
  event_.kind = EventKind::block_delta;
  event_.index = index;
  event_.block = type;
  if (type == BlockType::text) {
    read_text(block["text"], event_.text);
    hand_over_delta(DeltaType::text, sink);
  } else if (type == BlockType::thinking) {
    read_text(block["thinking"], event_.text);
    hand_over_delta(DeltaType::thinking, sink);
    read_text(block["signature"], event_.text);
    hand_over_delta(DeltaType::signature, sink);
  } else if (is_tool_call(type)) {
    event_.text = block["input"].exists() ? block["input"].raw() : std::string_view("{}");
    hand_over_delta(DeltaType::input_json, sink);
  }

  reset(event_);
  event_.kind = EventKind::block_stop;
  event_.index = index;
  event_.block = type;
  sink(event_);
}

void BodyDecoder::hand_over_delta(DeltaType type, const EventSink& sink) {
  if (event_.text.empty()) return;
  event_.delta = type;
  sink(event_);
}

}  // namespace anthropic

std::unique_ptr<ResponseDecoder> make_anthropic_decoder(bool stream, const DecoderLimits& limits) {
  if (stream) return std::make_unique<anthropic::StreamDecoder>(limits);
  return std::make_unique<anthropic::BodyDecoder>(limits);
}

}  // namespace sallyport::dialect
