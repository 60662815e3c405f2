#pragma once

#include <sqlite3.h>

#include <memory>
#include <string>

#include "base/result.h"
#include "store/connection.h"
#include "store/store.h"

// Inside this room only: what SQLite's own functions need.
namespace sallyport::store::detail {

struct CloseDatabase {
  void operator()(sqlite3* database) const { sqlite3_close_v2(database); }
};
using DatabasePtr = std::unique_ptr<sqlite3, CloseDatabase>;

Trouble trouble_of_sqlite(int code);
// The error for `code`, as Connection promises it. `doing` says what was tried.
Failure sqlite_failure(int code, std::string doing);

// Opened without SQLite's mutexes and with the options applied; no schema touched yet.
Result<DatabasePtr> open_database(const std::string& path, const SqliteOptions& options);

// "PRAGMA integrity_check" says ok, else Code::corrupt.
Result<> check_integrity(sqlite3* database);

}  // namespace sallyport::store::detail
