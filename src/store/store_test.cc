#include "store/store.h"

#include <gtest/gtest.h>

#include <thread>

#include "base/random.h"
#include "store/migrate.h"
#include "store/test_database.h"
#include "store/text_check.h"

namespace sallyport::store {
namespace {

using testing::OnBothDatabases;

constexpr Migration kItems[] = {
    {1, "CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT, size REAL, bytes BLOB) STRICT",
     "CREATE TABLE item (id BIGINT PRIMARY KEY, name TEXT, size DOUBLE PRECISION, bytes BYTEA)"},
    {2, "CREATE INDEX item_name ON item (name)", "CREATE INDEX item_name ON item (name)"},
};

class StoreTest : public OnBothDatabases {
 protected:
  void SetUp() override {
    OnBothDatabases::SetUp();
    if (IsSkipped()) return;
    connection_ = store_->connect().value();
    ASSERT_TRUE(migrate(*connection_, "items", kItems));
  }

  std::int64_t count() {
    std::int64_t rows = -1;
    EXPECT_TRUE(connection_->query("SELECT COUNT(*) FROM item",
                                   [&](const Row& row) { rows = row.integer(0); }));
    return rows;
  }

  std::unique_ptr<Connection> connection_;
};

TEST_P(StoreTest, EveryTypeComesBackAsItWent) {
  const std::string bytes("\0\xff\\x'\n", 6);
  ASSERT_EQ(connection_
                ->execute("INSERT INTO item (id, name, size, bytes) VALUES (?1, ?2, ?3, ?4)",
                          INT64_MAX, "na'me \xe2\x82\xac", 0.1, Blob{bytes})
                .value(),
            1);
  ASSERT_TRUE(
      connection_->execute("INSERT INTO item (id, name, size, bytes) VALUES (?1, ?2, ?3, ?4)",
                           INT64_MIN, std::optional<std::string_view>(), Null{}, Blob{""}));
  std::vector<std::int64_t> ids;
  const auto rows = connection_->query(
      "SELECT id, name, size, bytes FROM item WHERE id > ?1 OR id < ?2 ORDER BY id",
      [&](const Row& row) {
        ids.push_back(row.integer(0));
        if (row.integer(0) == INT64_MAX) {
          EXPECT_EQ(row.text(1), "na'me \xe2\x82\xac");
          EXPECT_EQ(row.real(2), 0.1);
          EXPECT_EQ(row.blob(3), bytes);
          EXPECT_EQ(row.maybe_integer(0), INT64_MAX);
        } else {
          EXPECT_TRUE(row.is_null(1));
          EXPECT_TRUE(row.is_null(2));
          EXPECT_FALSE(row.is_null(3));
          EXPECT_EQ(row.blob(3), "");
          EXPECT_EQ(row.maybe_integer(1), std::nullopt);
        }
      },
      0, 0);
  EXPECT_EQ(rows.value(), 2);
  EXPECT_EQ(ids, (std::vector<std::int64_t>{INT64_MIN, INT64_MAX}));
}

TEST_P(StoreTest, RandomBytesAndTextsSurvive) {
  SeededRandom random(5);
  for (int i = 0; i < 100; ++i) {
    std::string bytes(random.below(300), '\0');
    random.fill({reinterpret_cast<std::uint8_t*>(bytes.data()), bytes.size()});
    const std::string text = storable_text(bytes, 1000);
    ASSERT_TRUE(connection_->execute("INSERT INTO item (id, name, bytes) VALUES (?1, ?2, ?3)", i,
                                     text, Blob{bytes}));
    const auto seen = connection_->query(
        "SELECT name, bytes FROM item WHERE id = ?1",
        [&](const Row& row) {
          EXPECT_EQ(row.text(0), text);
          EXPECT_EQ(row.blob(1), bytes);
        },
        i);
    ASSERT_EQ(seen.value(), 1);
  }
}

TEST_P(StoreTest, TextThatIsNotTextIsRefused) {
  for (const std::string_view bad :
       {std::string_view("a\0b", 3), std::string_view("\xff"), std::string_view("\xed\xa0\x80"),
        std::string_view("\xc0\xaf")}) {
    const auto done = connection_->execute("INSERT INTO item (id, name) VALUES (1, ?1)", bad);
    EXPECT_EQ(done.error().code, Code::invalid);
    EXPECT_TRUE(is_storable_text(storable_text(bad, 100)));
  }
  EXPECT_EQ(count(), 0);
}

TEST_P(StoreTest, ConstraintsAreConflicts) {
  ASSERT_TRUE(
      connection_->execute("INSERT INTO item (id, name) VALUES (?1, ?2)", 1, "secret name"));
  const auto again = connection_->execute("INSERT INTO item (id, name) VALUES (?1, ?2)", 1, "x");
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, Code::conflict);
  EXPECT_EQ(connection_->trouble(), Trouble::constraint);
  EXPECT_FALSE(again.error().retryable);
  EXPECT_EQ(again.error().detail.find("secret"), std::string::npos);
  EXPECT_EQ(connection_->execute("INSERT INTO item (id) VALUES (1) ON CONFLICT DO NOTHING").value(),
            0);
  EXPECT_EQ(connection_->execute("UPDATE item SET size = 2 WHERE id < 5").value(), 1);
}

TEST_P(StoreTest, WrongSqlIsAnErrorAndTheConnectionLivesOn) {
  EXPECT_EQ(connection_->execute("SELEKT 1").error().code, Code::internal);
  EXPECT_EQ(connection_->execute("SELECT * FROM missing").error().code, Code::internal);
  EXPECT_EQ(connection_->trouble(), Trouble::other);
  EXPECT_EQ(count(), 0);
}

TEST_P(StoreTest, ATransactionIsAllOrNothing) {
  {
    auto transaction = Transaction::begin(*connection_).value();
    ASSERT_TRUE(connection_->execute("INSERT INTO item (id) VALUES (1)"));
  }
  EXPECT_EQ(count(), 0);
  {
    auto transaction = Transaction::begin(*connection_).value();
    ASSERT_TRUE(connection_->execute("INSERT INTO item (id) VALUES (1)"));
    ASSERT_TRUE(connection_->execute("INSERT INTO item (id) VALUES (2)"));
    ASSERT_TRUE(transaction.commit());
  }
  EXPECT_EQ(count(), 2);
}

TEST_P(StoreTest, WritersOnOtherConnectionsAllGetThrough) {
  constexpr int kThreads = 4;
  constexpr int kRows = 50;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([this, t] {
      auto own = store_->connect().value();
      for (int i = 0; i < kRows; ++i) {
        auto transaction = Transaction::begin(*own);
        ASSERT_TRUE(transaction);
        // Reads before it writes: a deferred SQLite transaction would fail here.
        ASSERT_TRUE(own->query("SELECT COUNT(*) FROM item", [](const Row&) {}));
        ASSERT_TRUE(own->execute("INSERT INTO item (id) VALUES (?1)", t * kRows + i));
        ASSERT_TRUE(transaction->commit());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(count(), kThreads * kRows);
}

TEST_P(StoreTest, MigrationsRunOnceAndInOrder) {
  EXPECT_EQ(schema_version(*connection_, "items").value(), 2);
  ASSERT_TRUE(migrate(*connection_, "items", kItems));
  EXPECT_EQ(schema_version(*connection_, "items").value(), 2);
  EXPECT_EQ(schema_version(*connection_, "others").value(), 0);
}

TEST_P(StoreTest, ADatabaseNewerThanTheProgramIsRefused) {
  const auto older = std::span(kItems).first(1);
  const auto refused = migrate(*connection_, "items", older);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::config);
  EXPECT_NE(refused.error().detail.find("version 2"), std::string::npos);
}

TEST_P(StoreTest, AFailedMigrationLeavesNothing) {
  constexpr Migration kBroken[] = {
      {1, "CREATE TABLE half (id INTEGER); SELEKT 1", "CREATE TABLE half (id INTEGER); SELEKT 1"}};
  EXPECT_FALSE(migrate(*connection_, "broken", kBroken));
  EXPECT_EQ(schema_version(*connection_, "broken").value(), 0);
  EXPECT_FALSE(connection_->execute("INSERT INTO half (id) VALUES (1)"));
  constexpr Migration kGap[] = {{2, "SELECT 1", "SELECT 1"}};
  EXPECT_EQ(migrate(*connection_, "gap", kGap).error().code, Code::invalid);
}

TEST_P(StoreTest, SeveralStartsAtOnceMigrateOnce) {
  constexpr Migration kSteps[] = {
      {1, "CREATE TABLE many (id INTEGER)", "CREATE TABLE many (id INTEGER)"},
      {2, "INSERT INTO many VALUES (1)", "INSERT INTO many VALUES (1)"}};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      auto own = store_->connect().value();
      const auto done = migrate(*own, "many", kSteps);
      EXPECT_TRUE(done) << done.error().detail;
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::int64_t rows = 0;
  ASSERT_TRUE(
      connection_->query("SELECT COUNT(*) FROM many", [&](const Row& r) { rows = r.integer(0); }));
  EXPECT_EQ(rows, 1);
}

TEST_P(StoreTest, AStatementOverItsTimeIsStopped) {
  std::unique_ptr<Store> limited;
  if (GetParam() == Dialect::sqlite) {
    SqliteOptions options;
    options.statement_timeout = std::chrono::milliseconds(50);
    options.read_only = true;
    limited = open_sqlite(folder_.file("test.db"), options).value();
  } else {
    PostgresOptions options;
    options.statement_timeout = std::chrono::milliseconds(50);
    limited = open_postgres(server_->new_database(), options).value();
  }
  auto reader = limited->connect().value();
  const auto endless = reader->query(
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000000000) "
      "SELECT COUNT(*) FROM n",
      [](const Row&) {});
  ASSERT_FALSE(endless);
  EXPECT_EQ(endless.error().code, Code::timeout);
  EXPECT_TRUE(reader->query("SELECT 1", [](const Row&) {}));
}

INSTANTIATE_TEST_SUITE_P(Databases, StoreTest,
                         ::testing::Values(Dialect::sqlite, Dialect::postgres),
                         testing::dialect_name);

TEST(Sqlite, BadPathsAreToldAtOnce) {
  const testing::TempFolder folder;
  const auto missing = open_sqlite(folder.file("no/such/folder.db"));
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, Code::io);
  EXPECT_NE(missing.error().detail.find("folder"), std::string::npos);
  std::FILE* const file = std::fopen(folder.file("text.db").c_str(), "w");
  std::fputs("this is not a database, but it is long enough to look like one at first sight.......",
             file);
  std::fclose(file);
  const auto text = open_sqlite(folder.file("text.db"));
  ASSERT_FALSE(text);
  EXPECT_EQ(text.error().code, Code::corrupt);
}

TEST(Sqlite, FilesArePrivate) {
  const testing::TempFolder folder;
  const auto store = open_sqlite(folder.file("a.db")).value();
  auto connection = store->connect().value();
  ASSERT_TRUE(connection->script("CREATE TABLE t (id INTEGER)"));
  for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
    EXPECT_EQ(entry.status().permissions() & std::filesystem::perms::all,
              std::filesystem::perms::owner_read | std::filesystem::perms::owner_write)
        << entry.path();
  }
}

