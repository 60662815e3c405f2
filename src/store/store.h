#pragma once

#include <memory>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "store/connection.h"

namespace sallyport::store {

enum class Synchronous : std::uint8_t {
  normal,  // a power cut may lose the last commits, a killed process loses none; the file stays
           // sound either way
  full,    // every commit is on the disk before it is reported
};

struct SqliteOptions {
  Synchronous synchronous = Synchronous::normal;
  Duration busy_timeout = std::chrono::seconds(5);
  // Bound of one statement; 0 = none. For readers, whose long reads would keep the log from being
  // checkpointed.
  Duration statement_timeout{0};
  bool read_only = false;
  bool create = true;  // the file, with mode 0600; never its folder
};

struct PostgresOptions {
  Duration connect_timeout = std::chrono::seconds(5);
  Duration statement_timeout{0};
};

// Knows how to reach one database. Const use from any thread; each thread takes a connection of its
// own.
class Store {
 public:
  virtual ~Store() = default;
  virtual Dialect dialect() const = 0;
  virtual Result<std::unique_ptr<Connection>> connect() const = 0;
};

// Both try one connection, so that a wrong path or address is told at start. Errors name the path,
// never a conninfo, which may hold a password.
Result<std::unique_ptr<Store>> open_sqlite(std::string path, SqliteOptions options = {});
Result<std::unique_ptr<Store>> open_postgres(std::string conninfo, PostgresOptions options = {});

}  // namespace sallyport::store
