#include "access/api_key.h"

#include <algorithm>

#include "access/key_text.h"
#include "access/schema.h"
#include "store/migrate.h"
#include "store/text_check.h"

namespace sallyport::access {
namespace {

constexpr std::size_t kMaxNameBytes = 128;
constexpr std::size_t kMaxAllowedModels = 256;

constexpr std::string_view kKeyColumns =
    "SELECT id, name, organisation, workspace, tier, allowed_models, created_ms, expires_ms, "
    "revoked_ms, environment, "
    "COALESCE((SELECT hint FROM api_key_secret WHERE key_id = api_key.id ORDER BY serial DESC "
    "LIMIT 1), ''), " SALLYPORT_LIMIT_COLUMNS " FROM api_key ";

Failure bad_field(const std::string& field, const std::string& what) {
  return fail(Code::invalid, field + ": " + what, Source::client);
}

Result<> check_name(const std::string& field, std::string_view value) {
  if (value.empty() || value.size() > kMaxNameBytes)
    return bad_field(field, "needs 1 to 128 bytes");
  const bool control = std::any_of(value.begin(), value.end(),
                                   [](char c) { return (c >= 0 && c < ' ') || c == '\x7f'; });
  if (control || !store::is_storable_text(value)) {
    return bad_field(field, "has control characters or is not UTF-8");
  }
  return {};
}

Result<> check_limits(const UsageLimits& limits) {
  const std::pair<const char*, const std::optional<std::int64_t>*> fields[] = {
      {"requests per minute", &limits.requests_per_minute},
      {"input tokens per minute", &limits.input_tokens_per_minute},
      {"output tokens per minute", &limits.output_tokens_per_minute},
      {"concurrent streams", &limits.concurrent_streams},
      {"money per month", &limits.nano_usd_per_month}};
  for (const auto& [name, value] : fields) {
    if (*value && **value < 0) return bad_field(name, "a limit is 0 or more");
  }
  return {};
}

Result<> check(const NewApiKey& wanted) {
  const std::pair<const char*, const std::string*> names[] = {
      {"name", &wanted.name},
      {"organisation", &wanted.organisation},
      {"workspace", &wanted.workspace},
      {"tier", &wanted.tier}};
  for (const auto& [field, value] : names) {
    if (auto good = check_name(field, *value); !good) return good;
  }
  if (wanted.allowed_models.empty() || wanted.allowed_models.size() > kMaxAllowedModels) {
    return bad_field("models", "name 1 to 256 models, or * for all");
  }
  for (const std::string& model : wanted.allowed_models) {
    if (auto good = check_name("models", model); !good) return good;
  }
  return check_limits(wanted.limits);
}

ApiKey read_key(const store::Row& row) {
  ApiKey key;
  key.id = row.text(0);
  key.name = row.text(1);
  key.organisation = row.text(2);
  key.workspace = row.text(3);
  key.tier = row.text(4);
  key.allowed_models = detail::split_lines(row.text(5));
  key.created = wall_from_unix_millis(row.integer(6));
  key.expires = detail::read_time(row, 7);
  key.revoked = detail::read_time(row, 8);
  key.environment = row.text(9);
  key.hint = row.text(10);
  key.limits = detail::read_limits(row, 11);
  return key;
}

// The first error of some, as Result<>.
Result<> done(const Result<std::int64_t>& result) {
  if (!result) return tl::unexpected(result.error());
  return {};
}

}  // namespace

KeyAdmin::KeyAdmin(std::unique_ptr<store::Connection> connection,
                   std::shared_ptr<const Pepper> pepper, const Clock& clock, Random& random)
    : connection_(std::move(connection)),
      pepper_(std::move(pepper)),
      clock_(&clock),
      random_(&random) {}

Result<KeyAdmin> KeyAdmin::open(const store::Store& store, std::shared_ptr<const Pepper> pepper,
                                const Clock& clock, Random& random) {
  auto connection = store.connect();
  if (!connection) return tl::unexpected(std::move(connection.error()));
  if (auto migrated = store::migrate(**connection, detail::kComponent, detail::migrations());
      !migrated) {
    return tl::unexpected(std::move(migrated.error()));
  }
  return KeyAdmin(*std::move(connection), std::move(pepper), clock, random);
}

Result<std::string> KeyAdmin::add_secret(const ApiKey& key) {
  auto text = make_key_text(key.environment, *random_);
  if (!text) return text;
  const auto parsed = parse_key_text(*text);
  if (!parsed) return tl::unexpected(parsed.error());
  const KeyHash hash = pepper_->hash(*text);
  auto added = connection_->execute(
      "INSERT INTO api_key_secret (hash, key_id, organisation, workspace, hint, created_ms, "
      "serial) VALUES "
      "(?1, ?2, ?3, ?4, ?5, ?6, (SELECT COALESCE(MAX(serial), 0) + 1 FROM api_key_secret WHERE "
      "key_id = ?2))",
      store::Blob{crypto::as_bytes(hash)}, key.id, key.organisation, key.workspace, parsed->hint(),
      unix_millis(clock_->wall()));
  if (!added) return tl::unexpected(std::move(added.error()));
  return text;
}

Result<IssuedKey> KeyAdmin::create(const NewApiKey& wanted) {
  if (auto good = check(wanted); !good) return tl::unexpected(std::move(good.error()));
  ApiKey key;
  key.id = make_id("key_", *random_);
  key.organisation = wanted.organisation;
  key.workspace = wanted.workspace;
  key.environment = wanted.environment;
  auto transaction = store::Transaction::begin(*connection_);
  if (!transaction) return tl::unexpected(std::move(transaction.error()));
  const UsageLimits& limits = wanted.limits;
  auto added = connection_->execute(
      "INSERT INTO api_key (id, organisation, workspace, name, environment, tier, allowed_models, "
      "created_ms, "
      "expires_ms, " SALLYPORT_LIMIT_COLUMNS
      ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
      key.id, wanted.organisation, wanted.workspace, wanted.name, wanted.environment, wanted.tier,
      detail::join_lines(wanted.allowed_models), unix_millis(clock_->wall()),
      detail::millis(wanted.expires), limits.requests_per_minute, limits.input_tokens_per_minute,
      limits.output_tokens_per_minute, limits.concurrent_streams, limits.nano_usd_per_month);
  if (!added) return tl::unexpected(std::move(added.error()));
  auto text = add_secret(key);
  if (!text) return tl::unexpected(std::move(text.error()));
  if (auto committed = transaction->commit(); !committed)
    return tl::unexpected(std::move(committed.error()));
  auto stored = get(key.id);
  if (!stored) return tl::unexpected(std::move(stored.error()));
  return IssuedKey{*std::move(stored), *std::move(text)};
}

Result<std::vector<ApiKey>> KeyAdmin::list(std::string_view organisation) {
  static const std::string kSql =
      std::string(kKeyColumns) + "WHERE ?1 = '' OR organisation = ?1 ORDER BY created_ms DESC, id";
  std::vector<ApiKey> keys;
  auto read = connection_->query(
      kSql, [&](const store::Row& row) { keys.push_back(read_key(row)); }, organisation);
  if (!read) return tl::unexpected(std::move(read.error()));
  return keys;
}

Result<ApiKey> KeyAdmin::get(std::string_view id) {
  static const std::string kSql = std::string(kKeyColumns) + "WHERE id = ?1";
  std::optional<ApiKey> key;
  auto read = connection_->query(
      kSql, [&](const store::Row& row) { key = read_key(row); }, id);
  if (!read) return tl::unexpected(std::move(read.error()));
  if (!key)
    return fail(Code::not_found, "no key has this id; `sallyport key list` shows them",
                Source::client);
  return *std::move(key);
}

Result<ApiKey> KeyAdmin::revoke(std::string_view id) {
  auto changed = done(connection_->execute(
      "UPDATE api_key SET revoked_ms = ?1 WHERE id = ?2 AND revoked_ms IS NULL",
      unix_millis(clock_->wall()), id));
  if (!changed) return tl::unexpected(std::move(changed.error()));
  return get(id);
}

Result<IssuedKey> KeyAdmin::rotate(std::string_view id, Duration grace) {
  if (grace < Duration(0)) return bad_field("grace", "a grace period is 0 or more");
  auto transaction = store::Transaction::begin(*connection_);
  if (!transaction) return tl::unexpected(std::move(transaction.error()));
  auto key = get(id);
  if (!key) return tl::unexpected(std::move(key.error()));
  if (key->revoked)
    return fail(Code::conflict, "the key is revoked; create a new one", Source::client);
  const std::int64_t ends = unix_millis(clock_->wall() + grace);
  auto retired =
      done(connection_->execute("UPDATE api_key_secret SET expires_ms = ?1 WHERE key_id = ?2 AND "
                                "(expires_ms IS NULL OR expires_ms > ?1)",
                                ends, id));
  if (!retired) return tl::unexpected(std::move(retired.error()));
  auto text = add_secret(*key);
  if (!text) return tl::unexpected(std::move(text.error()));
  if (auto committed = transaction->commit(); !committed)
    return tl::unexpected(std::move(committed.error()));
  key = get(id);
  if (!key) return tl::unexpected(std::move(key.error()));
  return IssuedKey{*std::move(key), *std::move(text)};
}

Result<ApiKey> KeyAdmin::set_limits(std::string_view id, const UsageLimits& limits) {
  if (auto good = check_limits(limits); !good) return tl::unexpected(std::move(good.error()));
  auto changed = done(connection_->execute(
      "UPDATE api_key SET requests_per_minute = ?1, input_tokens_per_minute = ?2, "
      "output_tokens_per_minute = ?3, "
      "concurrent_streams = ?4, nano_usd_per_month = ?5 WHERE id = ?6",
      limits.requests_per_minute, limits.input_tokens_per_minute, limits.output_tokens_per_minute,
      limits.concurrent_streams, limits.nano_usd_per_month, id));
  if (!changed) return tl::unexpected(std::move(changed.error()));
  return get(id);
}

Result<> KeyAdmin::set_organisation_limits(std::string_view organisation,
                                           const UsageLimits& limits) {
  if (auto good = check_name("organisation", organisation); !good) return good;
  if (auto good = check_limits(limits); !good) return good;
  return done(connection_->execute(
      "INSERT INTO organisation_limit (organisation, " SALLYPORT_LIMIT_COLUMNS
      ") VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (organisation) DO UPDATE SET "
      "requests_per_minute = excluded.requests_per_minute, "
      "input_tokens_per_minute = excluded.input_tokens_per_minute, "
      "output_tokens_per_minute = excluded.output_tokens_per_minute, "
      "concurrent_streams = excluded.concurrent_streams, nano_usd_per_month = "
      "excluded.nano_usd_per_month",
      organisation, limits.requests_per_minute, limits.input_tokens_per_minute,
      limits.output_tokens_per_minute, limits.concurrent_streams, limits.nano_usd_per_month));
}

Result<UsageLimits> KeyAdmin::organisation_limits(std::string_view organisation) {
  UsageLimits limits;
  auto read = done(connection_->query(
      "SELECT " SALLYPORT_LIMIT_COLUMNS " FROM organisation_limit WHERE organisation = ?1",
      [&](const store::Row& row) { limits = detail::read_limits(row, 0); }, organisation));
  if (!read) return tl::unexpected(std::move(read.error()));
  return limits;
}

}  // namespace sallyport::access
