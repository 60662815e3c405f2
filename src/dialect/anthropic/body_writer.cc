#include "dialect/anthropic/body_writer.h"

#include <algorithm>
#include <utility>

#include "dialect/anthropic/end_json.h"
#include "dialect/anthropic/stream_writer.h"
#include "dialect/anthropic/usage_json.h"
#include "json/splice.h"
#include "json/writer.h"

namespace sallyport::dialect {
namespace anthropic {

void BodyWriter::serving(const std::string& model, Api upstream) {
  serving_ = model;
  upstream_ = upstream;
}

const std::string& BodyWriter::model_name() const {
  return serving_.empty() ? options_.requested_model : serving_;
}

void BodyWriter::relay(const Event& event, std::string& out) {
  if (done_ || event.choice != 0) return;
  if (event.kind == EventKind::error) {
    PublicError error;
    if (!event.error_type.empty()) error.type = event.error_type;
    error.message = event.error_message;
    return fail(error, out);
  }
  if (event.kind != EventKind::message_stop) return collect(event);
  done_ = true;
  if (const json::Value body = read_body(&event)) {
    splice_body(body, event.json, nullptr, out);
  } else {
    write_body(told_, out);
  }
}

void BodyWriter::collect(const Event& event) {
  if (event.usage) told_.usage = *event.usage;
  if (event.kind == EventKind::message_start) {
    // An id of another dialect would not look like one to a client of this.
    if (upstream_ == Api::anthropic) id_ = event.id;
  } else if (event.kind == EventKind::block_start) {
    if (event.block == BlockType::refusal) return;
    Block& block = blocks_.emplace_back();
    block.start.index = event.index;
    block.start.block = event.block;
    block.start.tool_id = event.tool_id;
    block.start.tool_name = event.tool_name;
    block.start_json = event.block_json;
    block.text.text = event.text;
  } else if (event.kind == EventKind::block_delta) {
    collect_delta(event);
  } else if (event.kind == EventKind::block_stop) {
    for (Block& block : blocks_) {
      if (block.start.index == event.index) block.stopped = true;
    }
  } else if (event.kind == EventKind::message_delta) {
    told_.stop_reason = event.stop_reason;
    told_.stop_sequence = event.stop_sequence;
    told_.stop_details = event.stop_details;
    if (told_.stop_details) told_.stop_details->credit_token.reset();
  }
}

void BodyWriter::collect_delta(const Event& event) {
  if (event.delta == DeltaType::refusal) {
    refusal_ += event.text;
    return;
  }
  const auto block =
      std::find_if(blocks_.rbegin(), blocks_.rend(), [&event](const Block& candidate) {
        return candidate.start.index == event.index && !candidate.stopped;
      });
  if (block == blocks_.rend()) return;
  if (event.delta == DeltaType::text || event.delta == DeltaType::thinking) {
    block->text.text += event.text;
  } else if (event.delta == DeltaType::signature) {
    block->text.signature += event.text;
  } else if (event.delta == DeltaType::input_json) {
    block->text.input += event.text;
  } else if (event.delta == DeltaType::citations && document_.reparse(event.json)) {
    const json::Value citation = document_.root()["delta"]["citation"];
    if (!citation) return;
    if (!block->text.citations.empty()) block->text.citations += ',';
    block->text.citations += citation.raw();
  }
}

json::Value BodyWriter::read_body(const Event* event) {
  if (event == nullptr || upstream_ != Api::anthropic || event->json.empty()) return {};
  json::Limits limits;
  limits.max_bytes = event->json.size();  // the decoder has set the bound
  if (!document_.reparse(event->json, limits)) return {};
  const json::Value root = document_.root();
  return root["type"].equals("message") && root["content"].is_array() ? root : json::Value();
}

// Without `finish` the upstream's own end stands.
void BodyWriter::splice_body(json::Value body, std::string_view source, const Finish* finish,
                             std::string& out) {
  json::Splice splice(source);
  if (!serving_.empty() && !body["model"].equals(serving_)) {
    splice.set_member(body, "model", json::quoted(serving_));
  }
  const bool empty = body["content"].size() == 0 && body["stop_reason"].equals("refusal");
  if (!empty) {
    for (auto block = hops_.rbegin(); block != hops_.rend(); ++block) {
      splice.prepend_item(body["content"], *block);
    }
  }
  if (finish == nullptr) {
    splice_out_credit(body, options_.show_credit, splice);
  } else {
    Usage told;
    read_usage(body["usage"], told);
    splice_stop(body, *finish, options_.show_credit, splice);
    splice_usage(body, told, *finish, options_.show_fallback, true, splice);
  }
  if (splice.empty()) {
    out += source;
  } else {
    out += splice.apply();
  }
}

void BodyWriter::write_content(const Finish& finish, json::Writer& w) {
  w.key("content").begin_array();
  // A chain of which nothing came but refusals is an empty answer.
  const bool empty = finish.stop_reason == "refusal" && blocks_.empty();
  if (!empty) {
    for (const std::string& hop : hops_) w.raw(hop);
  }
  for (const Block& block : blocks_) {
    if (block.start.block == BlockType::text && block.text.text.empty()) continue;
    const std::string json = complete_block_json(block.start, block.start_json, block.text);
    if (!json.empty()) w.raw(json);
  }
  if (!refusal_.empty() && finish.stop_reason != "refusal") {
    w.begin_object().key("type").string("text").key("text").string(refusal_).end_object();
  }
  w.end_array();
}

void BodyWriter::write_body(Finish finish, std::string& out) {
  if (!refusal_.empty() && finish.stop_reason == "refusal") {
    if (!finish.stop_details) finish.stop_details.emplace();
    if (!finish.stop_details->explanation) finish.stop_details->explanation = refusal_;
  }
  json::Writer w(out);
  w.begin_object().key("id").string(id_.empty() ? options_.message_id : id_);
  w.key("type").string("message").key("role").string("assistant");
  w.key("model").string(model_name());
  write_content(finish, w);
  write_stop_members(finish, options_.show_credit, w);
  w.key("usage");
  write_usage(finish, options_.show_fallback, w);
  w.end_object();
}

void BodyWriter::hop(const Hop& hop, std::string&) {
  if (done_) return;
  id_.clear();
  blocks_.clear();
  refusal_.clear();
  told_ = {};
  if (options_.show_fallback) hops_.push_back(fallback_block_json(hop));
}

void BodyWriter::finish(const Event* last, const Finish& finish, std::string& out) {
  if (done_) return;
  done_ = true;
  if (const json::Value body = read_body(last)) {
    splice_body(body, last->json, &finish, out);
  } else {
    write_body(finish, out);
  }
}

void BodyWriter::fail(const PublicError& error, std::string& out) {
  if (done_) return;
  done_ = true;
  out += error_body(Api::anthropic, error, "");
}

std::optional<BlockType> BodyWriter::open_block() const {
  for (auto block = blocks_.rbegin(); block != blocks_.rend(); ++block) {
    if (!block->stopped) return block->start.block;
  }
  return std::nullopt;
}

}  // namespace anthropic

std::unique_ptr<ResponseWriter> make_anthropic_writer(const WriterOptions& options) {
  if (options.stream) return std::make_unique<anthropic::StreamWriter>(options);
  return std::make_unique<anthropic::BodyWriter>(options);
}

}  // namespace sallyport::dialect
