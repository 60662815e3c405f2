#include "metering/usage_store.h"

#include <gtest/gtest.h>

#include <thread>

#include "metering/usage_query.h"
#include "store/backup.h"
#include "store/test_database.h"

namespace sallyport::metering {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

const WallTime kNoon = wall_from_unix_seconds(1'795'262'400);  // 2026-11-21 12:00

ExchangeRecord record(int number) {
  ExchangeRecord made;
  made.request_id = "req_" + std::to_string(number);
  made.started_at = kNoon;
  made.duration = milliseconds(1500);
  made.time_to_first_byte = milliseconds(200);
  made.organisation = "acme";
  made.workspace = "default";
  made.key_id = "key_a";
  made.end_user = "user-1";
  made.requested_model = "model-a";
  made.served_model = "model-a";
  made.outcome = Outcome::answered;
  made.http_status = 200;
  AttemptRecord attempt;
  attempt.model = "model-a";
  attempt.upstream = "one";
  attempt.outcome = AttemptOutcome::served;
  attempt.billed = true;
  attempt.usage = {.input_tokens = 100,
                   .output_tokens = 10,
                   .cache_creation_input_tokens = 6,
                   .cache_read_input_tokens = 7,
                   .cache_creation_5m_tokens = 4,
                   .cache_creation_1h_tokens = 2,
                   .thinking_tokens = 5};
  attempt.cost_nano_usd = 1'500'000;
  made.attempts.push_back(attempt);
  return made;
}

// Model a refused without a bill, model b served.
ExchangeRecord fallback_record(int number) {
  ExchangeRecord made = record(number);
  made.outcome = Outcome::fallback_served;
  made.served_model = "model-b";
  made.attempts[0].outcome = AttemptOutcome::refused;
  made.attempts[0].billed = false;
  made.attempts.push_back(made.attempts[0]);
  made.attempts[1].hop = 1;
  made.attempts[1].model = "model-b";
  made.attempts[1].kind = AttemptKind::fallback_message;
  made.attempts[1].outcome = AttemptOutcome::served;
  made.attempts[1].billed = true;
  made.attempts[1].cost_nano_usd = 700;
  return made;
}

class UsageStoreTest : public store::testing::OnBothDatabases {
 protected:
  void SetUp() override {
    OnBothDatabases::SetUp();
    if (IsSkipped()) return;
    store::GroupWriterOptions options;
    options.flush_interval = milliseconds(10);
    usage_ = UsageStore::start(*store_, options).value();
    connection_ = store_->connect().value();
  }

  void write(ExchangeRecord made) { ASSERT_TRUE(usage_->accept(std::move(made))); }

  std::vector<UsageSummary> summarise(UsageGrouping by, UsageQuery query = {}) {
    EXPECT_TRUE(usage_->flush(seconds(30)));
    query.by = by;
    if (query.to == WallTime{}) query.to = kNoon + hours(1000);
    auto summaries = summarise_usage(*connection_, query);
    EXPECT_TRUE(summaries) << (summaries ? "" : summaries.error().detail);
    return summaries.value_or(std::vector<UsageSummary>());
  }

  std::unique_ptr<UsageStore> usage_;
  std::unique_ptr<store::Connection> connection_;
};

TEST_P(UsageStoreTest, ARecordIsStoredWhole) {
  ExchangeRecord made = fallback_record(1);
  made.category = "cyber";
  made.stop_reason = "end_turn";
  write(made);
  ASSERT_TRUE(usage_->flush(seconds(30)));
  std::int64_t rows = 0;
  ASSERT_TRUE(connection_->query(
      "SELECT organisation, workspace, key_id, end_user, day, started_ms, duration_us, "
      "time_to_first_byte_us, api, "
      "operation, requested_model, served_model, outcome, http_status, stop_reason, category, "
      "cost_nano_usd FROM "
      "exchange",
      [&](const store::Row& row) {
        ++rows;
        const char* const texts[] = {"acme", "default", "key_a", "user-1", "2026-11-21"};
        for (int i = 0; i < 5; ++i) EXPECT_EQ(row.text(i), texts[i]);
        EXPECT_EQ(row.integer(5), unix_millis(kNoon));
        EXPECT_EQ(row.integer(6), 1'500'000);
        EXPECT_EQ(row.integer(7), 200'000);
        EXPECT_EQ(row.text(8), to_string(dialect::Api::anthropic));
        EXPECT_EQ(row.text(10), "model-a");
        EXPECT_EQ(row.text(11), "model-b");
        EXPECT_EQ(row.text(12), "fallback_served");
        EXPECT_EQ(row.text(15), "cyber");
        EXPECT_EQ(row.integer(16), 700);
      }));
  EXPECT_EQ(rows, 1);
  rows = 0;
  ASSERT_TRUE(
      connection_->query("SELECT number, hop, kind, outcome, organisation, workspace, key_id, "
                         "end_user, billed FROM attempt ORDER BY "
                         "number",
                         [&](const store::Row& row) {
                           EXPECT_EQ(row.integer(0), rows);
                           EXPECT_EQ(row.integer(1), rows);
                           EXPECT_EQ(row.text(2), rows == 0 ? "message" : "fallback_message");
                           EXPECT_EQ(row.text(3), rows == 0 ? "refused" : "served");
                           EXPECT_EQ(row.text(4), "acme");
                           EXPECT_EQ(row.text(7), "user-1");
                           EXPECT_EQ(row.integer(8), rows);
                           ++rows;
                         }));
  EXPECT_EQ(rows, 2);
}

TEST_P(UsageStoreTest, ARecordIsStoredOnce) {
  write(record(1));
  write(record(1));
  EXPECT_EQ(summarise({})[0].exchanges, 1);
  EXPECT_EQ(summarise({})[0].attempts, 1);
}

TEST_P(UsageStoreTest, SumsAreExactAndTokensBelongToTheirModel) {
  EXPECT_TRUE(summarise({}).empty());
  for (int i = 0; i < 20; ++i) write(record(i));
  for (int i = 20; i < 25; ++i) write(fallback_record(i));
  const auto all = summarise({});
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].exchanges, 25);
  EXPECT_EQ(all[0].with(Outcome::answered), 20);
  EXPECT_EQ(all[0].with(Outcome::fallback_served), 5);
  EXPECT_EQ(all[0].attempts, 30);
  EXPECT_EQ(all[0].billed_attempts, 25);
  EXPECT_EQ(all[0].usage.input_tokens, 3000);
  EXPECT_EQ(all[0].usage.thinking_tokens, 150);
  EXPECT_EQ(all[0].usage.cache_creation_1h_tokens, 60);
  EXPECT_EQ(all[0].cost_nano_usd, 20 * 1'500'000 + 5 * 700);
  const auto models = summarise({.model = true});
  ASSERT_EQ(models.size(), 2u);
  EXPECT_EQ(models[0].model, "model-a");
  EXPECT_EQ(models[0].exchanges, 20);
  EXPECT_EQ(models[0].attempts, 25);
  EXPECT_EQ(models[0].cost_nano_usd, 20 * 1'500'000);
  EXPECT_EQ(models[1].model, "model-b");
  EXPECT_EQ(models[1].exchanges, 5);
  EXPECT_EQ(models[1].cost_nano_usd, 5 * 700);
}

TEST_P(UsageStoreTest, GroupsAndFilters) {
  int number = 0;
  for (const char* organisation : {"acme", "other"}) {
    for (const char* key : {"key_a", "key_b"}) {
      for (int day = 0; day < 3; ++day) {
        ExchangeRecord made = record(++number);
        made.organisation = organisation;
        made.key_id = std::string(organisation) + key;
        made.started_at = kNoon + hours(24 * day);
        write(made);
      }
    }
  }
  const auto days = summarise({.day = true});
  ASSERT_EQ(days.size(), 3u);
  EXPECT_EQ(days[0].day, "2026-11-21");
  EXPECT_EQ(days[2].day, "2026-11-23");
  EXPECT_EQ(days[1].exchanges, 4);
  EXPECT_EQ(days[0].organisation, "");
  EXPECT_EQ(summarise({.key = true}).size(), 4u);
  EXPECT_EQ(summarise({true, true, true, true, true, true}).size(), 12u);
  UsageQuery query;
  query.organisation = "acme";
  query.from = kNoon + hours(24);
  query.to = kNoon + hours(48);
  const auto some = summarise({.organisation = true}, query);
  ASSERT_EQ(some.size(), 1u);
  EXPECT_EQ(some[0].exchanges, 2);
  EXPECT_EQ(some[0].attempts, 2);
  query = {};
  query.key_id = "otherkey_b";
  EXPECT_EQ(summarise({}, query)[0].exchanges, 3);
  query.model = "model-z";
  EXPECT_TRUE(summarise({}, query).empty());
  query = {};
  query.end_user = "'; DROP TABLE exchange; --";
  EXPECT_TRUE(summarise({}, query).empty());
  EXPECT_EQ(summarise({})[0].exchanges, 12);
}

TEST_P(UsageStoreTest, NamesThatAreNoTextDoNotKeepARecordOut) {
  ExchangeRecord made = record(1);
  made.end_user = std::string("a\0b\xff", 4);
  made.requested_model = std::string(10'000, 'm');
  made.attempts[0].upstream_request_id = "\xed\xa0\x80";
  write(made);
  ASSERT_EQ(summarise({}).size(), 1u);
  EXPECT_EQ(usage_->state().rejected_jobs, 0u);
  EXPECT_EQ(summarise({.end_user = true})[0].end_user,
            "a\xef\xbf\xbd"
            "b\xef\xbf\xbd");
}

TEST_P(UsageStoreTest, TheLimiterLearnsWhatThisMonthCost) {
  write(record(1));
  ExchangeRecord before = record(2);
  before.started_at = kNoon - hours(24 * 30);
  write(before);
  write(fallback_record(3));
  ASSERT_TRUE(usage_->flush(seconds(30)));
  Limiter limiter;
  ASSERT_TRUE(load_spending(*connection_, limiter, kNoon));
  EXPECT_EQ(limiter.spent_nano_usd(LimitScope::key, "key_a", kNoon), 1'500'700);
  EXPECT_EQ(limiter.spent_nano_usd(LimitScope::organisation, "acme", kNoon), 1'500'700);
  EXPECT_EQ(limiter.spent_nano_usd(LimitScope::organisation, "other", kNoon), 0);
}

TEST_P(UsageStoreTest, ManyThreadsWriteAndNothingIsLost) {
  constexpr int kThreads = 4;
  constexpr int kRecords = 250;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kRecords; ++i) EXPECT_TRUE(usage_->accept(record(t * kRecords + i)));
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(summarise({})[0].exchanges, kThreads * kRecords);
  EXPECT_EQ(summarise({})[0].attempts, kThreads * kRecords);
}

INSTANTIATE_TEST_SUITE_P(Databases, UsageStoreTest,
                         ::testing::Values(store::Dialect::sqlite, store::Dialect::postgres),
                         store::testing::dialect_name);

TEST(UsageStoreSqlite, WithoutRoomARecordIsHandedBackUntouched) {
  const store::testing::TempFolder folder;
  const auto database = store::open_sqlite(folder.file("usage.db")).value();
  store::GroupWriterOptions options;
  options.flush_interval = seconds(60);
  options.queue_jobs = 3;
  options.high_water_jobs = 2;
  auto usage = UsageStore::start(*database, options).value();
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(usage->has_room(), i < 2);
    EXPECT_TRUE(usage->accept(record(i)));
  }
  ExchangeRecord left = record(3);
  EXPECT_FALSE(usage->accept(std::move(left)));
  EXPECT_EQ(left.request_id, "req_3");  // NOLINT: untouched by contract
  EXPECT_EQ(left.attempts.size(), 1u);
  ASSERT_TRUE(usage->flush(seconds(30)));
  EXPECT_TRUE(usage->accept(std::move(left)));
}

TEST(UsageStoreSqlite, ABackupTakenInTheMidstCanBeRestoredAndRead) {
  const store::testing::TempFolder folder;
  const std::string live = folder.file("usage.db");
  const auto database = store::open_sqlite(live).value();
  auto usage = UsageStore::start(*database).value();
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(usage->accept(record(i)));
  ASSERT_TRUE(usage->flush(seconds(30)));
  ASSERT_TRUE(store::backup_sqlite(live, folder.file("backup.db")));
  usage.reset();
  ASSERT_TRUE(store::restore_sqlite(folder.file("backup.db"), folder.file("new.db")));
  const auto restored = store::open_sqlite(folder.file("new.db")).value();
  auto connection = restored->connect().value();
  ASSERT_TRUE(migrate_usage(*connection));
  UsageQuery query;
  query.to = kNoon + hours(1);
  EXPECT_EQ(summarise_usage(*connection, query).value()[0].exchanges, 100);
}

}  // namespace
}  // namespace sallyport::metering
