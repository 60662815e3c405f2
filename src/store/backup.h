#pragma once

#include <string>

#include "base/result.h"

// SQLite only; a PostgreSQL database is backed up with its server's own tools.
namespace sallyport::store {

// A consistent copy of the database while others write it (SQLite's online backup). The copy is
// checked, synced and only then given its name, mode 0600. Code::conflict where `to` exists.
Result<> backup_sqlite(const std::string& from, const std::string& to);

// Puts a copy of the backup `from` in the place of the database `to`. The backup is checked first;
// a database that is in use is refused (Code::conflict: stop the gateway); what was there stays as
// `to` + ".before-restore".
Result<> restore_sqlite(const std::string& from, const std::string& to);

}  // namespace sallyport::store
