#include "exchange/machine.h"

#include <algorithm>

#include "base/encoding.h"
#include "dialect/models.h"
#include "exchange/headers.h"

namespace sallyport::exchange {

using dialect::Api;
using dialect::Operation;

// What a worker needs and leaves behind; shared, so that an exchange may vanish while its job still
// runs.
struct Machine::Job {
  Intake intake;
  dialect::Decoded<std::unique_ptr<dialect::ClientRequest>> result = tl::unexpected(
      dialect::RequestError({Code::internal, Source::internal, false, "not decoded"}));
};

std::unique_ptr<Exchange> Exchange::make(Services& services, Port& port) {
  return std::make_unique<Machine>(services, port);
}

bool Exchange::wants_body(const Services& services, const http::RequestHead& head) {
  const Endpoint endpoint = find_destination(head).endpoint;
  if (endpoint != Endpoint::create && endpoint != Endpoint::count_tokens) return false;
  return identify(head.headers, *services.keyring, services.clock->wall()).has_value();
}

Machine::Machine(Services& services, Port& port)
    : services_(services),
      port_(port),
      catalog_(services.catalog),
      keyring_(services.keyring),
      health_(services.health) {
  started_ = services_.clock->now();
  last_write_ = started_;
  now_wall_ = services_.clock->wall();
  request_id_ = make_ordered_id("req_", now_wall_, *services_.random);
  record_.request_id = request_id_;
  record_.started_at = now_wall_;
}

Machine::~Machine() {
  if (phase_ != Phase::finished && phase_ != Phase::waiting) on_client_gone();
}

// ---- accept, identify ----

void Machine::on_request(Arrival arrival) {
  phase_ = Phase::decoding;
  destination_ = find_destination(arrival.head);
  record_.api = destination_.api;
  if (destination_.endpoint == Endpoint::probe) return answer_json(200, {});
  if (destination_.endpoint == Endpoint::unknown) {
    return answer_error({Code::not_found, Source::client, false,
                         "no such path: " + arrival.head.path.substr(0, 200)});
  }
  if (destination_.endpoint == Endpoint::wrong_method) {
    dialect::PublicError error = dialect::public_error({Code::invalid, Source::client, false, {}});
    error.status = 405;
    outcome_ = metering::Outcome::client_error;
    error.message =
        "method not allowed: this path takes " + std::string(destination_.allowed_methods);
    return answer_error(error);
  }
  const auto principal = identify(arrival.head.headers, *keyring_, now_wall_);
  if (!principal) return answer_error(principal.error());
  principal_ = *principal;
  record_.organisation = principal_->organisation;
  record_.workspace = principal_->workspace;
  record_.key_id = principal_->key_id;
  if (destination_.endpoint == Endpoint::models) {
    return answer_models_list(arrival.head.headers, arrival.head.query);
  }
  if (destination_.endpoint == Endpoint::model) {
    return answer_model(arrival.head.headers, destination_.model_id);
  }
  read_body(std::move(arrival));
}

// ---- admit, decode ----

void Machine::read_body(Arrival arrival) {
  record_.operation =
      destination_.endpoint == Endpoint::count_tokens ? Operation::count_tokens : Operation::create;
  if (auto ok = check_media(arrival.head.headers); !ok) return answer_error(ok.error());
  if (!services_.records->has_room()) {
    return answer_error({Code::overloaded, Source::internal, true, "the usage store has no room"});
  }
  request_headers_ = std::move(arrival.head.headers);
  const bool coded = request_headers_.find("content-encoding") != nullptr;
  Intake intake{destination_.api, record_.operation, request_headers_, std::move(arrival.body),
                services_.settings.max_body_bytes};
  if (!coded && intake.body.size() <= services_.settings.offload_body_bytes)
    return on_decoded(intake.run());
  phase_ = Phase::decoding;
  job_ = std::make_shared<Job>();
  job_->intake = std::move(intake);
  port_.offload([job = job_] { job->result = job->intake.run(); });
}

void Machine::on_work_done() {
  if (phase_ != Phase::decoding) return;
  const std::shared_ptr<Job> job = std::move(job_);
  on_decoded(std::move(job->result));
}

void Machine::on_decoded(dialect::Decoded<std::unique_ptr<dialect::ClientRequest>> request) {
  if (!request) return answer_error(request.error());
  request_ = std::move(*request);
  record_.requested_model = request_->model;
  record_.stream = request_->stream;
  record_.end_user = end_user_ = request_->end_user;
  if (auto ok = take_up(*request_); !ok) return answer_error(ok.error());
  phase_ = Phase::calling;
  prepare_writer();
  begin_hop(sticky_model_ ? *sticky_model_ : *decision_.served, nullptr);
  flush();
}

// ---- decide ----

Result<void> Machine::take_up(dialect::ClientRequest& request) {
  auto decision = decide(*principal_, *catalog_, request);
  if (!decision) return Failure(decision.error());
  decision_ = std::move(*decision);
  if (auto ok = permit_nested_models(*principal_, *catalog_, request); !ok) return ok;
  if (request.operation == Operation::create) {
    auto chain = FallbackChain::make(request, *decision_.served, *catalog_, now_wall_);
    if (!chain) return Failure(chain.error());
    chain_ = std::move(*chain);
    if (auto ok = check_named_fallbacks(); !ok) return ok;
  }
  const metering::Estimate estimate{static_cast<std::int64_t>(request.body.size() / 4), 0, 0};
  const metering::LimitSubject subject{principal_->organisation, principal_->key_id,
                                       &principal_->organisation_limits, &principal_->key_limits};
  auto lease = services_.limiter->admit(subject, estimate, {started_, now_wall_});
  if (!lease) {
    const bool money = lease.error().kind == metering::LimitKind::money;
    // A spend cap has no time after which a retry helps.
    if (!money) retry_after_seconds_ = lease.error().retry_after_seconds;
    return fail(money ? Code::over_budget : Code::rate_limited, lease.error().message(),
                Source::client, true);
  }
  lease_ = std::move(*lease);
  if (auto ok = take_credit(); !ok) return ok;
  if (services_.sticky && chain_.possible() && !request.credit) {
    const auto model = services_.sticky->find(request, principal_->workspace, end_user_, now_wall_);
    const catalog::Model* served = model ? catalog_->find_model(*model) : nullptr;
    // Decided anew: a route that was fine an hour ago may be forbidden now.
    if (served && served != decision_.served && permit(*principal_, *served))
      sticky_model_ = served;
  }
  return {};
}

// "The body is valid as a direct request to every named model": permission and, in another dialect,
// expressibility.
Result<void> Machine::check_named_fallbacks() {
  std::size_t position = 0;
  for (const FallbackChain::Next& named : chain_.named()) {
    const std::string where = "fallbacks." + std::to_string(position++);
    if (auto ok = permit(*principal_, *named.model); !ok) return fail_within(where, ok.error());
    if (named.model->routes.empty()) continue;
    const catalog::Upstream* upstream =
        catalog_->find_upstream(named.model->routes.front().upstream);
    if (!upstream || upstream->api_for(request_->api) == request_->api) continue;
    dialect::UpstreamAsk ask;
    ask.api = upstream->api_for(request_->api);
    ask.model = named.model->routes.front().upstream_model;
    ask.entry = named.entry;
    ask.hop = true;
    if (auto body = dialect::encode_for_upstream(*request_, ask); !body)
      return fail_within(where, body.error());
  }
  return {};
}

Result<void> Machine::take_credit() {
  if (!request_->credit) return {};
  auto redemption =
      services_.credit->redeem(*request_, *principal_, *decision_.served, *catalog_, now_wall_);
  if (!redemption) return Failure(redemption.error());
  redemption_ = std::move(*redemption);
  return {};
}

void Machine::prepare_writer() {
  if (request_->operation != Operation::create) return;
  dialect::WriterOptions options;
  options.client = request_->api;
  options.stream = request_->stream;
  options.include_usage = request_->include_usage;
  options.show_fallback = chain_.shown();
  options.show_credit = request_->betas.credit();
  options.message_id = make_id(request_->api == Api::anthropic     ? "msg_"
                               : request_->api == Api::openai_chat ? "chatcmpl-"
                                                                   : "resp_",
                               *services_.random);
  options.requested_model = request_->model;
  options.created = now_wall_;
  writer_ = dialect::make_writer(options);
  if (decision_.substituted()) {
    pending_hops_.push_back({request_->model, decision_.served->id, "directive", std::nullopt});
  }
}

// ---- models ----

namespace {

dialect::ModelInfo info_of(const catalog::Model& model, bool with_fallbacks) {
  dialect::ModelInfo info;
  info.id = model.id;
  info.display_name = model.display_name;
  info.created_at = model.created;
  info.line = model.line;
  info.lifecycle = model.lifecycle;
  info.max_input_tokens = model.max_input_tokens;
  info.max_tokens = model.max_tokens;
  info.owned_by = model.owned_by;
  info.capabilities_json = model.capabilities_json;
  if (with_fallbacks) info.allowed_fallback_models = model.allowed_fallbacks;
  return info;
}

// An id with broken escapes names no model, so it is left as it is.
std::string percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      if (const auto byte = hex_decode(text.substr(i + 1, 2)); byte) {
        out += *byte;
        i += 2;
        continue;
      }
    }
    out.push_back(text[i]);
  }
  return out;
}

}  // namespace

void Machine::answer_models_list(const http::Headers& headers, std::string_view query) {
  const bool with_fallbacks = dialect::Betas::parse(headers).fallback_list();
  std::vector<dialect::ModelInfo> infos;
  for (const catalog::Model& model : catalog_->models()) {
    if (permit(*principal_, model)) infos.push_back(info_of(model, with_fallbacks));
  }
  auto body = dialect::render_models(destination_.api, infos, query);
  if (!body) return answer_error(body.error());
  answered(std::move(*body));
}

void Machine::answer_model(const http::Headers& headers, std::string_view escaped_id) {
  const std::string id = percent_decoded(escaped_id);
  const catalog::Model* model = catalog_->find_model(id);
  if (!model) {
    return answer_error(
        Error{Code::not_found, Source::client, false, "model: " + id.substr(0, 200)});
  }
  if (auto ok = permit(*principal_, *model); !ok) return answer_error(ok.error());
  const bool with_fallbacks = dialect::Betas::parse(headers).fallback_list();
  answered(dialect::render_model(destination_.api, info_of(*model, with_fallbacks)));
}

void Machine::answered(std::string body) {
  outcome_ = metering::Outcome::answered;
  answer_json(200, std::move(body));
}

}  // namespace sallyport::exchange
