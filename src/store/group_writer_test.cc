#include "store/group_writer.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mount.h>

#include <fstream>
#include <thread>

#include "store/migrate.h"
#include "store/test_database.h"

namespace sallyport::store {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::OnBothDatabases;

constexpr Migration kRows[] = {{1, "CREATE TABLE entry (id INTEGER PRIMARY KEY, pad TEXT) STRICT",
                                "CREATE TABLE entry (id BIGINT PRIMARY KEY, pad TEXT)"}};

WriteJob insert(std::int64_t id, std::string pad = {}) {
  return [id, pad = std::move(pad)](Connection& connection) -> Result<> {
    auto done = connection.execute(
        "INSERT INTO entry (id, pad) VALUES (?1, ?2) ON CONFLICT DO NOTHING", id, pad);
    if (!done) return tl::unexpected(std::move(done.error()));
    return {};
  };
}

// Breaks the primary key where `id` is there already.
WriteJob insert_strictly(std::int64_t id) {
  return [id](Connection& connection) -> Result<> {
    auto done = connection.execute("INSERT INTO entry (id) VALUES (?1)", id);
    if (!done) return tl::unexpected(std::move(done.error()));
    return {};
  };
}

std::int64_t count(const Store& store) {
  auto connection = store.connect().value();
  std::int64_t rows = -1;
  EXPECT_TRUE(connection->query("SELECT COUNT(*) FROM entry",
                                [&](const Row& row) { rows = row.integer(0); }));
  return rows;
}

GroupWriterOptions quick() {
  GroupWriterOptions options;
  options.flush_interval = milliseconds(10);
  options.min_backoff = milliseconds(5);
  options.max_backoff = milliseconds(50);
  return options;
}

class GroupWriterTest : public OnBothDatabases {
 protected:
  void SetUp() override {
    OnBothDatabases::SetUp();
    if (IsSkipped()) return;
    auto connection = store_->connect().value();
    ASSERT_TRUE(migrate(*connection, "entries", kRows));
  }
};

TEST_P(GroupWriterTest, ManyThreadsPushAndEverythingIsStored) {
  constexpr int kThreads = 4;
  constexpr int kJobs = 500;
  auto writer = GroupWriter::start(*store_, quick()).value();
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kJobs; ++i) EXPECT_TRUE(writer->try_push(insert(t * kJobs + i)));
    });
  }
  for (std::thread& thread : threads) thread.join();
  ASSERT_TRUE(writer->flush(seconds(30)));
  EXPECT_EQ(count(*store_), kThreads * kJobs);
  const GroupWriterState state = writer->state();
  EXPECT_TRUE(state.healthy);
  EXPECT_EQ(state.queue_depth, 0u);
  EXPECT_EQ(state.committed_jobs, static_cast<std::uint64_t>(kThreads * kJobs));
}

TEST_P(GroupWriterTest, JobsOfOneThreadRunInTheirOrder) {
  GroupWriterOptions options = quick();
  options.batch_jobs = 7;
  auto writer = GroupWriter::start(*store_, options).value();
  std::vector<int> order;  // touched by the writer's thread, read after flush
  for (int i = 0; i < 300; ++i) {
    ASSERT_TRUE(writer->try_push([&order, i](Connection&) -> Result<> {
      order.push_back(i);
      return {};
    }));
    if (i % 50 == 0) testing::wait_ms(3);
  }
  ASSERT_TRUE(writer->flush(seconds(30)));
  EXPECT_EQ(order.size(), 300u);
  EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
}

TEST_P(GroupWriterTest, WithoutAFlushAJobIsStoredWithinTheInterval) {
  auto writer = GroupWriter::start(*store_, quick()).value();
  ASSERT_TRUE(writer->try_push(insert(1)));
  for (int tries = 0; tries < 500 && writer->state().queue_depth > 0; ++tries) testing::wait_ms(10);
  EXPECT_EQ(count(*store_), 1);
}

TEST_P(GroupWriterTest, DestructionStoresWhatIsQueued) {
  GroupWriterOptions options = quick();
  options.flush_interval = seconds(60);
  {
    auto writer = GroupWriter::start(*store_, options).value();
    for (int i = 0; i < 100; ++i) ASSERT_TRUE(writer->try_push(insert(i)));
  }
  EXPECT_EQ(count(*store_), 100);
}

