#include "dialect/anthropic/stream_writer.h"

#include <utility>

#include "dialect/anthropic/event_fields.h"
#include "dialect/anthropic/wire.h"
#include "json/splice.h"
#include "json/writer.h"

namespace sallyport::dialect::anthropic {
namespace {

// Of tool calls that wait for another to end.
constexpr std::size_t kMaxWaitingBlocks = 256;
constexpr std::size_t kMaxWaitingBytes = 16u << 20;

DeltaType text_delta_of(BlockType type) {
  if (is_tool_call(type)) return DeltaType::input_json;
  return type == BlockType::thinking ? DeltaType::thinking : DeltaType::text;
}

}  // namespace

void StreamWriter::serving(const std::string& model, Api upstream) {
  serving_ = model;
  upstream_ = upstream;
}

json::Value StreamWriter::read_json(const Event& event) {
  if (!same_dialect() || event.json.empty()) return {};
  if (!document_.reparse(event.json)) return {};
  return document_.root();
}

void StreamWriter::relay(const Event& event, std::string& out) {
  if (done_ || event.choice != 0) return;
  switch (event.kind) {
    case EventKind::message_start:
      return relay_message_start(event, out);
    case EventKind::block_start:
      return relay_block_start(event, out);
    case EventKind::block_delta:
      return relay_block_delta(event, out);
    case EventKind::block_stop:
      return relay_block_stop(event, out);
    case EventKind::message_delta:
      return relay_message_delta(event, out);
    case EventKind::message_stop:
      return relay_message_stop(event, out);
    case EventKind::ping:
      if (!same_dialect() || event.wire.empty()) return append_ping(out);
      out += event.wire;
      return;
    case EventKind::error:
      return relay_error(event, out);
    case EventKind::opaque:
      return relay_opaque(event, out);
  }
}

void StreamWriter::relay_message_start(const Event& event, std::string& out) {
  if (started_) return;
  const bool renamed = !serving_.empty() && event.model != serving_;
  if (same_dialect() && !event.wire.empty() && !renamed) {
    out += event.wire;
  } else if (const json::Value root = read_json(event); root["message"].is_object()) {
    json::Splice splice(event.json);
    if (renamed) splice.set_member(root["message"], "model", json::quoted(serving_));
    append_edited(out, event, "message_start", splice.apply());
  } else {
    return make_message_start(&event, event.usage.value_or(Usage{}), out);
  }
  started_ = true;
  write_pending_hops(out);
}

void StreamWriter::relay_block_start(const Event& event, std::string& out) {
  if (event.block == BlockType::refusal) return;
  begin(out, {});
  if (open_ && !(same_dialect() && !event.json.empty())) return wait(event, out);
  close_block(out);
  begin_block(event, out);
}

void StreamWriter::relay_block_delta(const Event& event, std::string& out) {
  if (event.delta == DeltaType::refusal) {
    refusal_ += event.text;
    return;
  }
  if (open_ && event.index == open_->upstream_index) {
    return relay_indexed(event, "content_block_delta", out);
  }
  for (WaitingBlock& block : waiting_) {
    if (block.start.index != event.index || block.stopped) continue;
    const DeltaType due = text_delta_of(block.start.block);
    if (event.delta != due || !fits(due, block.start.block)) return;
    if (waiting_bytes_ + event.text.size() > kMaxWaitingBytes) {
      return fail({500, "api_error", "the model's answer cannot be put in order", "", "", ""}, out);
    }
    waiting_bytes_ += event.text.size();
    block.text += event.text;
    return;
  }
}

void StreamWriter::relay_block_stop(const Event& event, std::string& out) {
  if (open_ && event.index == open_->upstream_index) {
    relay_indexed(event, "content_block_stop", out);
    open_.reset();
    return write_waiting(out);
  }
  for (WaitingBlock& block : waiting_) {
    if (block.start.index == event.index) block.stopped = true;
  }
}

void StreamWriter::relay_indexed(const Event& event, std::string_view name, std::string& out) {
  const bool shifted = event.index != open_->client_index;
  if (same_dialect() && !event.wire.empty() && !shifted) {
    out += event.wire;
    return;
  }
  const json::Value index = read_json(event)["index"];
  if (index) {
    const std::string number = std::to_string(open_->client_index);
    return append_replaced(out, event, name, index.span(), number);
  }
  if (event.kind == EventKind::block_stop) return append_block_stop(out, open_->client_index);
  if (fits(event.delta, open_->type)) {
    append_delta(out, open_->client_index, event.delta, event.text);
  }
}

void StreamWriter::begin_block(const Event& event, std::string& out) {
  const bool received = same_dialect() && !event.json.empty();
  const std::string composed = received ? std::string() : starting_block_json(event);
  if (!received && composed.empty()) return;
  open_ = OpenBlock{event.index, next_index_++, event.block};
  if (received) return relay_indexed(event, "content_block_start", out);
  append_block_start(out, open_->client_index, composed);
}

void StreamWriter::wait(const Event& event, std::string& out) {
  if (waiting_.size() >= kMaxWaitingBlocks) {
    return fail({500, "api_error", "the model's answer cannot be put in order", "", "", ""}, out);
  }
  WaitingBlock block;
  block.start.kind = EventKind::block_start;
  block.start.index = event.index;
  block.start.block = event.block;
  block.start.tool_id = event.tool_id;
  block.start.tool_name = event.tool_name;
  waiting_.push_back(std::move(block));
}

// Lets the blocks that waited begin, up to the first that is still open.
void StreamWriter::write_waiting(std::string& out) {
  while (!open_ && !waiting_.empty()) {
    const WaitingBlock block = std::move(waiting_.front());
    waiting_.erase(waiting_.begin());
    waiting_bytes_ -= block.text.size();
    begin_block(block.start, out);
    if (!open_) continue;
    if (!block.text.empty()) {
      append_delta(out, open_->client_index, text_delta_of(block.start.block), block.text);
    }
    if (block.stopped) close_block(out);
  }
}

void StreamWriter::close_block(std::string& out) {
  if (!open_) return;
  append_block_stop(out, open_->client_index);
  open_.reset();
}

void StreamWriter::close_all(std::string& out) {
  for (WaitingBlock& block : waiting_) block.stopped = true;
  close_block(out);
  write_waiting(out);
}

std::optional<BlockType> StreamWriter::open_block() const {
  if (!open_) return std::nullopt;
  return open_->type;
}

}  // namespace sallyport::dialect::anthropic
