#include "access/schema.h"

namespace sallyport::access::detail {
namespace {

constexpr std::string_view kSqlite1 = R"sql(
CREATE TABLE api_key (
  id TEXT PRIMARY KEY,
  organisation TEXT NOT NULL,
  workspace TEXT NOT NULL,
  name TEXT NOT NULL,
  environment TEXT NOT NULL,
  tier TEXT NOT NULL,
  allowed_models TEXT NOT NULL,
  requests_per_minute INTEGER,
  input_tokens_per_minute INTEGER,
  output_tokens_per_minute INTEGER,
  concurrent_streams INTEGER,
  nano_usd_per_month INTEGER,
  created_ms INTEGER NOT NULL,
  expires_ms INTEGER,
  revoked_ms INTEGER
) STRICT;
CREATE INDEX api_key_organisation ON api_key (organisation);
CREATE TABLE api_key_secret (
  hash BLOB PRIMARY KEY,
  key_id TEXT NOT NULL REFERENCES api_key (id),
  organisation TEXT NOT NULL,
  workspace TEXT NOT NULL,
  hint TEXT NOT NULL,
  created_ms INTEGER NOT NULL,
  serial INTEGER NOT NULL,
  expires_ms INTEGER
) STRICT;
CREATE INDEX api_key_secret_key ON api_key_secret (key_id);
CREATE TABLE organisation_limit (
  organisation TEXT PRIMARY KEY,
  requests_per_minute INTEGER,
  input_tokens_per_minute INTEGER,
  output_tokens_per_minute INTEGER,
  concurrent_streams INTEGER,
  nano_usd_per_month INTEGER
) STRICT;
CREATE TABLE key_generation (id INTEGER PRIMARY KEY, value INTEGER NOT NULL) STRICT;
INSERT INTO key_generation (id, value) VALUES (1, 0);
CREATE TRIGGER api_key_inserted AFTER INSERT ON api_key
  BEGIN UPDATE key_generation SET value = value + 1; END;
CREATE TRIGGER api_key_updated AFTER UPDATE ON api_key
  BEGIN UPDATE key_generation SET value = value + 1; END;
CREATE TRIGGER api_key_deleted AFTER DELETE ON api_key
  BEGIN UPDATE key_generation SET value = value + 1; END;
CREATE TRIGGER api_key_secret_inserted AFTER INSERT ON api_key_secret
  BEGIN UPDATE key_generation SET value = value + 1; END;
CREATE TRIGGER api_key_secret_updated AFTER UPDATE ON api_key_secret
  BEGIN UPDATE key_generation SET value = value + 1; END;
CREATE TRIGGER api_key_secret_deleted AFTER DELETE ON api_key_secret
  BEGIN UPDATE key_generation SET value = value + 1; END;
CREATE TRIGGER organisation_limit_inserted AFTER INSERT ON organisation_limit
  BEGIN UPDATE key_generation SET value = value + 1; END;
CREATE TRIGGER organisation_limit_updated AFTER UPDATE ON organisation_limit
  BEGIN UPDATE key_generation SET value = value + 1; END;
CREATE TRIGGER organisation_limit_deleted AFTER DELETE ON organisation_limit
  BEGIN UPDATE key_generation SET value = value + 1; END;
)sql";

constexpr std::string_view kPostgres1 = R"sql(
CREATE TABLE api_key (
  id TEXT PRIMARY KEY,
  organisation TEXT NOT NULL,
  workspace TEXT NOT NULL,
  name TEXT NOT NULL,
  environment TEXT NOT NULL,
  tier TEXT NOT NULL,
  allowed_models TEXT NOT NULL,
  requests_per_minute BIGINT,
  input_tokens_per_minute BIGINT,
  output_tokens_per_minute BIGINT,
  concurrent_streams BIGINT,
  nano_usd_per_month BIGINT,
  created_ms BIGINT NOT NULL,
  expires_ms BIGINT,
  revoked_ms BIGINT
);
CREATE INDEX api_key_organisation ON api_key (organisation);
CREATE TABLE api_key_secret (
  hash BYTEA PRIMARY KEY,
  key_id TEXT NOT NULL REFERENCES api_key (id),
  organisation TEXT NOT NULL,
  workspace TEXT NOT NULL,
  hint TEXT NOT NULL,
  created_ms BIGINT NOT NULL,
  serial BIGINT NOT NULL,
  expires_ms BIGINT
);
CREATE INDEX api_key_secret_key ON api_key_secret (key_id);
CREATE TABLE organisation_limit (
  organisation TEXT PRIMARY KEY,
  requests_per_minute BIGINT,
  input_tokens_per_minute BIGINT,
  output_tokens_per_minute BIGINT,
  concurrent_streams BIGINT,
  nano_usd_per_month BIGINT
);
CREATE TABLE key_generation (id INTEGER PRIMARY KEY, value BIGINT NOT NULL);
INSERT INTO key_generation (id, value) VALUES (1, 0);
CREATE FUNCTION key_changed() RETURNS trigger LANGUAGE plpgsql AS
  $$ BEGIN UPDATE key_generation SET value = value + 1; RETURN NULL; END $$;
CREATE TRIGGER api_key_changed AFTER INSERT OR UPDATE OR DELETE ON api_key
  FOR EACH STATEMENT EXECUTE FUNCTION key_changed();
CREATE TRIGGER api_key_secret_changed AFTER INSERT OR UPDATE OR DELETE ON api_key_secret
  FOR EACH STATEMENT EXECUTE FUNCTION key_changed();
CREATE TRIGGER organisation_limit_changed AFTER INSERT OR UPDATE OR DELETE ON organisation_limit
  FOR EACH STATEMENT EXECUTE FUNCTION key_changed();
)sql";

constexpr store::Migration kMigrations[] = {{1, kSqlite1, kPostgres1}};

}  // namespace

std::span<const store::Migration> migrations() { return kMigrations; }

UsageLimits read_limits(const store::Row& row, int first_column) {
  return {row.maybe_integer(first_column), row.maybe_integer(first_column + 1),
          row.maybe_integer(first_column + 2), row.maybe_integer(first_column + 3),
          row.maybe_integer(first_column + 4)};
}

std::optional<WallTime> read_time(const store::Row& row, int column) {
  if (row.is_null(column)) return std::nullopt;
  return wall_from_unix_millis(row.integer(column));
}

std::optional<std::int64_t> millis(const std::optional<WallTime>& time) {
  return time ? std::optional(unix_millis(*time)) : std::nullopt;
}

std::string join_lines(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

std::vector<std::string> split_lines(std::string_view text) {
  std::vector<std::string> lines;
  for (std::size_t end = text.find('\n'); end != std::string_view::npos; end = text.find('\n')) {
    if (end > 0) lines.emplace_back(text.substr(0, end));
    text.remove_prefix(end + 1);
  }
  return lines;
}

}  // namespace sallyport::access::detail