TEST_P(GroupWriterTest, AFaultyJobIsRejectedAndItsNeighboursAreStored) {
  GroupWriterOptions options = quick();
  options.flush_interval = seconds(60);  // all in one batch
  auto writer = GroupWriter::start(*store_, options).value();
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(writer->try_push(insert(i)));
  ASSERT_TRUE(writer->try_push(insert_strictly(5)));
  ASSERT_TRUE(
      writer->try_push([](Connection&) -> Result<> { return fail(Code::internal, "own"); }));
  ASSERT_TRUE(writer->try_push(insert(99, std::string("a\0b", 3))));
  for (int i = 10; i < 20; ++i) ASSERT_TRUE(writer->try_push(insert(i)));
  ASSERT_TRUE(writer->flush(seconds(30)));
  EXPECT_EQ(count(*store_), 20);
  const GroupWriterState state = writer->state();
  EXPECT_EQ(state.rejected_jobs, 3u);
  EXPECT_EQ(state.committed_jobs, 20u);
  EXPECT_TRUE(state.healthy);
}

TEST_P(GroupWriterTest, AFullQueueRefusesAndTellsBefore) {
  GroupWriterOptions options = quick();
  options.queue_jobs = 10;
  options.high_water_jobs = 5;
  options.batch_jobs = 100;
  options.flush_interval = seconds(60);
  auto writer = GroupWriter::start(*store_, options).value();
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(writer->has_room(), i < 5) << i;
    ASSERT_TRUE(writer->try_push(insert(i)));
  }
  WriteJob refused = insert(10);
  EXPECT_FALSE(writer->try_push(std::move(refused)));
  EXPECT_TRUE(refused);  // NOLINT: a refused job is untouched by contract
  ASSERT_TRUE(writer->flush(seconds(30)));
  EXPECT_TRUE(writer->has_room());
  EXPECT_TRUE(writer->try_push(std::move(refused)));
  ASSERT_TRUE(writer->flush(seconds(30)));
  EXPECT_EQ(count(*store_), 11);
}

TEST_P(GroupWriterTest, WaitsOutALostTable) {
  auto writer = GroupWriter::start(*store_, quick()).value();
  auto connection = store_->connect().value();
  ASSERT_TRUE(connection->script("ALTER TABLE entry RENAME TO elsewhere"));
  ASSERT_TRUE(writer->try_push(insert(1)));
  const auto refused = writer->flush(milliseconds(200));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::timeout);
  EXPECT_FALSE(writer->state().healthy);
  EXPECT_FALSE(writer->state().reason.empty());
  ASSERT_TRUE(connection->script("ALTER TABLE elsewhere RENAME TO entry"));
  ASSERT_TRUE(writer->flush(seconds(30)));
  EXPECT_TRUE(writer->state().healthy);
  EXPECT_EQ(count(*store_), 1);
}

INSTANTIATE_TEST_SUITE_P(Databases, GroupWriterTest,
                         ::testing::Values(Dialect::sqlite, Dialect::postgres),
                         testing::dialect_name);

TEST(GroupWriterPostgres, JobsOutliveARestartOfTheServer) {
  auto* const server = testing::PostgresServer::shared();
  if (server == nullptr) GTEST_SKIP() << "PostgreSQL's server is not installed";
  const auto store = open_postgres(server->new_database()).value();
  ASSERT_TRUE(migrate(*store->connect().value(), "entries", kRows));
  auto writer = GroupWriter::start(*store, quick()).value();
  for (int i = 0; i < 50; ++i) ASSERT_TRUE(writer->try_push(insert(i)));
  ASSERT_TRUE(writer->flush(seconds(30)));
  server->stop();
  for (int i = 50; i < 100; ++i) ASSERT_TRUE(writer->try_push(insert(i)));
  EXPECT_FALSE(writer->flush(milliseconds(200)));
  const GroupWriterState state = writer->state();
  EXPECT_FALSE(state.healthy);
  EXPECT_EQ(state.trouble, Trouble::unreachable);
  EXPECT_EQ(state.queue_depth, 50u);
  ASSERT_TRUE(server->start());
  ASSERT_TRUE(writer->flush(seconds(30)));
  EXPECT_TRUE(writer->state().healthy);
  EXPECT_EQ(count(*store), 100);
}

