#include <libpq-fe.h>

#include <charconv>
#include <cstdlib>
#include <cstring>
#include <unordered_map>

#include "store/store.h"
#include "store/text_check.h"

namespace sallyport::store {
namespace {

struct FinishConnection {
  void operator()(PGconn* connection) const { PQfinish(connection); }
};
struct ClearResult {
  void operator()(PGresult* result) const { PQclear(result); }
};
struct FreeMemory {
  void operator()(unsigned char* memory) const { PQfreemem(memory); }
};
using ConnectionPtr = std::unique_ptr<PGconn, FinishConnection>;
using ResultPtr = std::unique_ptr<PGresult, ClearResult>;

// Beyond this a statement is sent without being kept: SQL that is not a fixed text must not fill
// the server.
constexpr std::size_t kMaxKeptStatements = 256;

struct Refusal {
  Trouble trouble;
  Code code;
};

// Classes of Appendix A of the PostgreSQL 15 manual.
Refusal refusal_of(std::string_view state) {
  const std::string_view group = state.substr(0, 2);
  if (state == "53100") return {Trouble::full, Code::io};
  if (state == "25006") return {Trouble::readonly, Code::io};
  if (state == "57014") return {Trouble::timeout, Code::timeout};
  if (group == "40" || state == "55P03") return {Trouble::busy, Code::overloaded};
  if (group == "08" || group == "57") return {Trouble::unreachable, Code::unavailable};
  if (group == "53") return {Trouble::busy, Code::overloaded};
  if (group == "58") return {Trouble::io, Code::io};
  if (group == "XX") return {Trouble::corrupt, Code::corrupt};
  if (group == "23") return {Trouble::constraint, Code::conflict};
  if (group == "22") return {Trouble::other, Code::invalid};
  return {Trouble::other, Code::internal};
}

template <class Number>
Number parse_number(std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() ? number : Number{};
}

class PostgresRow final : public Row {
 public:
  PostgresRow(const PGresult* result, int row) : result_(result), row_(row) {}

  bool is_null(int column) const override { return PQgetisnull(result_, row_, column) == 1; }
  std::int64_t integer(int column) const override {
    return parse_number<std::int64_t>(text(column));
  }
  double real(int column) const override { return parse_number<double>(text(column)); }
  std::string_view text(int column) const override {
    return {PQgetvalue(result_, row_, column),
            static_cast<std::size_t>(PQgetlength(result_, row_, column))};
  }
  std::string_view blob(int column) const override {
    std::size_t size = 0;
    blob_.reset(PQunescapeBytea(
        reinterpret_cast<const unsigned char*>(PQgetvalue(result_, row_, column)), &size));
    return {reinterpret_cast<const char*>(blob_.get()), blob_ ? size : 0};
  }

 private:
  const PGresult* result_;
  int row_;
  mutable std::unique_ptr<unsigned char, FreeMemory> blob_;
};

// Values in the form libpq wants: text for everything but blobs.
struct Parameters {
  explicit Parameters(std::span<const Value> values) {
    texts.reserve(values.size());  // views into it must stay
    for (const Value& value : values) std::visit([this](const auto& held) { add(held); }, value);
  }

  void add(Null) { append(nullptr, 0, 0); }
  void add(std::int64_t number) { add_owned(std::to_string(number)); }
  void add(double number) {
    char digits[64];
    const auto [end, error] = std::to_chars(digits, digits + sizeof digits, number);
    add_owned(error == std::errc() ? std::string(digits, end) : "NaN");
  }
  void add(std::string_view text) { add_owned(std::string(text)); }
  void add(Blob blob) {
    append(blob.bytes.empty() ? "" : blob.bytes.data(), static_cast<int>(blob.bytes.size()), 1);
  }
  void add_owned(std::string text) {
    texts.push_back(std::move(text));
    append(texts.back().c_str(), 0, 0);
  }
  void append(const char* pointer, int length, int format) {
    pointers.push_back(pointer);
    lengths.push_back(length);
    formats.push_back(format);
  }

  int count() const { return static_cast<int>(pointers.size()); }

  std::vector<std::string> texts;
  std::vector<const char*> pointers;
  std::vector<int> lengths;
  std::vector<int> formats;
};

class PostgresConnection final : public Connection {
 public:
  explicit PostgresConnection(ConnectionPtr connection) : connection_(std::move(connection)) {}

  Dialect dialect() const override { return Dialect::postgres; }

