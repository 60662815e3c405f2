#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>

#include "store/store.h"
#include "store/test_database.h"

namespace sallyport::store {
namespace {

// What a verb of the command line does while a gateway runs: opens, writes, closes. In a process of
// its own, which inherits no connection.
int write_one_row(const std::string& path) {
  const pid_t child = ::fork();
  if (child == 0) {
    auto store = open_sqlite(path);
    if (!store) ::_exit(2);
    auto connection = (*store)->connect();
    const bool done = connection && (*connection)->execute("INSERT INTO t (a) VALUES (?)", 2);
    connection->reset();
    ::_exit(done ? 0 : 3);
  }
  int status = -1;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

std::int64_t count_rows(Connection& connection) {
  std::int64_t count = -1;
  const auto read =
      connection.query("SELECT COUNT(*) FROM t", [&](const Row& row) { count = row.integer(0); });
  return read ? count : -1;
}

// Opening the file once more, by whatever way, must not cost the locks of connections that this
// process has already: the other process would delete the log that they read.
TEST(Processes, SeeEachOthersWritesWhileConnectionsComeAndGo) {
  const testing::TempFolder folder;
  const std::string path = folder.file("shared.db");
  auto store = open_sqlite(path);
  ASSERT_TRUE(store);
  auto reader = (*store)->connect();
  ASSERT_TRUE(reader);
  ASSERT_TRUE((*reader)->script("CREATE TABLE t (a INTEGER NOT NULL)"));
  ASSERT_TRUE((*reader)->execute("INSERT INTO t (a) VALUES (?)", 1));
  ASSERT_EQ(count_rows(**reader), 1);
  auto again = open_sqlite(path);
  ASSERT_TRUE(again);
  auto other = (*again)->connect();
  ASSERT_TRUE(other);
  ASSERT_EQ(write_one_row(path), 0);
  EXPECT_TRUE(std::filesystem::exists(path + "-wal")) << "the log was deleted under its readers";
  EXPECT_EQ(count_rows(**reader), 2);
  EXPECT_EQ(count_rows(**other), 2);
}

}  // namespace
}  // namespace sallyport::store
