#include "store/migrate.h"

#include <string>

namespace sallyport::store {
namespace {

constexpr std::string_view kVersionTable =
    "CREATE TABLE IF NOT EXISTS schema_version ("
    "component TEXT PRIMARY KEY, version INTEGER NOT NULL)";

// PostgreSQL: held until the transaction ends. Any fixed number that nothing else in the database
// uses.
constexpr std::string_view kPostgresLock = "SELECT pg_advisory_xact_lock(7305437251)";

Result<Transaction> begin_alone(Connection& connection) {
  auto transaction = Transaction::begin(connection);
  if (transaction && connection.dialect() == Dialect::postgres) {
    auto locked = connection.query(kPostgresLock, [](const Row&) {});
    if (!locked) return tl::unexpected(std::move(locked.error()));
  }
  return transaction;
}

Result<> apply(Connection& connection, std::string_view component, const Migration& step) {
  auto transaction = begin_alone(connection);
  if (!transaction) return tl::unexpected(std::move(transaction.error()));
  auto version = schema_version(connection, component);
  if (!version) return tl::unexpected(std::move(version.error()));
  if (*version >= step.version) return {};  // another process was faster
  auto done =
      connection.script(connection.dialect() == Dialect::sqlite ? step.sqlite : step.postgres);
  if (!done) return done;
  auto noted = connection.execute(
      "INSERT INTO schema_version (component, version) VALUES (?1, ?2) "
      "ON CONFLICT (component) DO UPDATE SET version = excluded.version",
      component, step.version);
  if (!noted) return tl::unexpected(std::move(noted.error()));
  return transaction->commit();
}

Result<> make_version_table(Connection& connection) {
  auto transaction = begin_alone(connection);
  if (!transaction) return tl::unexpected(std::move(transaction.error()));
  if (auto made = connection.script(kVersionTable); !made) return made;
  return transaction->commit();
}

std::string label(std::string_view component, std::int32_t version) {
  return "schema " + std::string(component) + " version " + std::to_string(version);
}

}  // namespace

Result<std::int32_t> schema_version(Connection& connection, std::string_view component) {
  std::int32_t version = 0;
  auto found = connection.query(
      "SELECT version FROM schema_version WHERE component = ?1",
      [&](const Row& row) { version = static_cast<std::int32_t>(row.integer(0)); }, component);
  if (!found) return tl::unexpected(std::move(found.error()));
  return version;
}

Result<> migrate(Connection& connection, std::string_view component,
                 std::span<const Migration> migrations) {
  for (std::size_t i = 0; i < migrations.size(); ++i) {
    if (migrations[i].version != static_cast<std::int32_t>(i) + 1) {
      return fail(Code::invalid, label(component, migrations[i].version) + " is out of order");
    }
  }
  if (auto made = make_version_table(connection); !made) return made;
  auto version = schema_version(connection, component);
  if (!version) return tl::unexpected(std::move(version.error()));
  const auto newest = static_cast<std::int32_t>(migrations.size());
  if (*version > newest) {
    return fail(Code::config, "the database has " + label(component, *version) +
                                  ", this program knows " + std::to_string(newest) +
                                  "; use a newer program or restore an older backup");
  }
  for (const Migration& step : migrations.subspan(static_cast<std::size_t>(*version))) {
    if (auto done = apply(connection, component, step); !done) {
      return fail_within(label(component, step.version), std::move(done.error()));
    }
  }
  return {};
}

}  // namespace sallyport::store
