#include "base/log.h"
#include "exchange/headers.h"
#include "exchange/machine.h"
#include "metering/limit_headers.h"
#include "metering/price.h"

// The client's side of an exchange, and its record.
namespace sallyport::exchange {

using metering::AttemptOutcome;
using metering::Outcome;

// ---- heads ----

void Machine::add_own_headers(http::Headers& headers) const {
  headers.add("request-id", request_id_);
  if (destination_.api != dialect::Api::anthropic) headers.add("x-request-id", request_id_);
  if (request_) headers.add("sallyport-requested-model", request_->model);
  if (answering_) {
    headers.add("sallyport-served-model", answering_->id);
    headers.add("sallyport-reason", reason_word());
  }
  if (!principal_) return;
  const metering::LimitSubject subject{principal_->organisation, principal_->key_id,
                                       &principal_->organisation_limits, &principal_->key_limits};
  const metering::Moment moment{services_.clock->now(), services_.clock->wall()};
  const metering::LimitSnapshot snapshot = services_.limiter->snapshot(subject, moment);
  const auto limits = destination_.api == dialect::Api::anthropic
                          ? metering::anthropic_limit_headers(snapshot)
                          : metering::openai_limit_headers(snapshot, moment.wall);
  for (const auto& [name, value] : limits) headers.add(name, value);
}

// Why this model served: one word, the same as in logs.
std::string_view Machine::reason_word() const {
  if (refused_) return "refused";
  // A stream whose head goes out in the turn of a later hop still began with the model before it.
  if (hop_.number > 0 && answering_ == hop_.model) return "fallback";
  if (sticky_model_) return "sticky";
  if (decision_.substituted()) return "substituted";
  return "requested";
}

void Machine::commit_head() {
  if (head_sent_) return;
  head_sent_ = true;
  http::ResponseHead head;
  head.status = 200;
  head.headers.add("content-type", "text/event-stream; charset=utf-8");
  head.headers.add("cache-control", "no-cache");
  copy_response_headers(attempt_.headers, head.headers);
  add_own_headers(head.headers);
  record_.http_status = 200;
  port_.respond(std::move(head));
}

void Machine::answer_json(int status, std::string body, const http::Headers* upstream) {
  if (head_sent_) return;
  head_sent_ = true;
  record_.http_status = status;
  http::ResponseHead head;
  head.status = status;
  if (!body.empty()) head.headers.add("content-type", "application/json");
  head.content_length = body.size();
  if (upstream) copy_response_headers(*upstream, head.headers);
  if (retry_after_seconds_ > 0)
    head.headers.set("retry-after", std::to_string(retry_after_seconds_));
  if (destination_.endpoint == Endpoint::wrong_method) {
    head.headers.add("allow", destination_.allowed_methods);
  }
  add_own_headers(head.headers);
  record_.time_to_first_byte = services_.clock->now() - started_;
  port_.respond(std::move(head));
  if (!body.empty()) port_.write(std::move(body));
  port_.end();
  answer_ended_ = true;
  if (attempt_.id == 0) finish(outcome_);
}

void Machine::answer_error(const dialect::RequestError& error) {
  if (outcome_ == Outcome::internal_error) {
    const bool ours = error.code == Code::unauthenticated || error.code == Code::forbidden ||
                      error.code == Code::rate_limited || error.code == Code::over_budget;
    outcome_ = ours                             ? Outcome::denied
               : error.source == Source::client ? Outcome::client_error
                                                : Outcome::internal_error;
    record_.reason = to_string(error.code);
  }
  answer_error(dialect::public_error(error));
}

void Machine::answer_error(const dialect::PublicError& error) {
  answer_json(dialect::http_status(destination_.api, error),
              dialect::error_body(destination_.api, error, request_id_));
}

// ---- bytes ----

// One write for all that this callback produced.
void Machine::flush() {
  if (phase_ == Phase::finished || !request_ || !request_->stream || out_.empty() || answer_ended_)
    return;
  commit_head();
  last_write_ = services_.clock->now();
  if (record_.time_to_first_byte == Duration::zero())
    record_.time_to_first_byte = last_write_ - started_;
  port_.write(std::exchange(out_, {}));
}

void Machine::end_stream_with_error(const dialect::PublicError& error) {
  writer_->fail(error, out_);
  flush();
  port_.end();
  answer_ended_ = true;
  finish(outcome_);
}

// The answer is whole. The upstream may still have to end its side.
void Machine::answer_complete() {
  record_.served_model = refused_ || !answering_ ? std::string() : answering_->id;
  remember_route();
  if (!request_->stream) return answer_json(200, std::exchange(out_, {}), &attempt_.headers);
  commit_head();
  flush();
  port_.end();
  answer_ended_ = true;
  ended_at_ = services_.clock->now();
}

void Machine::remember_route() {
  if (!services_.sticky || refused_ || (hop_.number == 0 && !sticky_model_)) return;
  std::string text;
  for (const std::string& block : released_text_) text += block;
  services_.sticky->remember(*request_, text, principal_->workspace, end_user_, hop_.model->id,
                             now_wall_);
}

// ---- time and the client going away ----

void Machine::on_tick() {
  if (phase_ == Phase::finished || !request_) return;
  const Instant now = services_.clock->now();
  if (answer_ended_) {
    if (attempt_.id != 0 && now - ended_at_ > services_.settings.linger) {
      close_attempt(refused_ ? AttemptOutcome::refused : AttemptOutcome::served, true);
      finish(outcome_);
    }
    return;
  }
  if (!request_->stream || request_->operation != dialect::Operation::create ||
      phase_ != Phase::calling)
    return;
  const bool due = head_sent_ || attempt_.decoder
                       ? now - last_write_ >= services_.settings.ping_interval
                       : now - last_write_ >= services_.settings.silence_before_head;
  if (!due) return;
  writer_->ping(out_);
  last_write_ = now;
  flush();
}

void Machine::on_client_gone() {
  if (phase_ == Phase::finished) return;
  close_attempt(attempt_.complete ? AttemptOutcome::served : AttemptOutcome::cancelled, true);
  if (!answer_ended_) outcome_ = Outcome::client_gone;
  answer_ended_ = true;
  finish(outcome_);
}

// ---- record ----

std::int64_t Machine::cost_of(const catalog::Model& model, const dialect::Usage& usage) const {
  const catalog::Price* price = catalog_->price(model, now_wall_);
  if (!price) return 0;
  metering::Rates rates{price->input_nano_usd, price->output_nano_usd,
                        price->cache_write_5m_nano_usd, price->cache_write_1h_nano_usd,
                        price->cache_read_nano_usd};
  // A credit for a refusal of our own: what the retry writes to the cache is priced as read from
  // it.
  if (redemption_ && redemption_->claim && redemption_->claim->upstream_token.empty()) {
    rates.cache_write_5m_nano_usd = rates.cache_write_1h_nano_usd = rates.cache_read_nano_usd;
  }
  return metering::cost_nano_usd(rates, usage);
}

// Every exchange ends here, exactly once.
void Machine::finish(Outcome outcome) {
  if (phase_ == Phase::finished) return;
  phase_ = Phase::finished;
  record_.outcome = outcome;
  record_.duration = services_.clock->now() - started_;
  metering::Spent spent;
  for (const metering::AttemptRecord& attempt : record_.attempts) {
    spent.input_tokens += attempt.usage.input_tokens + attempt.usage.cache_creation_input_tokens;
    spent.output_tokens += attempt.usage.output_tokens;
    spent.cost_nano_usd += attempt.cost_nano_usd;
  }
  if (lease_) lease_->release(spent, {services_.clock->now(), services_.clock->wall()});
  if (destination_.endpoint == Endpoint::probe) return;
  if (services_.observer) services_.observer->observe(record_);
  if (!services_.records->accept(std::move(record_))) {
    log::error(
        "record_lost",
        {{"why", "the usage store has no room; it refuses new exchanges before this happens"}});
  }
}

}  // namespace sallyport::exchange