// A SQLite store whose database may not grow beyond a number of pages: SQLite then reports a full
// disk.
class CrampedStore final : public Store {
 public:
  explicit CrampedStore(std::unique_ptr<Store> inner) : inner_(std::move(inner)) {}
  Dialect dialect() const override { return inner_->dialect(); }
  Result<std::unique_ptr<Connection>> connect() const override {
    auto connection = inner_->connect();
    if (connection) {
      EXPECT_TRUE((*connection)->script("PRAGMA max_page_count=" + std::to_string(pages.load())));
    }
    return connection;
  }

  std::atomic<int> pages{20};

 private:
  std::unique_ptr<Store> inner_;
};

TEST(GroupWriterSqlite, AFullDiskLosesNothing) {
  const testing::TempFolder folder;
  CrampedStore store(open_sqlite(folder.file("a.db")).value());
  ASSERT_TRUE(migrate(*store.connect().value(), "entries", kRows));
  GroupWriterOptions options = quick();
  options.batch_jobs = 4;
  options.queue_jobs = 60;
  options.high_water_jobs = 50;
  auto writer = GroupWriter::start(store, options).value();
  int pushed = 0;
  while (writer->try_push(insert(pushed, std::string(3000, 'x')))) {
    ++pushed;
    if (pushed % 4 == 0) [[maybe_unused]]
      const auto waited = writer->flush(milliseconds(50));
  }
  const GroupWriterState state = writer->state();
  EXPECT_FALSE(state.healthy);
  EXPECT_EQ(state.trouble, Trouble::full);
  EXPECT_NE(state.reason.find("full"), std::string::npos);
  EXPECT_GT(state.failing_since, WallTime{});
  EXPECT_FALSE(writer->has_room());
  EXPECT_LT(count(store), pushed);
  store.pages = 1'000'000;
  ASSERT_TRUE(writer->flush(seconds(30)));
  EXPECT_TRUE(writer->state().healthy);
  EXPECT_EQ(count(store), pushed);
  EXPECT_EQ(writer->state().rejected_jobs, 0u);
}

TEST(GroupWriterSqlite, AFileThatIsTakenAwayAndComesBackLosesNothing) {
  const testing::TempFolder folder;
  const auto store = open_sqlite(folder.file("a.db")).value();
  ASSERT_TRUE(migrate(*store->connect().value(), "entries", kRows));
  auto writer = GroupWriter::start(*store, quick()).value();
  // Somebody moves the file away: the writer's handle is good, so it first notices nothing; then
  // the file is replaced by a folder, which no database can be opened at.
  auto blocker = store->connect().value();
  ASSERT_TRUE(blocker->script("DROP TABLE entry"));
  ASSERT_TRUE(writer->try_push(insert(1)));
  EXPECT_FALSE(writer->flush(milliseconds(100)));
  blocker.reset();
  std::filesystem::rename(folder.file("a.db"), folder.file("moved.db"));
  std::filesystem::create_directory(folder.file("a.db"));
  EXPECT_FALSE(writer->flush(milliseconds(200)));
  EXPECT_EQ(writer->state().trouble, Trouble::io);
  std::filesystem::remove(folder.file("a.db"));
  ASSERT_TRUE(migrate(*store->connect().value(), "entries", kRows));
  ASSERT_TRUE(writer->flush(seconds(30)));
  EXPECT_EQ(count(*store), 1);
}

