#include "store/backup.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <atomic>
#include <fstream>
#include <thread>

#include "store/test_database.h"

namespace sallyport::store {
namespace {

class BackupTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto connection = open_sqlite(live_).value()->connect().value();
    ASSERT_TRUE(
        connection->script("CREATE TABLE pair (id INTEGER PRIMARY KEY, a INTEGER, b INTEGER);"
                           "CREATE TABLE pad (text TEXT)"));
    add_rows(*connection, 0, 200);
  }

  // a and b are always written together, so a torn copy would show.
  static void add_rows(Connection& connection, int from, int to) {
    for (int i = from; i < to; ++i) {
      auto transaction = Transaction::begin(connection).value();
      ASSERT_TRUE(connection.execute("INSERT INTO pair (id, a, b) VALUES (?1, ?2, 0)", i, i));
      ASSERT_TRUE(connection.execute("UPDATE pair SET b = ?1 WHERE id = ?2", i, i));
      ASSERT_TRUE(connection.execute("INSERT INTO pad (text) VALUES (?1)", std::string(500, 'x')));
      ASSERT_TRUE(transaction.commit());
    }
  }

  static std::int64_t number(const std::string& path, std::string_view sql) {
    auto connection = open_sqlite(path).value()->connect().value();
    std::int64_t result = -1;
    EXPECT_TRUE(connection->query(sql, [&](const Row& row) { result = row.integer(0); }));
    return result;
  }

  testing::TempFolder folder_;
  std::string live_ = folder_.file("live.db");
  std::string copy_ = folder_.file("copy.db");
};

constexpr std::string_view kCount = "SELECT COUNT(*) FROM pair";

TEST_F(BackupTest, ACopyIsTakenWhileOthersWrite) {
  std::atomic<bool> stop{false};
  std::thread writer([&] {
    auto connection = open_sqlite(live_).value()->connect().value();
    for (int i = 200; !stop; ++i) add_rows(*connection, i, i + 1);
  });
  for (int round = 0; round < 5; ++round) {
    const std::string copy = copy_ + std::to_string(round);
    const auto done = backup_sqlite(live_, copy);
    EXPECT_TRUE(done) << done.error().detail;
    EXPECT_GE(number(copy, kCount), 200);
    EXPECT_EQ(number(copy, "SELECT COUNT(*) FROM pair WHERE a <> b"), 0);
    EXPECT_EQ(number(copy, "SELECT (SELECT COUNT(*) FROM pair) - (SELECT COUNT(*) FROM pad)"), 0);
  }
  stop = true;
  writer.join();
}

TEST_F(BackupTest, ABackupIsOnePrivateFileAndOverwritesNothing) {
  ASSERT_TRUE(backup_sqlite(live_, copy_));
  EXPECT_FALSE(std::filesystem::exists(copy_ + "-wal"));
  EXPECT_FALSE(std::filesystem::exists(copy_ + ".partial"));
  EXPECT_EQ(std::filesystem::status(copy_).permissions() & std::filesystem::perms(0777),
            std::filesystem::perms(0600));
  EXPECT_EQ(backup_sqlite(live_, copy_).error().code, Code::conflict);
  EXPECT_EQ(backup_sqlite(folder_.file("none.db"), folder_.file("x.db")).error().code,
            Code::not_found);
}

TEST_F(BackupTest, RestoreBringsBackTheRowsAndKeepsWhatWasThere) {
  ASSERT_TRUE(backup_sqlite(live_, copy_));
  add_rows(*open_sqlite(live_).value()->connect().value(), 200, 300);
  const auto done = restore_sqlite(copy_, live_);
  ASSERT_TRUE(done) << done.error().detail;
  EXPECT_EQ(number(live_, kCount), 200);
  EXPECT_EQ(number(live_ + ".before-restore", kCount), 300);
  const std::string fresh = folder_.file("fresh.db");
  ASSERT_TRUE(restore_sqlite(copy_, fresh));
  EXPECT_EQ(number(fresh, kCount), 200);
}

TEST_F(BackupTest, ADatabaseInUseIsNotReplaced) {
  ASSERT_TRUE(backup_sqlite(live_, copy_));
  auto user = open_sqlite(live_).value()->connect().value();
  ASSERT_TRUE(user->query(kCount, [](const Row&) {}));
  const auto refused = restore_sqlite(copy_, live_);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::conflict);
  user.reset();
  EXPECT_TRUE(restore_sqlite(copy_, live_));
}

TEST_F(BackupTest, ADamagedBackupIsRefusedAndChangesNothing) {
  ASSERT_TRUE(backup_sqlite(live_, copy_));
  const auto size = std::filesystem::file_size(copy_);
  const std::string cut = folder_.file("cut.db");
  std::filesystem::copy_file(copy_, cut);
  std::filesystem::resize_file(cut, size / 2 / 4096 * 4096);
  const std::string scribbled = folder_.file("scribbled.db");
  std::filesystem::copy_file(copy_, scribbled);
  {
    std::fstream file(scribbled, std::ios::in | std::ios::out | std::ios::binary);
    for (std::size_t at = 4096 * 3; at + 8 < size; at += 4096) {
      file.seekp(static_cast<std::streamoff>(at));
      file.write("\xff\xff\xff\xff\xff\xff\xff\xff", 8);
    }
  }
  const std::string text = folder_.file("text.db");
  std::ofstream(text) << std::string(5000, 't');
  std::ofstream(folder_.file("empty.db")).flush();
  for (const std::string& bad : {cut, scribbled, text, folder_.file("empty.db")}) {
    const auto refused = restore_sqlite(bad, live_);
    ASSERT_FALSE(refused) << bad;
    EXPECT_EQ(refused.error().code, Code::corrupt) << refused.error().detail;
    EXPECT_EQ(number(live_, kCount), 200);
  }
  EXPECT_EQ(restore_sqlite(folder_.file("none.db"), live_).error().code, Code::not_found);
}

TEST_F(BackupTest, ADamagedDatabaseCanBeReplaced) {
  ASSERT_TRUE(backup_sqlite(live_, copy_));
  std::ofstream(live_, std::ios::trunc) << std::string(5000, 't');
  const auto done = restore_sqlite(copy_, live_);
  ASSERT_TRUE(done) << done.error().detail;
  EXPECT_EQ(number(live_, kCount), 200);
}

}  // namespace
}  // namespace sallyport::store