  Result<> script(std::string_view sql) override {
    const ResultPtr result(PQexec(connection_.get(), std::string(sql).c_str()));
    if (auto good = check(result.get()); !good) return tl::unexpected(std::move(good.error()));
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
    const Statement& statement = **prepared;
    const Parameters bound(values);
    const ResultPtr result(
        statement.name.empty()
            ? PQexecParams(connection_.get(), statement.sql.c_str(), bound.count(), nullptr,
                           bound.pointers.data(), bound.lengths.data(), bound.formats.data(), 0)
            : PQexecPrepared(connection_.get(), statement.name.c_str(), bound.count(),
                             bound.pointers.data(), bound.lengths.data(), bound.formats.data(), 0));
    if (auto good = check(result.get()); !good) return tl::unexpected(std::move(good.error()));
    if (visit == nullptr) {
      const std::string_view changed = PQcmdTuples(result.get());
      return changed.empty() ? 0 : parse_number<std::int64_t>(changed);
    }
    const int rows = PQntuples(result.get());
    for (int i = 0; i < rows; ++i) (*visit)(PostgresRow(result.get(), i));
    return rows;
  }

 private:
  struct Statement {
    std::string name;  // empty = not kept by the server
    std::string sql;
  };

  Result<const Statement*> prepare(std::string_view sql) {
    if (const auto found = statements_.find(std::string(sql)); found != statements_.end()) {
      return &found->second;
    }
    Statement statement{{}, std::string(sql)};
    for (char& c : statement.sql) {
      if (c == '?') c = '$';
    }
    if (statements_.size() >= kMaxKeptStatements) {
      unkept_ = std::move(statement);
      return &unkept_;
    }
    statement.name = "s" + std::to_string(statements_.size());
    const ResultPtr result(
        PQprepare(connection_.get(), statement.name.c_str(), statement.sql.c_str(), 0, nullptr));
    if (auto good = check(result.get()); !good) return tl::unexpected(std::move(good.error()));
    return &statements_.emplace(std::string(sql), std::move(statement)).first->second;
  }

  Result<> check(const PGresult* result) {
    const ExecStatusType status = PQresultStatus(result);
    if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK) return {};
    const char* const field = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const std::string state = field != nullptr ? field : "";
    Refusal refusal = refusal_of(state);
    if (state.empty() || PQstatus(connection_.get()) != CONNECTION_OK) {
      refusal = {Trouble::unreachable, Code::unavailable};
    }
    trouble_ = refusal.trouble;
    // The server's message may quote values; the state is enough to look up.
    return fail(refusal.code,
                "database: " + std::string(to_string(trouble_)) +
                    (state.empty() ? ", connection lost" : ", SQLSTATE " + state),
                Source::internal, is_passing(trouble_) && trouble_ != Trouble::corrupt);
  }

  ConnectionPtr connection_;
  std::unordered_map<std::string, Statement> statements_;
  Statement unkept_;
};

class PostgresStore final : public Store {
 public:
  PostgresStore(std::string conninfo, PostgresOptions options)
      : conninfo_(std::move(conninfo)), options_(options) {}

  Dialect dialect() const override { return Dialect::postgres; }

  Result<std::unique_ptr<Connection>> connect() const override {
    using std::chrono::duration_cast;
    const auto wait = duration_cast<std::chrono::seconds>(options_.connect_timeout).count();
    const auto limit = duration_cast<std::chrono::milliseconds>(options_.statement_timeout).count();
    const std::string seconds = std::to_string(wait > 0 ? wait : 1);
    const std::string settings = "-c statement_timeout=" + std::to_string(limit);
    // Later words win, so what the operator's conninfo says beats our defaults.
    const char* const words[] = {"connect_timeout",  "options", "client_encoding",
                                 "application_name", "dbname",  nullptr};
    const char* const values[] = {seconds.c_str(), settings.c_str(),  "UTF8",
                                  "sallyport",     conninfo_.c_str(), nullptr};
    ConnectionPtr connection(PQconnectdbParams(words, values, 1));
    if (!connection || PQstatus(connection.get()) != CONNECTION_OK) {
      return fail(Code::unavailable,
                  "cannot connect to the PostgreSQL server; check its address, user and password",
                  Source::internal, true);
    }
    // Notices would go to standard error.
    PQsetNoticeProcessor(
        connection.get(), [](void*, const char*) {}, nullptr);
    return std::make_unique<PostgresConnection>(std::move(connection));
  }

 private:
  std::string conninfo_;
  PostgresOptions options_;
};

}  // namespace

Result<std::unique_ptr<Store>> open_postgres(std::string conninfo, PostgresOptions options) {
  auto store = std::make_unique<PostgresStore>(std::move(conninfo), options);
  auto tried = store->connect();
  if (!tried) return tl::unexpected(std::move(tried.error()));
  return store;
}

}  // namespace sallyport::store
