#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "base/result.h"
#include "store/connection.h"

namespace sallyport::store {

// One step of a room's schema. A released step never changes; what it got wrong, the next step
// mends.
struct Migration {
  std::int32_t version = 0;  // 1, 2, 3, …
  std::string_view sqlite;
  std::string_view postgres;
};

// Brings the tables of `component` ("access", "metering") to the last version, each step in a
// transaction of its own; safe when several processes start at once. Code::config where the
// database is newer than this program (an older program must not write into tables it does not
// know), Code::invalid where the versions are not 1, 2, 3, ….
Result<> migrate(Connection& connection, std::string_view component,
                 std::span<const Migration> migrations);

// 0 where the component has no tables yet.
Result<std::int32_t> schema_version(Connection& connection, std::string_view component);

}  // namespace sallyport::store
