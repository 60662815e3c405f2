#include "metering/usage_store.h"

#include <chrono>

#include "store/migrate.h"
#include "store/text_check.h"

namespace sallyport::metering {
namespace {

// Of any one name in a record: clients and upstreams choose some of them.
constexpr std::size_t kMaxTextBytes = 256;

constexpr std::string_view kSqlite1 = R"sql(
CREATE TABLE exchange (
  request_id TEXT PRIMARY KEY,
  organisation TEXT NOT NULL, workspace TEXT NOT NULL, key_id TEXT NOT NULL, end_user TEXT NOT NULL,
  day TEXT NOT NULL, started_ms INTEGER NOT NULL,
  duration_us INTEGER NOT NULL, time_to_first_byte_us INTEGER NOT NULL,
  api TEXT NOT NULL, operation TEXT NOT NULL, stream INTEGER NOT NULL,
  requested_model TEXT NOT NULL, served_model TEXT NOT NULL,
  outcome TEXT NOT NULL, http_status INTEGER NOT NULL,
  stop_reason TEXT NOT NULL, category TEXT NOT NULL, reason TEXT NOT NULL,
  cost_nano_usd INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX exchange_started ON exchange (started_ms);
CREATE TABLE attempt (
  request_id TEXT NOT NULL, number INTEGER NOT NULL,
  organisation TEXT NOT NULL, workspace TEXT NOT NULL, key_id TEXT NOT NULL, end_user TEXT NOT NULL,
  day TEXT NOT NULL, started_ms INTEGER NOT NULL,
  hop INTEGER NOT NULL, model TEXT NOT NULL, upstream TEXT NOT NULL, upstream_model TEXT NOT NULL,
  kind TEXT NOT NULL, outcome TEXT NOT NULL, http_status INTEGER NOT NULL, billed INTEGER NOT NULL,
  input_tokens INTEGER NOT NULL, output_tokens INTEGER NOT NULL,
  cache_creation_input_tokens INTEGER NOT NULL, cache_read_input_tokens INTEGER NOT NULL,
  cache_creation_5m_tokens INTEGER NOT NULL, cache_creation_1h_tokens INTEGER NOT NULL,
  thinking_tokens INTEGER NOT NULL,
  cost_nano_usd INTEGER NOT NULL, upstream_request_id TEXT NOT NULL,
  PRIMARY KEY (request_id, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX attempt_started ON attempt (started_ms);
)sql";

constexpr std::string_view kPostgres1 = R"sql(
CREATE TABLE exchange (
  request_id TEXT PRIMARY KEY,
  organisation TEXT NOT NULL, workspace TEXT NOT NULL, key_id TEXT NOT NULL, end_user TEXT NOT NULL,
  day TEXT NOT NULL, started_ms BIGINT NOT NULL,
  duration_us BIGINT NOT NULL, time_to_first_byte_us BIGINT NOT NULL,
  api TEXT NOT NULL, operation TEXT NOT NULL, stream INTEGER NOT NULL,
  requested_model TEXT NOT NULL, served_model TEXT NOT NULL,
  outcome TEXT NOT NULL, http_status INTEGER NOT NULL,
  stop_reason TEXT NOT NULL, category TEXT NOT NULL, reason TEXT NOT NULL,
  cost_nano_usd BIGINT NOT NULL
);
CREATE INDEX exchange_started ON exchange (started_ms);
CREATE TABLE attempt (
  request_id TEXT NOT NULL, number INTEGER NOT NULL,
  organisation TEXT NOT NULL, workspace TEXT NOT NULL, key_id TEXT NOT NULL, end_user TEXT NOT NULL,
  day TEXT NOT NULL, started_ms BIGINT NOT NULL,
  hop INTEGER NOT NULL, model TEXT NOT NULL, upstream TEXT NOT NULL, upstream_model TEXT NOT NULL,
  kind TEXT NOT NULL, outcome TEXT NOT NULL, http_status INTEGER NOT NULL, billed INTEGER NOT NULL,
  input_tokens BIGINT NOT NULL, output_tokens BIGINT NOT NULL,
  cache_creation_input_tokens BIGINT NOT NULL, cache_read_input_tokens BIGINT NOT NULL,
  cache_creation_5m_tokens BIGINT NOT NULL, cache_creation_1h_tokens BIGINT NOT NULL,
  thinking_tokens BIGINT NOT NULL,
  cost_nano_usd BIGINT NOT NULL, upstream_request_id TEXT NOT NULL,
  PRIMARY KEY (request_id, number)
);
CREATE INDEX attempt_started ON attempt (started_ms);
)sql";

constexpr store::Migration kMigrations[] = {{1, kSqlite1, kPostgres1}};

std::string clean(std::string_view text) { return store::storable_text(text, kMaxTextBytes); }

std::int64_t micros(Duration duration) {
  return std::chrono::duration_cast<std::chrono::microseconds>(duration).count();
}

Result<> done(const Result<std::int64_t>& result) {
  if (!result) return tl::unexpected(result.error());
  return {};
}

// May run more than once: what is there already stays as it is.
struct InsertRecord {
  ExchangeRecord record;

  Result<> operator()(store::Connection& connection) const {
    auto inserted = insert_exchange(connection);
    for (std::size_t i = 0; inserted && i < record.attempts.size(); ++i) {
      inserted = insert_attempt(connection, static_cast<std::int64_t>(i), record.attempts[i]);
    }
    return inserted;
  }

  Result<> insert_exchange(store::Connection& connection) const {
    return done(connection.execute(
        "INSERT INTO exchange (request_id, organisation, workspace, key_id, end_user, day, "
        "started_ms, duration_us, "
        "time_to_first_byte_us, api, operation, stream, requested_model, served_model, outcome, "
        "http_status, "
        "stop_reason, category, reason, cost_nano_usd) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, "
        "?10, ?11, ?12, "
        "?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20) ON CONFLICT DO NOTHING",
        clean(record.request_id), clean(record.organisation), clean(record.workspace),
        clean(record.key_id), clean(record.end_user), utc_day(record.started_at),
        unix_millis(record.started_at), micros(record.duration), micros(record.time_to_first_byte),
        to_string(record.api), to_string(record.operation), record.stream,
        clean(record.requested_model), clean(record.served_model), to_string(record.outcome),
        record.http_status, clean(record.stop_reason), clean(record.category), clean(record.reason),
        record.cost_nano_usd()));
  }

  Result<> insert_attempt(store::Connection& connection, std::int64_t number,
                          const AttemptRecord& attempt) const {
    const dialect::Usage& usage = attempt.usage;
    return done(connection.execute(
        "INSERT INTO attempt (request_id, number, organisation, workspace, key_id, end_user, day, "
        "started_ms, hop, "
        "model, upstream, upstream_model, kind, outcome, http_status, billed, input_tokens, "
        "output_tokens, "
        "cache_creation_input_tokens, cache_read_input_tokens, cache_creation_5m_tokens, "
        "cache_creation_1h_tokens, "
        "thinking_tokens, cost_nano_usd, upstream_request_id) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, "
        "?8, ?9, ?10, ?11, "
        "?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25) ON CONFLICT DO "
        "NOTHING",
        clean(record.request_id), number, clean(record.organisation), clean(record.workspace),
        clean(record.key_id), clean(record.end_user), utc_day(record.started_at),
        unix_millis(record.started_at), attempt.hop, clean(attempt.model), clean(attempt.upstream),
        clean(attempt.upstream_model), to_string(attempt.kind), to_string(attempt.outcome),
        attempt.http_status, attempt.billed, usage.input_tokens, usage.output_tokens,
        usage.cache_creation_input_tokens, usage.cache_read_input_tokens,
        usage.cache_creation_5m_tokens, usage.cache_creation_1h_tokens, usage.thinking_tokens,
        attempt.cost_nano_usd, clean(attempt.upstream_request_id)));
  }
};

WallTime month_start(WallTime at) {
  const std::chrono::sys_days day(std::chrono::floor<std::chrono::days>(at.since_epoch));
  const std::chrono::year_month_day date(day);
  const std::chrono::sys_days first(date.year() / date.month() / std::chrono::day(1));
  return {std::chrono::duration_cast<Duration>(first.time_since_epoch())};
}

}  // namespace

Result<> migrate_usage(store::Connection& connection) {
  return store::migrate(connection, "metering", kMigrations);
}

Result<std::unique_ptr<UsageStore>> UsageStore::start(const store::Store& store,
                                                      store::GroupWriterOptions options) {
  auto connection = store.connect();
  if (!connection) return tl::unexpected(std::move(connection.error()));
  if (auto migrated = migrate_usage(**connection); !migrated)
    return tl::unexpected(std::move(migrated.error()));
  if (options.name == store::GroupWriterOptions().name) options.name = "usage";
  auto writer = store::GroupWriter::start(store, std::move(options));
  if (!writer) return tl::unexpected(std::move(writer.error()));
  return std::make_unique<UsageStore>(*std::move(writer));
}

bool UsageStore::accept(ExchangeRecord&& record) {
  store::WriteJob job = InsertRecord{std::move(record)};
  if (writer_->try_push(std::move(job))) return true;
  record = std::move(job.target<InsertRecord>()->record);
  return false;
}

Result<> load_spending(store::Connection& connection, Limiter& limiter, WallTime now) {
  return done(connection.query(
      "SELECT organisation, key_id, CAST(SUM(cost_nano_usd) AS BIGINT) FROM exchange "
      "WHERE started_ms >= ?1 AND cost_nano_usd > 0 GROUP BY organisation, key_id",
      [&](const store::Row& row) {
        limiter.add_spent(LimitScope::organisation, row.text(0), row.integer(2), now);
        limiter.add_spent(LimitScope::key, row.text(1), row.integer(2), now);
      },
      unix_millis(month_start(now))));
}

}  // namespace sallyport::metering
