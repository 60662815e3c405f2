#include "ledger/writer.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>

#include "base/sim_files.h"
#include "ledger/verify.h"

namespace sallyport::ledger {
namespace {

Entry reload(std::int64_t n) {
  return Entry(Kind::fallback, WallTime{std::chrono::milliseconds(n)})
      .set("request", "req_" + std::to_string(n))
      .set("from", "a")
      .set("to", "b")
      .set("reason", "refusal");
}

class WriterTest : public testing::Test {
 protected:
  WriterTest() {
    SeededRandom random(1);
    EXPECT_TRUE(files_.make_folders("/log"));
    EXPECT_TRUE(files_.make_folders("/keys"));
    EXPECT_TRUE(files_.sync_folder("/"));
    key_ = KeyRing::create(files_, "/keys/log", "log.example", random)->current().verifier();
    options_.log = {"/log", "/keys/log"};
    options_.interval = std::chrono::milliseconds(5);
  }

  void start() {
    writer_.reset();
    Result<std::unique_ptr<Writer>> started = Writer::start(files_, options_, clock_);
    ASSERT_TRUE(started) << started.error().detail;
    writer_ = std::move(*started);
  }

  Result<std::uint64_t> append_and_wait(std::int64_t n, Wait wait) {
    std::promise<Result<std::uint64_t>> promise;
    const Result<void> queued = writer_->append(reload(n), wait, [&](Result<std::uint64_t> result) {
      promise.set_value(std::move(result));
    });
    if (!queued) return Failure(queued.error());
    return promise.get_future().get();
  }

  std::vector<std::string> entries() {
    FolderSource source(files_, "/log/public");
    std::vector<std::string> all;
    const auto report = verify_log(
        source, key_, {}, [&](std::uint64_t, std::string_view entry) { all.emplace_back(entry); });
    EXPECT_TRUE(report) << report.error().detail;
    return all;
  }

  SimFiles files_;
  SystemClock clock_;
  WriterOptions options_;
  VerifierKey key_;
  std::unique_ptr<Writer> writer_;
};

TEST_F(WriterTest, EveryThreadGetsItsIndex) {
  start();
  std::vector<std::thread> threads;
  std::atomic<std::uint64_t> sum{0};
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 50; ++i) {
        const auto index =
            append_and_wait(t * 1000 + i, i % 2 == 0 ? Wait::durable : Wait::published);
        ASSERT_TRUE(index);
        sum += *index;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(sum, 199u * 200 / 2);
  EXPECT_EQ(entries().size(), 200u);
}

TEST_F(WriterTest, BatchedEntriesAreThereWithinTheInterval) {
  start();
  for (int i = 0; i < 1000; ++i) ASSERT_TRUE(writer_->append(reload(i)));
  ASSERT_TRUE(writer_->flush());
  EXPECT_EQ(writer_->status().size, 1000u);
  const auto checkpoint = open_checkpoint(writer_->checkpoint_note(), writer_->verifiers());
  EXPECT_EQ(checkpoint->checkpoint.size, 1000u);
  ASSERT_TRUE(writer_->rotate_key());
  writer_->stop();
  EXPECT_EQ(writer_->append(reload(1)).error().code, Code::unavailable);
  EXPECT_EQ(entries().size(), 1001u);
}

TEST_F(WriterTest, APublishedEntryIsInTheFolderWhenItsWaiterHears) {
  start();
  for (std::uint64_t n = 0; n < 20; ++n) {
    ASSERT_EQ(*append_and_wait(static_cast<std::int64_t>(n), Wait::published), n);
    EXPECT_EQ(entries().size(), n + 1);
  }
}

TEST_F(WriterTest, AnUncleanStopLeavesAGapEntryAndACleanOneDoesNot) {
  start();
  ASSERT_TRUE(append_and_wait(1, Wait::published));
  writer_->stop();
  start();
  EXPECT_EQ(entries().size(), 1u);
  ASSERT_TRUE(append_and_wait(2, Wait::published));
  files_.power_off_at(1);
  EXPECT_FALSE(append_and_wait(3, Wait::durable));
  writer_.reset();
  SeededRandom random(1);
  files_.crash(random);
  start();
  const std::vector<std::string> all = entries();
  EXPECT_GE(all.size(), 3u);
  EXPECT_NE(all.back().find("\"kind\":\"gap\",\"reason\":\"unclean_stop\""), std::string::npos)
      << all.back();
}

TEST_F(WriterTest, AFullDiskIsReportedAndNothingQueuedIsLost) {
  start();
  ASSERT_TRUE(append_and_wait(1, Wait::published));
  files_.set_capacity(files_.used_bytes() + 1);
  EXPECT_FALSE(append_and_wait(2, Wait::published));
  EXPECT_EQ(writer_->status().state, WriterState::degraded);
  EXPECT_FALSE(writer_->status().error.empty());
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(writer_->append(reload(100 + i)));
  files_.set_capacity(0);
  ASSERT_TRUE(append_and_wait(3, Wait::published));
  EXPECT_EQ(writer_->status().state, WriterState::open);
  EXPECT_EQ(entries().size(), 12u);
}

TEST_F(WriterTest, AFullQueueRefusesAndTheLogSaysHowMany) {
  options_.max_queue_entries = 10;
  options_.interval = std::chrono::hours(1);
  start();
  int refused = 0;
  for (int i = 0; i < 25; ++i) {
    const Result<void> queued = writer_->append(reload(i));
    if (!queued) {
      EXPECT_EQ(queued.error().code, Code::overloaded);
      ++refused;
    }
  }
  EXPECT_EQ(refused, 15);
  ASSERT_TRUE(writer_->flush());
  const std::vector<std::string> all = entries();
  ASSERT_EQ(all.size(), 11u);
  EXPECT_NE(all[0].find("\"lost\":15,\"reason\":\"queue_full\""), std::string::npos) << all[0];
}

TEST_F(WriterTest, ABrokenJournalClosesTheDoor) {
  start();
  files_.fail_syncs(1);
  EXPECT_FALSE(append_and_wait(1, Wait::durable));
  EXPECT_EQ(writer_->status().state, WriterState::broken);
  EXPECT_EQ(writer_->append(reload(2)).error().code, Code::unavailable);
}

}  // namespace
}  // namespace sallyport::ledger
