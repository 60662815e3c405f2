#include <unordered_map>

#include "store/sqlite.h"
#include "store/text_check.h"

namespace sallyport::store {
namespace {

struct FinalizeStatement {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using StatementPtr = std::unique_ptr<sqlite3_stmt, FinalizeStatement>;

// Leaves a statement ready for its next use, with no view of the caller's bytes in it.
class Reset {
 public:
  explicit Reset(sqlite3_stmt* statement) : statement_(statement) {}
  ~Reset() {
    sqlite3_reset(statement_);
    sqlite3_clear_bindings(statement_);
  }
  Reset(const Reset&) = delete;
  Reset& operator=(const Reset&) = delete;

 private:
  sqlite3_stmt* statement_;
};

class SqliteRow final : public Row {
 public:
  explicit SqliteRow(sqlite3_stmt* statement) : statement_(statement) {}

  bool is_null(int column) const override {
    return sqlite3_column_type(statement_, column) == SQLITE_NULL;
  }
  std::int64_t integer(int column) const override {
    return sqlite3_column_int64(statement_, column);
  }
  double real(int column) const override { return sqlite3_column_double(statement_, column); }
  std::string_view text(int column) const override {
    const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
    return view(bytes, column);
  }
  std::string_view blob(int column) const override {
    const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement_, column));
    return view(bytes, column);
  }

 private:
  std::string_view view(const char* bytes, int column) const {
    if (bytes == nullptr) return {};
    return {bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
  }

  sqlite3_stmt* statement_;
};

// The caller's views outlive the step, so SQLite need not copy.
struct Bind {
  sqlite3_stmt* statement;
  int index;

  int operator()(Null) const { return sqlite3_bind_null(statement, index); }
  int operator()(std::int64_t number) const { return sqlite3_bind_int64(statement, index, number); }
  int operator()(double number) const { return sqlite3_bind_double(statement, index, number); }
  int operator()(std::string_view text) const {
    return sqlite3_bind_text64(statement, index, text.empty() ? "" : text.data(), text.size(),
                               SQLITE_STATIC, SQLITE_UTF8);
  }
  int operator()(Blob blob) const {
    return sqlite3_bind_blob64(statement, index, blob.bytes.empty() ? "" : blob.bytes.data(),
                               blob.bytes.size(), SQLITE_STATIC);
  }
};

class SqliteConnection final : public Connection {
 public:
  SqliteConnection(detail::DatabasePtr database, Duration statement_timeout)
      : database_(std::move(database)), statement_timeout_(statement_timeout) {
    if (statement_timeout_ > Duration(0)) {
      constexpr int kStepsBetweenLooks = 10'000;
      sqlite3_progress_handler(database_.get(), kStepsBetweenLooks, &over_time, this);
    }
  }

  Dialect dialect() const override { return Dialect::sqlite; }

  Result<> script(std::string_view sql) override {
    start_time();
    const int ran =
        sqlite3_exec(database_.get(), std::string(sql).c_str(), nullptr, nullptr, nullptr);
    if (ran != SQLITE_OK) return failure(ran);
    return {};
  }

  Result<std::int64_t> run(std::string_view sql, std::span<const Value> values,
                           const RowVisitor* visit) override {
    if (auto good = check_texts(values); !good) {
      trouble_ = Trouble::other;
      return tl::unexpected(std::move(good.error()));
    }
    auto prepared = prepare(sql);
    if (!prepared) return tl::unexpected(std::move(prepared.error()));
    sqlite3_stmt* const statement = *prepared;
    const Reset reset(statement);
    for (std::size_t i = 0; i < values.size(); ++i) {
      const int bound = std::visit(Bind{statement, static_cast<int>(i) + 1}, values[i]);
      if (bound != SQLITE_OK) return failure(bound);
    }
    start_time();
    const SqliteRow row(statement);
    std::int64_t rows = 0;
    int step = sqlite3_step(statement);
    for (; step == SQLITE_ROW; step = sqlite3_step(statement)) {
      ++rows;
      if (visit != nullptr) (*visit)(row);
    }
    if (step != SQLITE_DONE) return failure(step);
    return visit != nullptr ? rows : sqlite3_changes64(database_.get());
  }

 private:
  Result<sqlite3_stmt*> prepare(std::string_view sql) {
    if (const auto found = statements_.find(sql); found != statements_.end()) {
      return found->second.second.get();
    }
    // The map's keys are views of texts that it owns itself.
    auto text = std::make_unique<std::string>(sql);
    sqlite3_stmt* raw = nullptr;
    const int prepared =
        sqlite3_prepare_v3(database_.get(), text->data(), static_cast<int>(text->size()) + 1,
                           SQLITE_PREPARE_PERSISTENT, &raw, nullptr);
    StatementPtr statement(raw);
    if (prepared != SQLITE_OK) return failure(prepared);
    if (raw == nullptr) return failure(SQLITE_MISUSE);
    const std::string_view key = *text;
    statements_.emplace(key, std::pair(std::move(text), std::move(statement)));
    return raw;
  }

  Failure failure(int code) {
    trouble_ = detail::trouble_of_sqlite(code);
    return detail::sqlite_failure(code, "database");
  }

  void start_time() { deadline_ = clock_.now() + statement_timeout_; }

  static int over_time(void* self) {
    const auto& connection = *static_cast<SqliteConnection*>(self);
    return connection.clock_.now() > connection.deadline_ ? 1 : 0;
  }

  detail::DatabasePtr database_;
  std::unordered_map<std::string_view, std::pair<std::unique_ptr<std::string>, StatementPtr>>
      statements_;
  SystemClock clock_;
  Duration statement_timeout_;
  Instant deadline_;
};

class SqliteStore final : public Store {
 public:
  SqliteStore(std::string path, SqliteOptions options)
      : path_(std::move(path)), options_(options) {}

  Dialect dialect() const override { return Dialect::sqlite; }

  Result<std::unique_ptr<Connection>> connect() const override {
    auto database = detail::open_database(path_, options_);
    if (!database) return tl::unexpected(std::move(database.error()));
    return std::make_unique<SqliteConnection>(*std::move(database), options_.statement_timeout);
  }

 private:
  std::string path_;
  SqliteOptions options_;
};

}  // namespace

Result<std::unique_ptr<Store>> open_sqlite(std::string path, SqliteOptions options) {
  auto store = std::make_unique<SqliteStore>(std::move(path), options);
  auto tried = store->connect();
  if (!tried) return tl::unexpected(std::move(tried.error()));
  return store;
}

}  // namespace sallyport::store
