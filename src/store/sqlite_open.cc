#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "store/sqlite.h"

namespace sallyport::store::detail {
namespace {

Code code_of(Trouble trouble) {
  switch (trouble) {
    case Trouble::busy:
      return Code::overloaded;
    case Trouble::full:
    case Trouble::readonly:
    case Trouble::io:
      return Code::io;
    case Trouble::unreachable:
      return Code::unavailable;
    case Trouble::timeout:
      return Code::timeout;
    case Trouble::corrupt:
      return Code::corrupt;
    case Trouble::constraint:
      return Code::conflict;
    case Trouble::none:
    case Trouble::other:
      break;
  }
  return Code::internal;
}

// SQLite would make the file by the umask; usage and key tables are nobody else's business. -wal
// and -shm take the mode of the database.
//
// A file that exists is never opened here: closing it would drop every POSIX lock that this process
// holds on it through SQLite (sqlite.org/howtocorrupt.html, 2.2). Another process that closes its
// connection would then take itself for the last one and delete the log under the readers' feet.
Result<> make_private_file(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0 && errno == EEXIST) return {};
  if (file < 0) {
    return fail(Code::io, "cannot open database " + path + ": " + std::strerror(errno) +
                              "; check that its folder exists and is writable");
  }
  ::close(file);
  return {};
}

int run_pragma(sqlite3* database, const std::string& sql) {
  return sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr);
}

}  // namespace

Trouble trouble_of_sqlite(int code) {
  switch (code & 0xff) {
    case SQLITE_OK:
      return Trouble::none;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return Trouble::busy;
    case SQLITE_FULL:
      return Trouble::full;
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return Trouble::readonly;
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_NOMEM:
      return Trouble::io;
    case SQLITE_INTERRUPT:
      return Trouble::timeout;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return Trouble::corrupt;
    case SQLITE_CONSTRAINT:
      return Trouble::constraint;
    default:
      return Trouble::other;
  }
}

Failure sqlite_failure(int code, std::string doing) {
  const Trouble trouble = trouble_of_sqlite(code);
  // errstr is a fixed text for the code; errmsg could quote SQL.
  return fail(code_of(trouble), doing + ": " + sqlite3_errstr(code), Source::internal,
              is_passing(trouble) && trouble != Trouble::corrupt);
}

Result<DatabasePtr> open_database(const std::string& path, const SqliteOptions& options) {
  if (!options.read_only && options.create) {
    if (auto made = make_private_file(path); !made) return tl::unexpected(std::move(made.error()));
  }
  sqlite3* raw = nullptr;
  const int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE |
                    (options.read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE);
  const int opened = sqlite3_open_v2(path.c_str(), &raw, flags, nullptr);
  DatabasePtr database(raw);
  if (opened != SQLITE_OK) return sqlite_failure(opened, "cannot open database " + path);

  using std::chrono::duration_cast;
  using std::chrono::milliseconds;
  sqlite3_busy_timeout(raw,
                       static_cast<int>(duration_cast<milliseconds>(options.busy_timeout).count()));
  sqlite3_db_config(raw, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(raw, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  std::string pragmas = "PRAGMA foreign_keys=ON;";
  if (!options.read_only) {
    pragmas += "PRAGMA journal_mode=WAL;";
    pragmas += options.synchronous == Synchronous::full ? "PRAGMA synchronous=FULL;"
                                                        : "PRAGMA synchronous=NORMAL;";
  }
  const int set = run_pragma(raw, pragmas);
  if (set != SQLITE_OK) return sqlite_failure(set, "cannot use database " + path);
  return database;
}

Result<> check_integrity(sqlite3* database) {
  std::string verdict;
  const auto collect = [](void* out, int, char** values, char**) {
    auto* text = static_cast<std::string*>(out);
    if (text->empty() && values[0] != nullptr) *text = values[0];
    return 0;
  };
  const int ran = sqlite3_exec(database, "PRAGMA integrity_check(1)", collect, &verdict, nullptr);
  if (ran != SQLITE_OK) return sqlite_failure(ran, "integrity check");
  if (verdict != "ok") return fail(Code::corrupt, "integrity check: the database is damaged");
  return {};
}

}  // namespace sallyport::store::detail
