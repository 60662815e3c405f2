#include <algorithm>
#include <charconv>

#include "base/log.h"
#include "catalog/routing.h"
#include "exchange/headers.h"
#include "exchange/machine.h"
#include "json/writer.h"

// Hops, routes and attempts. A hop is one model; an attempt is one call of one of its routes.
// Failover goes to the next route of the same hop and only before anything of the attempt was
// released.
namespace sallyport::exchange {

using dialect::Api;
using dialect::Operation;
using metering::AttemptOutcome;

namespace {

bool worth_another_route(int status) { return status == 429 || status >= 500; }

dialect::PublicError gateway_error(int status, std::string type, std::string message) {
  dialect::PublicError error;
  error.status = status;
  error.type = std::move(type);
  error.message = std::move(message);
  return error;
}

dialect::PublicError error_of(const UpstreamFailure& failure) {
  switch (failure.code) {
    case Code::timeout:
      return gateway_error(504, "timeout_error", "The upstream did not answer in time.");
    case Code::overloaded:
      return gateway_error(529, "overloaded_error",
                           "Overloaded: no free connection to the upstream.");
    case Code::connect_failed:
      return gateway_error(502, "api_error", "The upstream cannot be reached.");
    default:
      return gateway_error(502, "api_error", "The upstream broke off its answer.");
  }
}

}  // namespace

void Machine::begin_hop(const catalog::Model& model, const dialect::FallbackEntry* entry) {
  const std::size_t number = hop_.model ? hop_.number + 1 : 0;
  hop_ = {};
  hop_.model = &model;
  hop_.entry = entry;
  hop_.number = number;
  attempt_ = {};
  hop_.routes = catalog::route_plan(*catalog_, model, *health_, services_.clock->now(),
                                    services_.random->next_u64());
  if (number > 0 && request_->stream && output_released_ && !released_text_.empty()) {
    hop_.continuation = model.continues == catalog::Continue::prefill
                            ? dialect::Continuation::prefill
                            : dialect::Continuation::restate;
  }
  try_next_route();
}

void Machine::try_next_route() {
  if (hop_.next_route >= hop_.routes.size()) {
    return hop_unavailable(
        gateway_error(529, "overloaded_error", "No upstream serves this model now."));
  }
  const catalog::Candidate& candidate = hop_.routes[hop_.next_route++];
  attempt_ = {};
  attempt_.upstream = candidate.upstream;
  attempt_.route = candidate.route;
  attempt_.started = services_.clock->now();
  auto call = make_call(*candidate.route, *candidate.upstream);
  if (!call) {
    // Of the first hop this is the client's to mend; a later one was checked up front and is merely
    // not to be had.
    return hop_.number == 0 ? answer_error(call.error())
                            : hop_unavailable(dialect::public_error(call.error()));
  }
  attempt_.id = ++last_attempt_id_;
  port_.start_attempt(attempt_.id, std::move(*call));
}

Result<UpstreamCall> Machine::make_call(const catalog::Route& route,
                                        const catalog::Upstream& upstream) {
  const Api api = upstream.api_for(request_->api);
  attempt_.api = api;
  const bool same = api == request_->api;
  if (request_->operation == Operation::count_tokens && !same) {
    return fail(Code::invalid,
                "count_tokens: the upstream of " + hop_.model->id + " cannot count tokens",
                Source::client);
  }
  dialect::UpstreamAsk ask;
  ask.api = api;
  ask.model = route.upstream_model;
  ask.entry = hop_.entry;
  ask.hop = hop_.number > 0 || sticky_model_;
  ask.continuation = hop_.continuation;
  if (hop_.continuation != dialect::Continuation::none) ask.released_text = released_text_;
  if (hop_.model->max_tokens > 0) ask.default_max_tokens = hop_.model->max_tokens;
  if (redemption_) {
    ask.keep_history = true;
    const auto& claim = redemption_->claim;
    if (claim && !claim->upstream_token.empty() && claim->upstream == upstream.name) {
      ask.credit_token_json =
          R"({"token":)" + json::quoted(claim->upstream_token) + R"(,"mode":"best_effort"})";
    }
  }
  auto encoded = dialect::encode_for_upstream(*request_, ask);
  if (!encoded) return Failure(encoded.error());

  UpstreamCall call;
  call.upstream = &upstream;
  call.stream = request_->stream;
  call.body = std::move(encoded->body);
  call.head.method = "POST";
  call.head.path = upstream.path_prefix + std::string(dialect::path_of(api, request_->operation));
  call.head.target = call.head.path;
  call.head.headers = headers_for_upstream(request_headers_, same, encoded->betas);
  call.head.headers.set("accept", request_->stream ? "text/event-stream" : "application/json");
  if (!upstream.credential.empty()) {
    if (api == Api::anthropic) {
      call.head.headers.add("x-api-key", upstream.credential);
    } else {
      call.head.headers.add("authorization", "Bearer " + upstream.credential);
    }
  }
  if (api == Api::anthropic && !same) call.head.headers.add("anthropic-version", "2023-06-01");
  return call;
}

// ---- what comes back ----

bool Machine::check_response_media(const http::ResponseHead& head, std::string& problem) const {
  const std::string* coding = head.headers.find("content-encoding");
  if (coding && !http::equals_ignore_case(*coding, "identity")) {
    problem = "a content coding that was not asked for";
    return false;
  }
  const std::string type = media_type(head.headers.get("content-type"));
  const bool stream = request_->stream && request_->operation == Operation::create;
  if (type != (stream ? "text/event-stream" : "application/json")) {
    problem = "an unexpected content type";
    return false;
  }
  return true;
}

void Machine::report_health(const http::ResponseHead& head) {
  catalog::UpstreamHealth* health = health_->find(attempt_.upstream->name);
  if (!health) return;
  const Instant now = services_.clock->now();
  if (head.status == 429 || head.status == 529) {
    std::int64_t seconds = 1;
    const std::string_view text = head.headers.get("retry-after");
    std::from_chars(text.data(), text.data() + text.size(), seconds);
    health->overloaded(now, std::chrono::seconds(std::clamp<std::int64_t>(seconds, 0, 60)));
  } else if (head.status >= 500) {
    health->failed(now);
  } else {
    health->succeeded();
  }
}

void Machine::on_upstream_head(AttemptId id, const http::ResponseHead& head) {
  if (id != attempt_.id || phase_ == Phase::finished) return;
  attempt_.status = head.status;
  attempt_.headers = head.headers;
  report_health(head);
  const bool ok = head.status >= 200 && head.status < 300;
  if (!ok && worth_another_route(head.status) && hop_.next_route < hop_.routes.size()) {
    close_attempt(AttemptOutcome::failed, true);
    try_next_route();
    return flush();
  }
  if (ok) {
    std::string problem;
    if (!check_response_media(head, problem)) {
      log::warn("upstream_protocol", {{"request_id", request_id()},
                                      {"upstream", attempt_.upstream->name},
                                      {"problem", problem}});
      close_attempt(AttemptOutcome::failed, true);
      hop_unavailable(
          gateway_error(502, "api_error", "The upstream answered with " + problem + "."));
      return flush();
    }
    if (request_->operation == Operation::create) {
      attempt_.decoder = dialect::make_decoder(attempt_.api, request_->stream);
    }
  }
  flush();
}

void Machine::on_upstream_body(AttemptId id, std::string_view bytes) {
  if (id != attempt_.id || phase_ == Phase::finished) return;
  if (attempt_.decoder) {
    feed(bytes, false);
  } else {
    const std::size_t room = services_.settings.max_error_body_bytes - attempt_.raw_body.size();
    attempt_.raw_body.append(bytes.substr(0, room));
    attempt_.raw_body_cut = attempt_.raw_body_cut || bytes.size() > room;
  }
  flush();
}

void Machine::on_upstream_end(AttemptId id) {
  if (id != attempt_.id || phase_ == Phase::finished) return;
  if (attempt_.decoder) {
    feed({}, true);
  } else if (attempt_.status >= 200 && attempt_.status < 300) {
    on_count_tokens_end();
  } else {
    on_error_response_end();
  }
  flush();
}

void Machine::on_upstream_failure(AttemptId id, const UpstreamFailure& failure) {
  if (id != attempt_.id || phase_ == Phase::finished) return;
  log::warn("upstream_failure", {{"request_id", request_id()},
                                 {"upstream", attempt_.upstream->name},
                                 {"code", to_string(failure.code)},
                                 {"detail", failure.detail}});
  if (attempt_.complete) {  // the answer was whole; only the connection's end was not
    close_attempt(AttemptOutcome::served, false);
    return finish(outcome_);
  }
  if (catalog::UpstreamHealth* health = health_->find(attempt_.upstream->name)) {
    health->failed(services_.clock->now());
  }
  const bool may_retry = failure.nothing_sent && attempt_.status == 0;
  close_attempt(AttemptOutcome::failed, false);
  if (may_retry && hop_.next_route < hop_.routes.size()) {
    try_next_route();
  } else {
    hop_unavailable(error_of(failure));
  }
  flush();
}

// ---- when a hop cannot be had ----

// Of the first hop: the client is told. Of a fallback hop: the refusal before it stands, and names
// what to try.
void Machine::hop_unavailable(dialect::PublicError error) {
  if (refusal_ && !attempt_.speaking) {
    refusal_->details.recommended_model = hop_.model->id;
    return deliver_refusal();
  }
  outcome_ = metering::Outcome::upstream_error;
  record_.reason = error.type;
  if (head_sent_) return end_stream_with_error(error);
  answer_error(error);
}

// An error response of the upstream, with no other route to try.
void Machine::on_error_response_end() {
  const int status = attempt_.status;
  const bool client_fault = status >= 400 && status < 500 && status != 429 && status != 408;
  close_attempt(client_fault ? AttemptOutcome::rejected : AttemptOutcome::failed, false);
  const dialect::UpstreamError read = dialect::read_error(attempt_.api, attempt_.raw_body);
  const bool json = media_type(attempt_.headers.get("content-type")) == "application/json" &&
                    !attempt_.raw_body_cut && !attempt_.headers.find("content-encoding");
  dialect::PublicError error = gateway_error(
      status >= 400 ? status : 502, read.type.empty() ? "api_error" : read.type,
      json ? read.message : "The upstream answered with an error that cannot be read.");
  if (status == 401) {
    // The gateway's own credential is wrong: not the client's to mend, and the text may quote it.
    log::error("upstream_credential_refused",
               {{"request_id", request_id()}, {"route", hop_.model->id}});
    error = gateway_error(502, "api_error", "The upstream refused the gateway's credential.");
    return hop_unavailable(std::move(error));
  }
  if (refusal_ || head_sent_) return hop_unavailable(std::move(error));
  outcome_ = client_fault ? metering::Outcome::client_error : metering::Outcome::upstream_error;
  record_.reason = read.type;
  if (!json) return answer_error(error);
  answer_json(error.status,
              dialect::translate_error_body(attempt_.api, request_->api, status, attempt_.raw_body,
                                            request_id()),
              &attempt_.headers);
}

void Machine::on_count_tokens_end() {
  const bool whole = !attempt_.raw_body_cut && json::Document::parse(attempt_.raw_body).has_value();
  close_attempt(whole ? AttemptOutcome::served : AttemptOutcome::failed, false);
  if (!whole) {
    return hop_unavailable(
        gateway_error(502, "api_error", "The upstream answered with malformed JSON."));
  }
  record_.served_model = hop_.model->id;
  outcome_ = metering::Outcome::answered;
  answer_json(200, std::move(attempt_.raw_body), &attempt_.headers);
}

// Ends the attempt on our side and books it.
void Machine::close_attempt(AttemptOutcome outcome, bool cancel) {
  if (attempt_.id == 0) return;
  metering::AttemptRecord record;
  record.hop = static_cast<std::int32_t>(hop_.number);
  record.model = hop_.model->id;
  record.upstream = attempt_.upstream->name;
  record.upstream_model = attempt_.route->upstream_model;
  record.kind =
      hop_.number > 0 ? metering::AttemptKind::fallback_message : metering::AttemptKind::message;
  record.outcome = outcome;
  record.http_status = attempt_.status;
  record.usage = attempt_.usage;
  record.upstream_request_id = std::string(attempt_.headers.get("request-id")).substr(0, 128);
  const bool refused = outcome == AttemptOutcome::refused;
  record.billed = refused ? catalog_->refusal_billed(category_, attempt_.speaking, now_wall_)
                          : outcome == AttemptOutcome::served || attempt_.speaking;
  record.cost_nano_usd = record.billed ? cost_of(*hop_.model, attempt_.usage) : 0;
  record_.attempts.push_back(std::move(record));
  const AttemptId id = attempt_.id;
  attempt_.id = 0;
  if (cancel) port_.cancel_attempt(id);
}

}  // namespace sallyport::exchange
