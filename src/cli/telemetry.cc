#include "cli/telemetry.h"

#include "base/log.h"

namespace sallyport::cli {
namespace {

using metering::AttemptRecord;
using metering::ExchangeRecord;
using metering::Outcome;

double seconds_of(Duration d) { return std::chrono::duration<double>(d).count(); }

// A model that nobody serves is a client's free text and stays out of labels.
std::string requested(const ExchangeRecord& record) {
  return record.attempts.empty() ? "none" : record.attempts.front().model;
}

std::string or_none(const std::string& text) { return text.empty() ? "none" : text; }

std::string_view operation(const ExchangeRecord& record) {
  return record.operation == dialect::Operation::create ? "chat" : "count_tokens";
}

std::string error_type(const ExchangeRecord& record) {
  switch (record.outcome) {
    case Outcome::answered:
    case Outcome::refused:
    case Outcome::fallback_served:
      return "";
    default:
      return std::string(to_string(record.outcome));
  }
}

const std::vector<double>& token_bounds() {
  static const std::vector<double> bounds = {1,       4,         16,       64,        256,
                                             1024,    4096,      16384,    65'536,    262'144,
                                             1048576, 4'194'304, 16777216, 67'108'864};
  return bounds;
}

constexpr char kDurationHelp[] = "Seconds from the request to the end of its answer.";
constexpr char kFirstByteHelp[] = "Seconds from the request to the first byte of its answer.";
constexpr char kTokensHelp[] = "Tokens of one attempt, by kind.";

}  // namespace

template <class Cell, class Make>
Cell& Telemetry::cell(std::map<std::vector<std::string>, Cell*>& cells, const char* name,
                      std::vector<std::string> keys, std::vector<std::string> values,
                      const Make& make) {
  std::vector<std::string> id = values;
  id.insert(id.begin(), name);
  const auto it = cells.find(id);
  if (it != cells.end()) return *it->second;
  std::size_t& series = series_[name];
  if (series >= kMaxSeries) {
    for (std::string& value : values) value = "other";
    id.assign(values.begin(), values.end());
    id.insert(id.begin(), name);
    const auto other = cells.find(id);
    if (other != cells.end()) return *other->second;
  }
  ++series;
  metrics::Labels labels;
  for (std::size_t i = 0; i < keys.size(); ++i) labels.emplace_back(keys[i], values[i]);
  Cell& made = make(std::move(labels));
  cells.emplace(std::move(id), &made);
  return made;
}

metrics::Counter& Telemetry::counter(const char* name, const char* help,
                                     std::vector<std::string> keys,
                                     std::vector<std::string> values) {
  return cell(counters_, name, std::move(keys), std::move(values),
              [&](metrics::Labels labels) -> metrics::Counter& {
                return registry_.counter(name, help, std::move(labels));
              });
}

metrics::Histogram& Telemetry::histogram(const char* name, const char* help,
                                         const std::vector<double>& bounds,
                                         std::vector<std::string> keys,
                                         std::vector<std::string> values) {
  return cell(histograms_, name, std::move(keys), std::move(values),
              [&](metrics::Labels labels) -> metrics::Histogram& {
                return registry_.histogram(name, help, bounds, std::move(labels));
              });
}

void Telemetry::count_exchange(const ExchangeRecord& record) {
  const std::string api(to_string(record.api));
  const std::string outcome(to_string(record.outcome));
  const std::string model = requested(record);
  counter("sallyport_exchanges_total", "Finished exchanges.", {"api", "operation", "outcome"},
          {api, std::string(operation(record)), outcome})
      .add();
  const std::vector<std::string> keys = {"gen_ai_operation_name", "gen_ai_request_model",
                                         "gen_ai_response_model", "error_type"};
  const std::vector<std::string> values = {std::string(operation(record)), model,
                                           or_none(record.served_model), error_type(record)};
  for (const char* name : {"gen_ai_client_operation_duration", "gen_ai_server_request_duration"}) {
    histogram(name, kDurationHelp, metrics::latency_bounds_seconds(), keys, values)
        .observe(seconds_of(record.duration));
  }
  if (record.time_to_first_byte > Duration(0)) {
    histogram("sallyport_time_to_first_byte_seconds", kFirstByteHelp,
              metrics::latency_bounds_seconds(), {"model"}, {or_none(record.served_model)})
        .observe(seconds_of(record.time_to_first_byte));
  }
  if (record.outcome == Outcome::denied) {
    counter("sallyport_denied_total", "Requests that we denied.", {"reason"},
            {or_none(record.reason)})
        .add();
  }
}

void Telemetry::count_attempts(const ExchangeRecord& record) {
  for (const AttemptRecord& attempt : record.attempts) {
    counter("sallyport_attempts_total", "Calls of upstreams.", {"upstream", "model", "outcome"},
            {attempt.upstream, attempt.model, std::string(to_string(attempt.outcome))})
        .add();
    if (attempt.cost_nano_usd > 0) {
      counter("sallyport_cost_usd_total", "Cost by the price in force, of what is billed.",
              {"model"}, {attempt.model})
          .add(static_cast<double>(attempt.cost_nano_usd) / 1e9);
    }
    const dialect::Usage& usage = attempt.usage;
    const auto tokens = [&](const char* type, std::int64_t count) {
      if (count <= 0) return;
      histogram("gen_ai_client_token_usage", kTokensHelp, token_bounds(),
                {"gen_ai_operation_name", "gen_ai_request_model", "gen_ai_response_model",
                 "gen_ai_token_type"},
                {std::string(operation(record)), requested(record), attempt.model, type})
          .observe(static_cast<double>(count));
    };
    tokens("input", usage.total_input());
    tokens("output", usage.output_tokens);
  }
}

// One event for every attempt that was refused, whether or not another model then served.
void Telemetry::tell_refusal(const ExchangeRecord& record) {
  for (const AttemptRecord& attempt : record.attempts) {
    if (attempt.outcome != metering::AttemptOutcome::refused) continue;
    counter("sallyport_refusals_total", "Attempts that ended in a refusal.", {"model", "category"},
            {attempt.model, or_none(record.category)})
        .add();
    log::info("refusal", {{"request_id", record.request_id},
                          {"model", attempt.model},
                          {"upstream", attempt.upstream},
                          {"category", or_none(record.category)},
                          {"billed", attempt.billed},
                          {"after_output", attempt.usage.output_tokens > 0}});
  }
}

void Telemetry::tell_fallback(const ExchangeRecord& record) {
  if (record.outcome != Outcome::fallback_served) return;
  counter("sallyport_fallbacks_served_total", "Answers that another model gave after a refusal.",
          {"requested", "served", "category"},
          {requested(record), record.served_model, or_none(record.category)})
      .add();
  log::info("fallback_served", {{"request_id", record.request_id},
                                {"requested_model", requested(record)},
                                {"served_model", record.served_model},
                                {"category", or_none(record.category)}});
}

void Telemetry::log_exchange(const ExchangeRecord& record) const {
  std::int64_t input = 0;
  std::int64_t output = 0;
  for (const AttemptRecord& attempt : record.attempts) {
    input += attempt.usage.total_input();
    output += attempt.usage.output_tokens;
  }
  log::info("exchange", {{"request_id", record.request_id},
                         {"organisation", record.organisation},
                         {"workspace", record.workspace},
                         {"key_id", record.key_id},
                         {"api", to_string(record.api)},
                         {"operation", operation(record)},
                         {"stream", record.stream},
                         {"requested_model", requested(record)},
                         {"served_model", record.served_model},
                         {"outcome", to_string(record.outcome)},
                         {"status", record.http_status},
                         {"stop_reason", record.stop_reason},
                         {"category", record.category},
                         {"reason", record.reason},
                         {"attempts", record.attempts.size()},
                         {"input_tokens", input},
                         {"output_tokens", output},
                         {"cost_nano_usd", record.cost_nano_usd()},
                         {"duration_ms", seconds_of(record.duration) * 1e3},
                         {"first_byte_ms", seconds_of(record.time_to_first_byte) * 1e3}});
}

void Telemetry::observe(const ExchangeRecord& record) {
  count_exchange(record);
  count_attempts(record);
  tell_refusal(record);
  tell_fallback(record);
  if (log_exchanges_) log_exchange(record);
}

}  // namespace sallyport::cli
