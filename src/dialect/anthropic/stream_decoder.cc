#include "dialect/anthropic/stream_decoder.h"

#include <algorithm>
#include <array>
#include <utility>

#include "dialect/anthropic/event_fields.h"
#include "dialect/anthropic/usage_json.h"

// Source: platform.claude.com/docs/en/build-with-claude/streaming (2026-08-14);
// @anthropic-ai/sdk 1.11.0, BetaRawMessageStreamEvent.
namespace sallyport::dialect::anthropic {
namespace {

constexpr std::string_view kBom = "\xef\xbb\xbf";
constexpr std::int64_t kMaxIndex = 1'000'000;

[[nodiscard]] Failure broken(std::string detail) {
  return fail(Code::protocol, "upstream stream: " + std::move(detail), Source::upstream);
}

constexpr std::array<std::string_view, 8> kTypes = {"content_block_delta",
                                                    "content_block_start",
                                                    "content_block_stop",
                                                    "message_start",
                                                    "message_delta",
                                                    "message_stop",
                                                    "ping",
                                                    "error"};

bool known(json::Value type) {
  return std::any_of(kTypes.begin(), kTypes.end(),
                     [type](std::string_view name) { return type.equals(name); });
}

bool known(std::string_view name) {
  return std::find(kTypes.begin(), kTypes.end(), name) != kTypes.end();
}

DeltaType delta_type(json::Value type) {
  if (type.equals("text_delta")) return DeltaType::text;
  if (type.equals("thinking_delta")) return DeltaType::thinking;
  if (type.equals("signature_delta")) return DeltaType::signature;
  if (type.equals("input_json_delta")) return DeltaType::input_json;
  if (type.equals("citations_delta")) return DeltaType::citations;
  return DeltaType::other;
}

std::string_view text_member(DeltaType delta) {
  switch (delta) {
    case DeltaType::text:
      return "text";
    case DeltaType::thinking:
      return "thinking";
    case DeltaType::signature:
      return "signature";
    case DeltaType::input_json:
      return "partial_json";
    default:
      return "";
  }
}

json::Limits limits_of(const DecoderLimits& limits) {
  json::Limits of_event;
  of_event.max_bytes = limits.max_event_bytes;
  return of_event;
}

}  // namespace

StreamDecoder::StreamDecoder(const DecoderLimits& limits)
    : limits_(limits_of(limits)), parser_(limits.max_event_bytes) {}

Result<void> StreamDecoder::feed(std::string_view bytes, const EventSink& sink) {
  if (failure_) return tl::unexpected(*failure_);
  const auto fed = parser_.feed(bytes, [this, &sink](const sse::Event& received) {
    if (failure_) return;
    if (auto taken = take(received, sink); !taken) failure_ = std::move(taken).error();
  });
  if (!failure_ && !fed) failure_ = fed.error();
  if (failure_) return tl::unexpected(*failure_);
  return {};
}

Result<void> StreamDecoder::finish(const EventSink&) {
  if (failure_) return tl::unexpected(*failure_);
  if (errored_ || progress_ == Progress::stopped) return {};
  if (auto ended = parser_.finish(); !ended) return ended;
  return fail(Code::reset, "upstream stream: ended before message_stop", Source::upstream, true);
}

Result<void> StreamDecoder::take(const sse::Event& received, const EventSink& sink) {
  reset(event_);
  event_.wire = received.wire;
  // A byte order mark belongs to the stream, not to its first event.
  if (first_ && event_.wire.starts_with(kBom)) event_.wire.remove_prefix(kBom.size());
  first_ = false;
  const bool stopped = progress_ == Progress::stopped;
  if (received.comment_only) {
    if (!stopped) sink(event_);
    return {};
  }
  // Compatible servers end as OpenAI's API does.
  if (received.data == "[DONE]") return {};
  if (auto parsed = document_.reparse(received.data, limits_); !parsed) {
    return fail(Code::malformed, "upstream stream: event data: " + parsed.error().detail,
                Source::upstream);
  }
  event_.json = received.data;
  const json::Value root = document_.root();
  const json::Value type = root["type"];
  // Some clients believe the event's name, some the type in its data.
  const bool misnamed = !received.name.empty() && !type.equals(received.name);
  if (misnamed && (known(type) || known(received.name))) {
    return broken("an event is named otherwise than its data says");
  }
  if (received.name.empty()) event_.wire = {};  // the writer gives it the name it needs
  auto outcome = read(root, type);
  if (!outcome) return tl::unexpected(std::move(outcome).error());
  if (*outcome == Outcome::hand_over) sink(event_);
  return {};
}

Result<StreamDecoder::Outcome> StreamDecoder::read(json::Value root, json::Value type) {
  if (progress_ == Progress::stopped) {
    if (type.equals("ping")) return Outcome::leave_out;
    return broken("an event after message_stop");
  }
  if (type.equals("content_block_delta")) return read_block_delta(root);
  if (type.equals("ping")) {
    event_.kind = EventKind::ping;
    return Outcome::hand_over;
  }
  if (type.equals("error")) return read_error(root);
  if (type.equals("message_start")) return read_message_start(root);
  if (!known(type)) return Outcome::hand_over;
  if (progress_ == Progress::before_start) return broken("an event before message_start");
  if (type.equals("content_block_start")) return read_block_start(root);
  if (type.equals("content_block_stop")) return read_block_stop(root);
  if (type.equals("message_delta")) return read_message_delta(root);
  return read_message_stop();
}

Result<StreamDecoder::Outcome> StreamDecoder::read_message_start(json::Value root) {
  if (progress_ != Progress::before_start) return broken("a second message_start");
  const json::Value message = root["message"];
  if (!message.is_object()) return broken("message_start without a message");
  if (message["content"].size() > 0) return broken("message_start with content");
  progress_ = Progress::in_message;
  read_start(message, event_);
  read_usage(message["usage"], usage_);
  event_.usage = usage_;
  return Outcome::hand_over;
}

Result<StreamDecoder::Outcome> StreamDecoder::read_block_start(json::Value root) {
  const auto index = root["index"].integer();
  const json::Value block = root["content_block"];
  if (!index || !block.is_object()) return broken("content_block_start without index or block");
  if (open_) return broken("content_block_start within an open block");
  if (*index <= last_index_ || *index > kMaxIndex) return broken("block indices that do not rise");
  last_index_ = static_cast<int>(*index);
  read_block(block, event_);
  event_.index = last_index_;
  if (event_.block == BlockType::text) read_text(block["text"], event_.text);
  if (event_.block == BlockType::thinking) read_text(block["thinking"], event_.text);
  open_ = event_.block;
  return Outcome::hand_over;
}

Result<StreamDecoder::Outcome> StreamDecoder::read_block_delta(json::Value root) {
  const auto index = root["index"].integer();
  const json::Value delta = root["delta"];
  if (!index || !delta.is_object()) return broken("content_block_delta without index or delta");
  if (!open_ || *index != last_index_) return broken("a delta of a block that is not open");
  event_.kind = EventKind::block_delta;
  event_.index = last_index_;
  event_.block = *open_;
  event_.delta = delta_type(delta["type"]);
  if (!fits(event_.delta, *open_)) return broken("a delta that its block cannot have");
  const std::string_view member = text_member(event_.delta);
  if (member.empty()) return Outcome::hand_over;
  const json::Value text = delta[member];
  if (!text.is_string()) return broken("a delta without its text");
  read_text(text, event_.text);
  return Outcome::hand_over;
}

Result<StreamDecoder::Outcome> StreamDecoder::read_block_stop(json::Value root) {
  const auto index = root["index"].integer();
  if (!index) return broken("content_block_stop without index");
  if (!open_) return Outcome::leave_out;
  if (*index != last_index_) return broken("the stop of a block that is not open");
  event_.kind = EventKind::block_stop;
  event_.index = last_index_;
  event_.block = *open_;
  open_.reset();
  return Outcome::hand_over;
}

Result<StreamDecoder::Outcome> StreamDecoder::read_message_delta(json::Value root) {
  if (open_) return broken("message_delta within an open block");
  const json::Value delta = root["delta"];
  if (!delta.is_object()) return broken("message_delta without a delta");
  event_.kind = EventKind::message_delta;
  read_stop(delta, event_);
  read_usage(root["usage"], usage_);
  event_.usage = usage_;
  return Outcome::hand_over;
}

Result<StreamDecoder::Outcome> StreamDecoder::read_message_stop() {
  if (open_) return broken("message_stop within an open block");
  event_.kind = EventKind::message_stop;
  progress_ = Progress::stopped;
  return Outcome::hand_over;
}

Result<StreamDecoder::Outcome> StreamDecoder::read_error(json::Value root) {
  event_.kind = EventKind::error;
  const json::Value error = root["error"];
  read_text(error["type"], event_.error_type);
  read_text(error["message"], event_.error_message);
  if (event_.error_type.empty()) event_.error_type = "api_error";
  errored_ = true;
  return Outcome::hand_over;
}

}  // namespace sallyport::dialect::anthropic