// What another process sees of our lock on the database: WAL connections hold a shared one all
// their life, and a process that finds none deletes the -wal when it closes.
bool another_process_sees_a_lock(const std::string& path) {
  const pid_t child = ::fork();
  if (child == 0) {
    const int file = ::open(path.c_str(), O_RDWR);
    struct flock lock = {};
    lock.l_type = F_WRLCK;
    ::fcntl(file, F_GETLK, &lock);
    ::_exit(lock.l_type != F_UNLCK ? 0 : 1);
  }
  int status = -1;
  return child > 0 && ::waitpid(child, &status, 0) == child && WIFEXITED(status) &&
         WEXITSTATUS(status) == 0;
}

TEST(Sqlite, MoreConnectionsDoNotTakeTheLocksOfTheFirst) {
  const testing::TempFolder folder;
  const auto store = open_sqlite(folder.file("a.db")).value();
  auto one = store->connect().value();
  ASSERT_TRUE(one->script("CREATE TABLE t (id INTEGER)"));
  EXPECT_TRUE(another_process_sees_a_lock(folder.file("a.db")));
  auto two = store->connect().value();
  const auto again = open_sqlite(folder.file("a.db")).value();
  EXPECT_TRUE(another_process_sees_a_lock(folder.file("a.db")));
}

TEST(Sqlite, AHeldLockIsBusy) {
  const testing::TempFolder folder;
  SqliteOptions options;
  options.busy_timeout = std::chrono::milliseconds(20);
  const auto store = open_sqlite(folder.file("a.db"), options).value();
  auto one = store->connect().value();
  auto two = store->connect().value();
  auto held = Transaction::begin(*one).value();
  const auto refused = Transaction::begin(*two);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::overloaded);
  EXPECT_TRUE(refused.error().retryable);
  EXPECT_EQ(two->trouble(), Trouble::busy);
}

TEST(Postgres, AServerThatIsNotThereIsUnavailableAndNothingIsLeaked) {
  const auto store = open_postgres("host=127.0.0.1 port=1 user=u password=hunter2");
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().code, Code::unavailable);
  EXPECT_EQ(store.error().detail.find("hunter2"), std::string::npos);
}

}  // namespace
}  // namespace sallyport::store
