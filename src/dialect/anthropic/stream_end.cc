#include <utility>

#include "dialect/anthropic/end_json.h"
#include "dialect/anthropic/stream_writer.h"
#include "dialect/anthropic/usage_json.h"
#include "dialect/anthropic/wire.h"
#include "json/splice.h"
#include "json/writer.h"

// How a Messages stream begins without its upstream, changes models, and ends.
namespace sallyport::dialect::anthropic {

void StreamWriter::make_message_start(const Event* told, const Usage& usage, std::string& out) {
  Usage before_output = usage;
  before_output.output_tokens = 0;
  before_output.thinking_tokens = 0;
  // An id of another dialect would not look like one to a client of this.
  const bool has_id = told != nullptr && same_dialect() && !told->id.empty();
  std::string json;
  json::Writer w(json);
  w.begin_object().key("type").string("message_start").key("message").begin_object();
  w.key("id").string(has_id ? told->id : options_.message_id);
  w.key("type").string("message").key("role").string("assistant");
  w.key("model").string(serving_.empty() ? options_.requested_model : serving_);
  w.key("content").begin_array().end_array();
  w.key("stop_reason").null().key("stop_sequence").null().key("stop_details").null();
  w.key("usage").begin_object();
  write_usage_members(before_output, w);
  w.end_object().end_object().end_object();
  append_event(out, "message_start", json);
  started_ = true;
  write_pending_hops(out);
}

void StreamWriter::begin(std::string& out, const Usage& usage) {
  if (!started_) make_message_start(nullptr, usage, out);
}

void StreamWriter::write_pending_hops(std::string& out) {
  for (const std::string& block : std::exchange(pending_hops_, {})) write_whole_block(block, out);
}

void StreamWriter::write_whole_block(std::string_view block_json, std::string& out) {
  append_block_start(out, next_index_, block_json);
  append_block_stop(out, next_index_);
  ++next_index_;
}

void StreamWriter::hop(const Hop& hop, std::string& out) {
  if (done_) return;
  close_all(out);
  hopped_ = true;
  refusal_.clear();
  if (!options_.show_fallback) return;
  const std::string block = fallback_block_json(hop);
  if (started_) return write_whole_block(block, out);
  pending_hops_.push_back(block);
}

void StreamWriter::relay_message_delta(const Event& event, std::string& out) {
  begin(out, event.usage.value_or(Usage{}));
  close_all(out);
  const json::Value root = read_json(event);
  if (!root["delta"].is_object()) {
    Finish told;
    told.stop_reason = event.stop_reason;
    told.stop_sequence = event.stop_sequence;
    told.stop_details = event.stop_details;
    if (told.stop_details) told.stop_details->credit_token.reset();
    told.usage = event.usage.value_or(Usage{});
    return write_end(with_refusal(std::move(told), out), out);
  }
  json::Splice splice(event.json);
  splice_out_credit(root["delta"], options_.show_credit, splice);
  if (splice.empty() && !event.wire.empty()) {
    out += event.wire;
  } else {
    append_edited(out, event, "message_delta", splice.apply());
  }
}

void StreamWriter::relay_message_stop(const Event& event, std::string& out) {
  begin(out, {});
  close_all(out);
  // Of an answer that was not streamed the event has the whole body.
  const bool is_event = read_json(event)["type"].equals("message_stop");
  if (is_event) {
    append_edited(out, event, "message_stop", event.json);
  } else {
    append_event(out, "message_stop", R"({"type":"message_stop"})");
  }
  done_ = true;
}

void StreamWriter::relay_error(const Event& event, std::string& out) {
  done_ = true;
  if (same_dialect() && !event.wire.empty()) {
    out += event.wire;
    return;
  }
  PublicError error;
  if (!event.error_type.empty()) error.type = event.error_type;
  error.message = event.error_message;
  append_error(out, error);
}

void StreamWriter::relay_opaque(const Event& event, std::string& out) {
  if (!same_dialect()) return;
  if (!event.wire.empty()) {
    out += event.wire;
    return;
  }
  const json::Value type = read_json(event)["type"];
  if (type.is_string()) append_event(out, type.text(), event.json);
}

// What an upstream said in refusal parts is told in this dialect's way.
Finish StreamWriter::with_refusal(Finish finish, std::string& out) {
  if (refusal_.empty()) return finish;
  if (finish.stop_reason != "refusal") {
    write_refusal_as_text(out);
    return finish;
  }
  if (!finish.stop_details) finish.stop_details.emplace();
  if (!finish.stop_details->explanation) finish.stop_details->explanation = refusal_;
  refusal_.clear();
  return finish;
}

void StreamWriter::write_refusal_as_text(std::string& out) {
  append_block_start(out, next_index_, R"({"type":"text","text":""})");
  append_delta(out, next_index_, DeltaType::text, refusal_);
  append_block_stop(out, next_index_);
  ++next_index_;
  refusal_.clear();
}

// The message_delta, written anew.
void StreamWriter::write_end(const Finish& finish, std::string& out) {
  std::string json;
  json::Writer w(json);
  w.begin_object().key("type").string("message_delta").key("delta").begin_object();
  write_stop_members(finish, options_.show_credit, w);
  w.end_object().key("usage");
  write_usage(finish, options_.show_fallback, w);
  w.end_object();
  append_event(out, "message_delta", json);
}

void StreamWriter::finish(const Event* last, const Finish& finish, std::string& out) {
  if (done_) return;
  // A chain of which nothing came but refusals is an empty answer.
  if (!started_ && finish.stop_reason == "refusal") pending_hops_.clear();
  begin(out, finish.usage);
  close_all(out);
  const json::Value root = last == nullptr ? json::Value() : read_json(*last);
  if (root["type"].equals("message_delta") && root["delta"].is_object()) {
    json::Splice splice(last->json);
    splice_stop(root["delta"], finish, options_.show_credit, splice);
    splice_usage(root, last->usage.value_or(Usage{}), finish, options_.show_fallback, hopped_,
                 splice);
    if (splice.empty() && !last->wire.empty()) {
      out += last->wire;
    } else {
      append_edited(out, *last, "message_delta", splice.apply());
    }
  } else {
    write_end(with_refusal(finish, out), out);
  }
  append_event(out, "message_stop", R"({"type":"message_stop"})");
  done_ = true;
}

void StreamWriter::fail(const PublicError& error, std::string& out) {
  if (done_) return;
  done_ = true;
  append_error(out, error);
}

void StreamWriter::ping(std::string& out) {
  if (!done_) append_ping(out);
}

}  // namespace sallyport::dialect::anthropic