// A file system of two megabytes, where the machine lets the test mount one.
class SmallDisk {
 public:
  explicit SmallDisk(std::string path) : path_(std::move(path)) {
    std::filesystem::create_directory(path_);
    mounted_ = ::mount("none", path_.c_str(), "tmpfs", 0, "size=2m") == 0;
  }
  ~SmallDisk() {
    if (mounted_) ::umount2(path_.c_str(), MNT_DETACH);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

  bool mounted() const { return mounted_; }
  std::string file(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
  bool mounted_ = false;
};

TEST(GroupWriterSqlite, AFullFileSystemLosesNothing) {
  const testing::TempFolder folder;
  const SmallDisk disk(folder.file("disk"));
  if (!disk.mounted()) GTEST_SKIP() << "mounting a small file system is not permitted here";
  const auto store = open_sqlite(disk.file("a.db")).value();
  ASSERT_TRUE(migrate(*store->connect().value(), "entries", kRows));
  std::ofstream(disk.file("filler")) << std::string(1'200'000, 'f');
  auto writer = GroupWriter::start(*store, quick()).value();
  int pushed = 0;
  while (writer->state().healthy && pushed < 2000) {
    for (int i = 0; i < 20; ++i)
      ASSERT_TRUE(writer->try_push(insert(pushed++, std::string(3000, 'x'))));
    [[maybe_unused]] const auto waited = writer->flush(milliseconds(200));
  }
  const GroupWriterState state = writer->state();
  EXPECT_FALSE(state.healthy);
  EXPECT_TRUE(state.trouble == Trouble::full || state.trouble == Trouble::io) << state.reason;
  EXPECT_GT(state.queue_depth, 0u);
  std::filesystem::remove(disk.file("filler"));
  const auto flushed = writer->flush(seconds(30));
  ASSERT_TRUE(flushed) << flushed.error().detail;
  EXPECT_TRUE(writer->state().healthy);
  EXPECT_EQ(count(*store), pushed);
}

TEST(GroupWriterSqlite, ABusyDatabaseIsWaitedOut) {
  const testing::TempFolder folder;
  SqliteOptions sqlite;
  sqlite.busy_timeout = milliseconds(10);
  const auto store = open_sqlite(folder.file("a.db"), sqlite).value();
  auto holder = store->connect().value();
  ASSERT_TRUE(migrate(*holder, "entries", kRows));
  auto writer = GroupWriter::start(*store, quick()).value();
  {
    auto held = Transaction::begin(*holder).value();
    ASSERT_TRUE(writer->try_push(insert(1)));
    EXPECT_FALSE(writer->flush(milliseconds(150)));
    EXPECT_EQ(writer->state().trouble, Trouble::busy);
  }
  ASSERT_TRUE(writer->flush(seconds(30)));
  EXPECT_EQ(count(*store), 1);
}

TEST(GroupWriterSqlite, GivesUpAfterItsPatienceAndEnds) {
  const testing::TempFolder folder;
  const auto store = open_sqlite(folder.file("a.db")).value();
  GroupWriterOptions options = quick();
  options.stop_patience = milliseconds(100);
  auto writer = GroupWriter::start(*store, options).value();
  ASSERT_TRUE(writer->try_push(insert(1)));  // there is no such table
  writer.reset();
}

// The child pushes rows and reports a row's number once it may count on it; the parent kills it in
// the midst of its work and looks every reported row up.
void push_and_report(const std::string& path, int out, bool flushes) {
  const auto store = open_sqlite(path).value();
  GroupWriterOptions options;
  options.flush_interval = milliseconds(20);
  auto writer = GroupWriter::start(*store, options).value();
  for (std::int64_t id = 1;; ++id) {
    if (!writer->try_push(insert(id, std::string(200, 'p')))) continue;
    if (id % 25 == 0) {
      if (flushes && !writer->flush(seconds(30))) ::_exit(2);
      if (::write(out, &id, sizeof id) != sizeof id) ::_exit(3);
      if (!flushes) testing::wait_ms(2);
    }
  }
}

std::int64_t run_child_and_kill(const std::string& path, bool flushes, std::int64_t stop_at) {
  int ends[2];
  EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(ends[0]);
    push_and_report(path, ends[1], flushes);
    ::_exit(1);
  }
  ::close(ends[1]);
  std::int64_t reported = 0;
  std::int64_t id = 0;
  while (reported < stop_at && ::read(ends[0], &id, sizeof id) == sizeof id) reported = id;
  // Reported without a flush: stored within the interval, given here with room for a slow machine.
  if (!flushes) testing::wait_ms(400);
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  ::close(ends[0]);
  return reported;
}

TEST(GroupWriterSqlite, AKilledProcessLosesNothingFlushedAndNothingOlderThanTheInterval) {
  for (const bool flushes : {true, false}) {
    for (int round = 1; round <= 4; ++round) {
      const testing::TempFolder folder;
      const std::string path = folder.file("a.db");
      const auto store = open_sqlite(path).value();
      ASSERT_TRUE(migrate(*store->connect().value(), "entries", kRows));
      const std::int64_t reported = run_child_and_kill(path, flushes, round * 150);
      ASSERT_GE(reported, round * 150);
      std::int64_t rows = 0;
      auto connection = store->connect().value();
      ASSERT_TRUE(connection->query(
          "SELECT COUNT(*) FROM entry WHERE id <= ?1",
          [&](const Row& row) { rows = row.integer(0); }, reported));
      EXPECT_EQ(rows, reported) << "flushes " << flushes << " round " << round;
    }
  }
}

}  // namespace
}  // namespace sallyport::store
