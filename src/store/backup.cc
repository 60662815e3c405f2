#include "store/backup.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "store/sqlite.h"

namespace sallyport::store {
namespace {

namespace fs = std::filesystem;

constexpr int kPagesPerStep = 512;  // 2 MiB: writers get their turn in between
constexpr int kMaxBusySteps = 1000;
constexpr int kBusyWaitMs = 10;

Failure os_failure(const std::string& doing) {
  return fail(Code::io, doing + ": " + std::strerror(errno));
}

Result<> sync_path(const std::string& path, int flags) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | flags);
  if (file < 0) return os_failure("cannot open " + path);
  const bool synced = ::fsync(file) == 0;
  ::close(file);
  if (!synced) return os_failure("cannot sync " + path);
  return {};
}

bool exists(const std::string& path) { return ::access(path.c_str(), F_OK) == 0; }

std::string folder_of(const std::string& path) {
  const std::string folder = fs::path(path).parent_path().string();
  return folder.empty() ? "." : folder;
}

Result<> rename_and_sync(const std::string& from, const std::string& to) {
  if (std::rename(from.c_str(), to.c_str()) != 0) return os_failure("cannot rename to " + to);
  return sync_path(folder_of(to), O_DIRECTORY);
}

void remove_database(const std::string& path) {
  for (const char* suffix : {"", "-wal", "-shm", "-journal"}) {
    std::error_code ignored;
    fs::remove(path + suffix, ignored);
  }
}

Result<> copy_pages(sqlite3* from, sqlite3* to) {
  sqlite3_backup* const backup = sqlite3_backup_init(to, "main", from, "main");
  if (backup == nullptr) return detail::sqlite_failure(sqlite3_errcode(to), "backup");
  int busy_steps = 0;
  int stepped = SQLITE_OK;
  while (stepped == SQLITE_OK || stepped == SQLITE_BUSY || stepped == SQLITE_LOCKED) {
    stepped = sqlite3_backup_step(backup, kPagesPerStep);
    if (stepped == SQLITE_BUSY || stepped == SQLITE_LOCKED) {
      if (++busy_steps > kMaxBusySteps) break;
      sqlite3_sleep(kBusyWaitMs);
    }
  }
  const int finished = sqlite3_backup_finish(backup);
  if (stepped != SQLITE_DONE) return detail::sqlite_failure(stepped, "backup");
  if (finished != SQLITE_OK) return detail::sqlite_failure(finished, "backup");
  return {};
}

// A checked, synced copy of `from` at `to`, with nothing beside it.
Result<> copy_checked(const std::string& from, const std::string& to) {
  SqliteOptions reading;
  reading.create = false;
  reading.read_only = true;
  auto source = detail::open_database(from, reading);
  if (!source) return tl::unexpected(std::move(source.error()));
  // An empty file is a sound and empty database to SQLite; it is nobody's backup.
  std::error_code unknown;
  if (fs::file_size(from, unknown) == 0) return fail(Code::corrupt, from + " is empty");
  remove_database(to);
  {
    auto target = detail::open_database(to, SqliteOptions{});
    if (!target) return tl::unexpected(std::move(target.error()));
    if (auto copied = copy_pages(source->get(), target->get()); !copied) return copied;
    if (auto sound = detail::check_integrity(target->get()); !sound) return sound;
    // One file that can be moved about: no log beside it.
    const int single =
        sqlite3_exec(target->get(), "PRAGMA journal_mode=DELETE", nullptr, nullptr, nullptr);
    if (single != SQLITE_OK) return detail::sqlite_failure(single, "backup");
  }
  return sync_path(to, 0);
}

// Nobody else has the database open. A file too damaged to ask is in nobody's use.
Result<> check_unused(const std::string& path) {
  SqliteOptions options;
  options.create = false;
  options.busy_timeout = Duration(0);
  auto database = detail::open_database(path, options);
  int asked = SQLITE_OK;
  if (database) {
    asked = sqlite3_exec(database->get(),
                         "PRAGMA locking_mode=EXCLUSIVE; BEGIN EXCLUSIVE; COMMIT;"
                         "PRAGMA wal_checkpoint(TRUNCATE);",
                         nullptr, nullptr, nullptr);
  }
  const bool busy = database ? detail::trouble_of_sqlite(asked) == Trouble::busy
                             : database.error().code == Code::overloaded;
  if (busy) {
    return fail(Code::conflict, "database " + path + " is in use; stop the gateway first");
  }
  return {};
}

}  // namespace

Result<> backup_sqlite(const std::string& from, const std::string& to) {
  if (exists(to)) return fail(Code::conflict, to + " exists; name a new file");
  if (!exists(from)) return fail(Code::not_found, "no database at " + from);
  const std::string partial = to + ".partial";
  auto copied = copy_checked(from, partial);
  if (copied) copied = rename_and_sync(partial, to);
  if (!copied) remove_database(partial);
  return copied;
}

Result<> restore_sqlite(const std::string& from, const std::string& to) {
  if (!exists(from)) return fail(Code::not_found, "no backup at " + from);
  if (exists(to)) {
    if (auto unused = check_unused(to); !unused) return unused;
  }
  const std::string partial = to + ".restoring";
  auto copied = copy_checked(from, partial);
  if (!copied) {
    remove_database(partial);
    return fail_within("backup " + from, std::move(copied.error()));
  }
  if (exists(to)) {
    const std::string kept = to + ".before-restore";
    remove_database(kept);
    for (const char* suffix : {"-wal", "-shm", ""}) {
      if (!exists(to + suffix)) continue;
      if (auto moved = rename_and_sync(to + suffix, kept + suffix); !moved) return moved;
    }
  }
  return rename_and_sync(partial, to);
}

}  // namespace sallyport::store
