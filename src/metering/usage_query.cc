#include "metering/usage_query.h"

#include <map>
#include <tuple>

namespace sallyport::metering {
namespace {

using Group =
    std::tuple<std::string, std::string, std::string, std::string, std::string, std::string>;
constexpr int kGroupColumns = 6;

// The grouping columns, with '' for what is not grouped by, and the clause for the end. Fixed words
// only, so the number of different statements is bounded.
struct GroupSql {
  std::string columns;
  std::string clause;
};

GroupSql group_sql(const UsageGrouping& by, const std::string& model) {
  const std::pair<bool, std::string> columns[kGroupColumns] = {
      {by.day, "day"},    {by.organisation, "organisation"}, {by.workspace, "workspace"},
      {by.key, "key_id"}, {by.end_user, "end_user"},         {by.model, model}};
  GroupSql sql;
  for (const auto& [used, column] : columns) {
    sql.columns += used ? column + ", " : "'', ";
    if (used) sql.clause += (sql.clause.empty() ? " GROUP BY " : ", ") + column;
  }
  return sql;
}

std::string filter_sql(const std::string& model) {
  return " WHERE started_ms >= ?1 AND started_ms < ?2 AND (?3 = '' OR organisation = ?3) AND (?4 = "
         "'' OR workspace = "
         "?4) AND (?5 = '' OR key_id = ?5) AND (?6 = '' OR end_user = ?6) AND (?7 = '' OR " +
         model + " = ?7)";
}

std::string sum(const std::string& column) {
  return "CAST(COALESCE(SUM(" + column + "), 0) AS BIGINT)";
}

Group group_of(const store::Row& row) {
  const auto text = [&](int column) { return std::string(row.text(column)); };
  return {text(0), text(1), text(2), text(3), text(4), text(5)};
}

Result<std::int64_t> run(store::Connection& connection, const std::string& sql,
                         const UsageQuery& query, const store::RowVisitor& visit) {
  return connection.query(sql, visit, unix_millis(query.from), unix_millis(query.to),
                          query.organisation, query.workspace, query.key_id, query.end_user,
                          query.model);
}

using Groups = std::map<Group, UsageSummary>;

Result<std::int64_t> add_exchanges(store::Connection& connection, const UsageQuery& query,
                                   Groups& groups) {
  const std::string model =
      "(CASE WHEN served_model = '' THEN requested_model ELSE served_model END)";
  const GroupSql group = group_sql(query.by, model);
  std::string sql = "SELECT " + group.columns + "COUNT(*)";
  for (int i = 0; i < kOutcomes; ++i) {
    const std::string name(to_string(static_cast<Outcome>(i)));
    sql += ", " + sum("CASE WHEN outcome = '" + name + "' THEN 1 ELSE 0 END");
  }
  sql += " FROM exchange" + filter_sql(model) + group.clause;
  return run(connection, sql, query, [&](const store::Row& row) {
    if (row.integer(kGroupColumns) == 0) return;  // the one row of no rows
    UsageSummary& summary = groups[group_of(row)];
    summary.exchanges = row.integer(kGroupColumns);
    for (int i = 0; i < kOutcomes; ++i) {
      summary.outcomes[static_cast<std::size_t>(i)] = row.integer(kGroupColumns + 1 + i);
    }
  });
}

Result<std::int64_t> add_attempts(store::Connection& connection, const UsageQuery& query,
                                  Groups& groups) {
  const GroupSql group = group_sql(query.by, "model");
  const std::string sql = "SELECT " + group.columns + "COUNT(*), " + sum("billed") + ", " +
                          sum("input_tokens") + ", " + sum("output_tokens") + ", " +
                          sum("cache_creation_input_tokens") + ", " +
                          sum("cache_read_input_tokens") + ", " + sum("cache_creation_5m_tokens") +
                          ", " + sum("cache_creation_1h_tokens") + ", " + sum("thinking_tokens") +
                          ", " + sum("CASE WHEN billed = 1 THEN cost_nano_usd ELSE 0 END") +
                          " FROM attempt" + filter_sql("model") + group.clause;
  return run(connection, sql, query, [&](const store::Row& row) {
    if (row.integer(kGroupColumns) == 0) return;
    UsageSummary& summary = groups[group_of(row)];
    int column = kGroupColumns;
    for (std::int64_t* const field :
         {&summary.attempts, &summary.billed_attempts, &summary.usage.input_tokens,
          &summary.usage.output_tokens, &summary.usage.cache_creation_input_tokens,
          &summary.usage.cache_read_input_tokens, &summary.usage.cache_creation_5m_tokens,
          &summary.usage.cache_creation_1h_tokens, &summary.usage.thinking_tokens,
          &summary.cost_nano_usd}) {
      *field = row.integer(column++);
    }
  });
}

}  // namespace

Result<std::vector<UsageSummary>> summarise_usage(store::Connection& connection,
                                                  const UsageQuery& query) {
  Groups groups;
  if (auto read = add_exchanges(connection, query, groups); !read)
    return tl::unexpected(std::move(read.error()));
  if (auto read = add_attempts(connection, query, groups); !read)
    return tl::unexpected(std::move(read.error()));
  std::vector<UsageSummary> summaries;
  for (auto& [group, summary] : groups) {
    std::tie(summary.day, summary.organisation, summary.workspace, summary.key_id, summary.end_user,
             summary.model) = group;
    summaries.push_back(std::move(summary));
  }
  return summaries;
}

}  // namespace sallyport::metering
