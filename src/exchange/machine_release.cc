#include "exchange/machine.h"

// What the model says: released to the writer, held, or the end of the attempt. on_event() runs
// inside the decoder, so nothing here starts or ends an attempt; after_feed() draws the
// consequences.
namespace sallyport::exchange {

using dialect::BlockType;
using dialect::DeltaType;
using dialect::Event;
using dialect::EventKind;
using metering::AttemptOutcome;

void Machine::feed(std::string_view bytes, bool at_end) {
  const dialect::EventSink sink = [this](const Event& event) { on_event(event); };
  Result<void> result = attempt_.decoder->feed(bytes, sink);
  if (result && at_end) result = attempt_.decoder->finish(sink);
  after_feed(result, at_end);
}

void Machine::after_feed(const Result<void>& result, bool at_end) {
  if (attempt_.declined) {
    close_attempt(AttemptOutcome::refused, !at_end);
    return begin_hop(*next_->model, next_->entry);
  }
  if (stream_error_) {
    const dialect::PublicError error = *std::exchange(stream_error_, std::nullopt);
    close_attempt(AttemptOutcome::failed, !at_end);
    return hop_unavailable(error);
  }
  if (!attempt_.complete && !result) {
    close_attempt(AttemptOutcome::failed, !at_end);
    dialect::PublicError error;
    error.status = 502;
    error.message = "The upstream broke its protocol: " + result.error().detail;
    return hop_unavailable(error);
  }
  if (attempt_.complete) {
    if (!answer_ended_) answer_complete();
    if (at_end) {
      close_attempt(refused_ ? AttemptOutcome::refused : AttemptOutcome::served, false);
      finish(outcome_);
    }
  }
}

void Machine::on_event(const Event& event) {
  if (attempt_.declined && event.kind == EventKind::message_stop && !request_->stream) {
    refusal_->last = std::make_unique<OwnedEvent>(event);  // the whole body
  }
  if (attempt_.declined || attempt_.complete || stream_error_) return;
  if (event.usage) merge_usage(attempt_.usage, *event.usage);
  switch (event.kind) {
    case EventKind::message_start:
      attempt_.held_start = std::make_unique<OwnedEvent>(event);
      if (!chain_.possible() && hop_.number == 0) release_start();
      return;
    case EventKind::ping:
    case EventKind::opaque:
      // Before anybody speaks there is nothing to keep alive but the connection, and our own pings
      // do that. A comment carries bytes that nobody reads: it stays here.
      if (event.kind == EventKind::opaque && event.json.empty()) return;
      if (!attempt_.held_start && answer_started_) writer_->relay(event, out_);
      return;
    case EventKind::block_start:
    case EventKind::block_delta:
    case EventKind::block_stop:
      return release(event);
    case EventKind::message_delta:
      return on_message_delta(event);
    case EventKind::message_stop:
      return on_message_stop(event);
    case EventKind::error:
      return on_error_event(event);
  }
}

// An error inside the stream ends it. What the upstream said goes on as it said it, unless a
// refusal stands in front.
void Machine::on_error_event(const Event& event) {
  dialect::PublicError error;
  error.type = event.error_type;
  error.message = event.error_message;
  error.status = event.error_type == "overloaded_error" ? 529 : 502;
  stream_error_ = error;
}

// ---- release ----

// It is now known who speaks: message_start, and the hops that led here.
void Machine::release_start() {
  if (!attempt_.held_start) return;
  const std::unique_ptr<OwnedEvent> start = std::move(attempt_.held_start);
  const bool hops_first = answer_started_ || !request_->stream;
  if (hops_first) write_hops();
  answering_ = hop_.model;
  writer_->serving(hop_.model->id, attempt_.api);
  writer_->relay(start->get(), out_);
  answer_started_ = true;
  if (!hops_first) write_hops();
  refusal_.reset();
}

void Machine::write_hops() {
  if (!pending_hops_.empty() && !request_->stream) released_text_.clear();
  if (!pending_hops_.empty()) {
    pending_hops_.back().restated = hop_.continuation == dialect::Continuation::restate;
  }
  for (dialect::Hop& hop : pending_hops_) {
    writer_->hop(hop, out_);
    hops_.push_back(std::move(hop));
  }
  pending_hops_.clear();
}

// The one place where what a model said becomes the client's.
void Machine::release(const Event& event) {
  release_start();
  attempt_.speaking = true;
  output_released_ = output_released_ || request_->stream;
  track_tool_call(event);
  track_text(event);
  writer_->relay(event, out_);
}

// The text that a later hop, a credit token or a sticky route refers to. Kept only where one of
// them may come.
void Machine::track_text(const Event& event) {
  if (!chain_.possible() && !request_->betas.credit()) return;
  if (event.choice != 0 || event.block != BlockType::text) return;
  if (event.kind == EventKind::block_start) {
    released_text_.push_back(event.text);
    released_bytes_ += event.text.size();
  }
  if (event.kind != EventKind::block_delta || event.delta != DeltaType::text) return;
  if (released_text_.empty()) released_text_.emplace_back();
  released_bytes_ += event.text.size();
  if (released_bytes_ <= services_.settings.max_released_bytes) released_text_.back() += event.text;
}

// A tool call cut in half cannot be continued. Upstreams close the block before they say that they
// refuse, so an input that does not parse is what tells a cut call from a complete one.
void Machine::track_tool_call(const Event& event) {
  if (event.kind == EventKind::block_start) {
    attempt_.in_tool_call = dialect::is_tool_call(event.block);
    attempt_.tool_call_broken = false;
    attempt_.tool_json.clear();
    return;
  }
  if (!attempt_.in_tool_call || !chain_.possible()) return;
  if (event.kind == EventKind::block_delta && event.delta == DeltaType::input_json) {
    attempt_.tool_json += event.text;
  } else if (event.kind == EventKind::block_stop) {
    attempt_.in_tool_call = false;
    attempt_.tool_call_broken =
        !attempt_.tool_json.empty() && !json::Document::parse(attempt_.tool_json).has_value();
  }
}

// ---- the end of an answer ----

void Machine::on_message_delta(const Event& event) {
  if (event.stop_reason == "refusal") return on_refusal(event);
  if (event.stop_reason.empty() && request_->stream) {
    if (answer_started_ && !attempt_.held_start) writer_->relay(event, out_);
    return;
  }
  release_start();
  record_.stop_reason = event.stop_reason;
  outcome_ = hop_.number > 0 || sticky_model_ ? metering::Outcome::fallback_served
                                              : metering::Outcome::answered;
  if (!needs_own_end()) return writer_->relay(event, out_);
  dialect::Finish finish = make_finish(event.stop_reason, hop_.model->id, attempt_.usage);
  finish.stop_sequence = event.stop_sequence;
  if (request_->stream) {
    writer_->finish(&event, finish, out_);
    attempt_.complete = true;
  } else {
    own_end_ = std::move(finish);
  }
}

void Machine::on_message_stop(const Event& event) {
  if (own_end_) {
    writer_->finish(&event, *own_end_, out_);
  } else {
    release_start();
    writer_->relay(event, out_);
  }
  attempt_.complete = true;
}

bool Machine::needs_own_end() const {
  return !hops_.empty() || !pending_hops_.empty() || sticky_model_ || own_credit_outcome();
}

// The upstream that was given its own token back reports the outcome itself.
bool Machine::own_credit_outcome() const {
  if (!redemption_) return false;
  const auto& claim = redemption_->claim;
  return !claim || claim->upstream_token.empty() || claim->upstream != attempt_.upstream->name;
}

dialect::Finish Machine::make_finish(std::string stop_reason, const std::string& model,
                                     const dialect::Usage& usage) const {
  dialect::Finish finish;
  finish.stop_reason = std::move(stop_reason);
  finish.usage = usage;
  if (chain_.shown() || request_->api != dialect::Api::anthropic) {
    finish.iterations = iterations_;
    finish.iterations.push_back({!iterations_.empty() || sticky_model_ != nullptr, model, usage});
  }
  if (own_credit_outcome()) finish.credit = redemption_->outcome;
  finish.hops = hops_;
  return finish;
}

// ---- decline and fall back ----

void Machine::on_refusal(const Event& event) {
  refusal_ = std::make_unique<Refusal>();
  refusal_->model = hop_.model;
  const bool as_asked = hop_.number == 0 && !sticky_model_ && !decision_.substituted();
  refusal_->spelled = as_asked ? request_->model : hop_.model->id;
  refusal_->upstream = attempt_.upstream;
  refusal_->api = attempt_.api;
  if (event.stop_details) refusal_->details = *event.stop_details;
  refusal_->usage = attempt_.usage;
  refusal_->after_output = attempt_.speaking;
  category_ = refusal_->details.category;
  record_.category = category_.value_or("");

  next_ = next_after(*refusal_);
  if (next_) {
    attempt_.declined = true;
    if (request_->stream) refusal_->last = std::make_unique<OwnedEvent>(event);
    refusal_->start = std::move(attempt_.held_start);
    iterations_.push_back({false, hop_.model->id, attempt_.usage});
    pending_hops_.push_back(
        {refusal_->spelled, next_->model->id, "refusal", refusal_->details.category});
    return;
  }
  refused_ = true;
  outcome_ = metering::Outcome::refused;
  record_.stop_reason = "refusal";
  // Hops whose models never spoke leave no block: the content of a refusal before output is empty.
  if (!attempt_.speaking)
    std::move(pending_hops_.begin(), pending_hops_.end(), std::back_inserter(hops_));
  if (!attempt_.speaking) pending_hops_.clear();
  const bool untouched = !needs_own_end() && !chain_.shown() && !refusal_->details.credit_token;
  std::unique_ptr<Refusal> refusal = std::move(refusal_);
  release_start();
  if (untouched) return writer_->relay(event, out_);
  dialect::Finish finish = make_finish("refusal", refusal->model->id, refusal->usage);
  finish.stop_details = refusal->details;
  wrap_credit_token(*finish.stop_details, *refusal);
  if (request_->stream) {
    writer_->finish(&event, finish, out_);
    attempt_.complete = true;
  } else {
    own_end_ = std::move(finish);
  }
}

std::optional<FallbackChain::Next> Machine::next_after(const Refusal& refusal) {
  while (auto next = chain_.next(*refusal.model, refusal.details.category, now_wall_)) {
    if (permit(*principal_, *next->model) && may_continue(*next->model)) return next;
  }
  return std::nullopt;
}

// Before any output, and in an answer that is not streamed, the next model simply starts. Otherwise
// it must take up what the client already has.
bool Machine::may_continue(const catalog::Model& next) const {
  if (!request_->stream || !output_released_) return true;
  if (attempt_.in_tool_call || attempt_.tool_call_broken) return false;
  if (released_bytes_ > services_.settings.max_released_bytes) return false;
  if (next.continues == catalog::Continue::refuse) return false;
  if (next.continues == catalog::Continue::restate || next.routes.empty()) return true;
  const catalog::Upstream* upstream = catalog_->find_upstream(next.routes.front().upstream);
  return upstream && upstream->api_for(request_->api) == dialect::Api::anthropic;
}

// The refusal that stood before a hop which cannot be had.
void Machine::deliver_refusal() {
  refused_ = true;
  outcome_ = metering::Outcome::refused;
  record_.stop_reason = "refusal";
  iterations_.pop_back();
  pending_hops_.pop_back();  // the hop that never ran
  std::move(pending_hops_.begin(), pending_hops_.end(), std::back_inserter(hops_));
  pending_hops_.clear();
  answering_ = refusal_->model;
  if (!answer_started_) {
    writer_->serving(refusal_->model->id, refusal_->api);
    if (refusal_->start) writer_->relay(refusal_->start->get(), out_);
  }
  dialect::Finish finish = make_finish("refusal", refusal_->model->id, refusal_->usage);
  finish.stop_details = refusal_->details;
  wrap_credit_token(*finish.stop_details, *refusal_);
  writer_->finish(refusal_->last ? &refusal_->last->get() : nullptr, finish, out_);
  answer_complete();
  this->finish(outcome_);
}

// An upstream's token never leaves: ours vouches for it, for this organisation, body and released
// text.
void Machine::wrap_credit_token(dialect::StopDetails& details, const Refusal& refusal) {
  const std::optional<std::string> token = std::exchange(details.credit_token, std::nullopt);
  details.has_prefill_claim.reset();
  if (!token || !request_->betas.credit() ||
      released_bytes_ > services_.settings.max_released_bytes)
    return;
  CreditClaim claim;
  claim.organisation = principal_->organisation;
  claim.workspace = principal_->workspace;
  claim.refused_model = refusal.model->id;
  claim.upstream = refusal.upstream->name;
  claim.upstream_token = *token;
  claim.body = print_of(*request_, request_->document.root()["messages"].size());
  claim.has_prefill_claim = refusal.details.has_prefill_claim.value_or(refusal.after_output);
  claim.released = released_digest(released_text_);
  claim.expires = services_.clock->wall() + kCreditLifetime;
  claim.nonce = make_id("", *services_.random);
  auto minted = services_.credit->mint(claim, *services_.random);
  if (!minted) return;  // minting that fails is never an error: the token is null
  details.credit_token = std::move(*minted);
  details.has_prefill_claim = claim.has_prefill_claim;
}

}  // namespace sallyport::exchange
