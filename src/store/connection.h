#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <span>
#include <string_view>

#include "base/result.h"
#include "store/value.h"

namespace sallyport::store {

enum class Dialect : std::uint8_t { sqlite, postgres };

// What stood in the way of the last statement that failed.
enum class Trouble : std::uint8_t {
  none,
  busy,         // another writer holds the lock: Code::overloaded, retryable
  full,         // no space on the disk: Code::io, retryable
  readonly,     // file, disk or server takes no writes: Code::io, retryable
  io,           // the disk failed otherwise: Code::io, retryable
  unreachable,  // the server is gone: Code::unavailable, retryable
  timeout,      // over the connection's time for one statement: Code::timeout
  corrupt,      // the database's own check failed: Code::corrupt
  constraint,   // the rows break a rule of the schema: Code::conflict
  other,        // wrong SQL or values: Code::invalid or Code::internal
};

std::string_view to_string(Trouble trouble);

// True where the same statement may succeed later without any change to it.
bool is_passing(Trouble trouble);

using RowVisitor = std::function<void(const Row&)>;

// One session with a database. Used by one thread at a time; calls block, so never on a shard's
// thread. Statements are prepared once and kept: SQL must be one of a small, fixed set of texts,
// values are bound, never pasted.
class Connection {
 public:
  virtual ~Connection() = default;
  virtual Dialect dialect() const = 0;

  // Runs one statement; how many rows it changed.
  template <class... T>
  Result<std::int64_t> execute(std::string_view sql, const T&... values) {
    const std::array<Value, sizeof...(T)> bound{to_value(values)...};
    return run(sql, bound, nullptr);
  }

  // Runs one statement and visits every row of its result; how many rows came.
  template <class... T>
  Result<std::int64_t> query(std::string_view sql, const RowVisitor& visit, const T&... values) {
    const std::array<Value, sizeof...(T)> bound{to_value(values)...};
    return run(sql, bound, &visit);
  }

  // Several statements without values, for migrations.
  virtual Result<> script(std::string_view sql) = 0;
  virtual Result<std::int64_t> run(std::string_view sql, std::span<const Value> values,
                                   const RowVisitor* visit) = 0;

  // Of the last call that failed.
  Trouble trouble() const { return trouble_; }
  void clear_trouble() { trouble_ = Trouble::none; }

 protected:
  Trouble trouble_ = Trouble::none;
};

// BEGIN IMMEDIATE on SQLite: a transaction that first reads and then writes would otherwise fail at
// once, whatever the busy timeout. Rolls back unless committed.
class Transaction {
 public:
  static Result<Transaction> begin(Connection& connection);
  ~Transaction();
  Transaction(Transaction&& other) noexcept;
  Transaction& operator=(Transaction&&) = delete;

  // After a failure nothing of the transaction is stored.
  Result<> commit();

 private:
  explicit Transaction(Connection& connection) : connection_(&connection) {}
  Connection* connection_;
};

}  // namespace sallyport::store
