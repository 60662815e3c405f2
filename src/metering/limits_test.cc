#include "metering/limits.h"

#include <gtest/gtest.h>

#include <thread>

#include "base/random.h"
#include "metering/limit_headers.h"

namespace sallyport::metering {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::int64_t kDollar = 1'000'000'000;

class LimitsTest : public ::testing::Test {
 protected:
  LimitSubject subject() const { return {"org", "key", &organisation_, &key_}; }
  Moment at() const { return {clock_.now(), clock_.wall()}; }
  tl::expected<Lease, LimitDenial> admit(const Estimate& estimate = {}) {
    return limiter_.admit(subject(), estimate, at());
  }
  // One after the other, each done before the next: how many go through.
  int admit_many(int tries, const Estimate& estimate = {}) {
    int admitted = 0;
    for (int i = 0; i < tries; ++i) {
      if (auto lease = admit(estimate)) {
        lease->release({estimate.input_tokens, estimate.output_tokens, estimate.cost_nano_usd},
                       at());
        ++admitted;
      }
    }
    return admitted;
  }

  Limiter limiter_;
  ManualClock clock_;
  UsageLimits key_;
  UsageLimits organisation_;
};

TEST_F(LimitsTest, WithoutLimitsEverythingPasses) {
  EXPECT_EQ(admit_many(10'000, {INT64_MAX, INT64_MAX, 1}), 10'000);
  const LimitSnapshot snapshot = limiter_.snapshot(subject(), at());
  EXPECT_FALSE(snapshot.requests || snapshot.input_tokens || snapshot.output_tokens);
}

TEST_F(LimitsTest, RequestsComeBackEvenly) {
  key_.requests_per_minute = 60;
  EXPECT_EQ(admit_many(100), 60);
  clock_.advance(seconds(1));
  EXPECT_EQ(admit_many(100), 1);
  clock_.advance(seconds(10));
  EXPECT_EQ(admit_many(100), 10);
  clock_.advance(seconds(600));
  EXPECT_EQ(admit_many(100), 60);
}

TEST_F(LimitsTest, ADenialSaysWhichLimitAndWhenToComeBack) {
  organisation_.requests_per_minute = 6;
  EXPECT_EQ(admit_many(7), 6);
  const auto denied = admit();
  ASSERT_FALSE(denied);
  EXPECT_EQ(denied.error().kind, LimitKind::requests);
  EXPECT_EQ(denied.error().scope, LimitScope::organisation);
  EXPECT_EQ(denied.error().retry_after_seconds, 10);
  EXPECT_EQ(denied.error().message(),
            "this organisation's limit of 6 requests per minute is reached; retry in 10 s");
  clock_.advance(seconds(denied.error().retry_after_seconds));
  EXPECT_TRUE(admit());
}

TEST_F(LimitsTest, RetryAfterIsAlwaysEnoughAndNeverMuchTooLong) {
  SeededRandom random(3);
  for (int round = 0; round < 300; ++round) {
    key_.input_tokens_per_minute = static_cast<std::int64_t>(1 + random.below(1'000'000));
    const Estimate estimate{static_cast<std::int64_t>(1 + random.below(50'000)), 0, 0};
    auto result = admit(estimate);
    for (int i = 0; i < 200 && result; ++i) {
      result->release({estimate.input_tokens, 0, 0}, at());
      result = admit(estimate);
    }
    if (result) continue;
    ASSERT_GE(result.error().retry_after_seconds, 1);
    if (result.error().retry_after_seconds > 1) {
      clock_.advance(seconds(result.error().retry_after_seconds - 1));
      EXPECT_FALSE(admit(estimate))
          << *key_.input_tokens_per_minute << " " << estimate.input_tokens;
      clock_.advance(seconds(1));
    } else {
      clock_.advance(seconds(1));
    }
    EXPECT_TRUE(admit(estimate)) << *key_.input_tokens_per_minute << " " << estimate.input_tokens;
    clock_.advance(std::chrono::hours(48));
  }
}

TEST_F(LimitsTest, ADeniedRequestUsesNothingOfAnyLimit) {
  key_ = {.requests_per_minute = 10, .input_tokens_per_minute = 1000, .concurrent_streams = 5};
  organisation_.input_tokens_per_minute = 100;
  EXPECT_EQ(admit_many(50, {50, 0, 0}), 2);
  const LimitSnapshot snapshot = limiter_.snapshot(subject(), at());
  EXPECT_EQ(snapshot.requests->remaining, 8);
  organisation_.input_tokens_per_minute.reset();
  EXPECT_EQ(admit_many(50, {50, 0, 0}), 8);  // 10 requests in all
}

TEST_F(LimitsTest, InputIsBookedAtOnceAndCorrectedLater) {
  key_.input_tokens_per_minute = 1000;
  auto lease = admit({800, 0, 0});
  ASSERT_TRUE(lease);
  EXPECT_FALSE(admit({300, 0, 0}));
  lease->release({100, 0, 0}, at());
  EXPECT_EQ(limiter_.snapshot(subject(), at()).input_tokens->remaining, 900);
  EXPECT_TRUE(admit({900, 0, 0}));
}

TEST_F(LimitsTest, AnUnderestimateIsChargedAndPaidOff) {
  key_.input_tokens_per_minute = 600;
  auto lease = admit({10, 0, 0});
  lease->release({1800, 0, 0}, at());
  EXPECT_EQ(limiter_.snapshot(subject(), at()).input_tokens->remaining, 0);
  const auto denied = admit({1, 0, 0});
  ASSERT_FALSE(denied);
  EXPECT_EQ(denied.error().retry_after_seconds, 121);  // two minutes of debt, and one token
  clock_.advance(seconds(121));
  EXPECT_TRUE(admit({1, 0, 0}));
}

TEST_F(LimitsTest, OutputIsChargedWhenKnown) {
  key_.output_tokens_per_minute = 100;
  auto one = admit();
  auto two = admit();
  ASSERT_TRUE(one && two);
  one->release({0, 100, 0}, at());
  const auto denied = admit();
  ASSERT_FALSE(denied);
  EXPECT_EQ(denied.error().kind, LimitKind::output_tokens);
  two->release({0, 50, 0}, at());
  clock_.advance(seconds(31));
  EXPECT_TRUE(admit());
}

TEST_F(LimitsTest, ARequestLargerThanTheLimitPassesAlone) {
  key_.input_tokens_per_minute = 100;
  EXPECT_EQ(admit_many(3, {500, 0, 0}), 1);
  clock_.advance(seconds(299));
  EXPECT_EQ(admit_many(3, {500, 0, 0}), 0);
  clock_.advance(seconds(1));
  EXPECT_EQ(admit_many(3, {500, 0, 0}), 1);
}

TEST_F(LimitsTest, ALimitOfZeroForbids) {
  for (auto limit : {&UsageLimits::requests_per_minute, &UsageLimits::input_tokens_per_minute,
                     &UsageLimits::output_tokens_per_minute, &UsageLimits::concurrent_streams,
                     &UsageLimits::nano_usd_per_month}) {
    key_ = {};
    key_.*limit = 0;
    EXPECT_FALSE(admit());
    EXPECT_FALSE(admit({1, 1, 1}));
  }
}

TEST_F(LimitsTest, StreamsAreCountedWhileTheyRun) {
  key_.concurrent_streams = 2;
  auto one = admit();
  {
    const auto two = admit();
    ASSERT_TRUE(two);
    const auto denied = admit();
    ASSERT_FALSE(denied);
    EXPECT_EQ(denied.error().kind, LimitKind::streams);
  }
  auto again = admit();  // the dropped one gave its place back
  ASSERT_TRUE(again);
  EXPECT_FALSE(admit());
  one->release({}, at());
  one->release({}, at());  // a second release does nothing
  Lease moved = *admit();
  EXPECT_FALSE(admit());
  moved = Lease();
  EXPECT_TRUE(admit());
}

TEST_F(LimitsTest, MoneyEndsWithTheMonthAndNotBefore) {
  clock_.set_wall(wall_from_unix_seconds(1'793'404'800 + 20));  // 2026-10-31 00:00:20
  key_.nano_usd_per_month = 10 * kDollar;
  EXPECT_EQ(admit_many(100, {0, 0, 4 * kDollar}), 3);  // the third passed alone and overshot
  EXPECT_EQ(limiter_.spent_nano_usd(LimitScope::key, "key", clock_.wall()), 12 * kDollar);
  const auto denied = admit({0, 0, 1});
  ASSERT_FALSE(denied);
  EXPECT_EQ(denied.error().kind, LimitKind::money);
  EXPECT_EQ(denied.error().retry_after_seconds, 86'400 - 20);
  EXPECT_NE(denied.error().message().find("$10.00 per month"), std::string::npos);
  clock_.advance(seconds(86'400 - 21));
  EXPECT_FALSE(admit({0, 0, 1}));
  clock_.advance(seconds(1));
  EXPECT_EQ(limiter_.spent_nano_usd(LimitScope::key, "key", clock_.wall()), 0);
  EXPECT_EQ(admit_many(100, {0, 0, 5 * kDollar}), 2);
}

TEST_F(LimitsTest, MoneyInFlightCounts) {
  organisation_.nano_usd_per_month = 10 * kDollar;
  auto one = admit({0, 0, 6 * kDollar});
  ASSERT_TRUE(one);
  EXPECT_FALSE(admit({0, 0, 5 * kDollar}));
  EXPECT_TRUE(admit({0, 0, 4 * kDollar}));
  one->release({0, 0, kDollar}, at());
  EXPECT_TRUE(admit({0, 0, 5 * kDollar}));
}

TEST_F(LimitsTest, WhatWasSpentBeforeTheStartCounts) {
  key_.nano_usd_per_month = 10 * kDollar;
  limiter_.add_spent(LimitScope::key, "key", 10 * kDollar, clock_.wall());
  EXPECT_FALSE(admit());
  EXPECT_EQ(limiter_.spent_nano_usd(LimitScope::organisation, "org", clock_.wall()), 0);
}

TEST_F(LimitsTest, KeysAndOrganisationsDoNotMix) {
  key_.requests_per_minute = 1;
  const UsageLimits one{.requests_per_minute = 1};
  EXPECT_TRUE(admit());
  EXPECT_FALSE(admit());
  EXPECT_TRUE(limiter_.admit({"org", "other key", nullptr, &one}, {}, at()));
  EXPECT_TRUE(
      limiter_.admit({"key", "org", &one, &one}, {}, at()));  // the same words in other places
}

TEST_F(LimitsTest, TheSnapshotShowsTheStricterOfTwo) {
  key_.requests_per_minute = 100;
  organisation_.requests_per_minute = 10;
  key_.output_tokens_per_minute = 8000;
  EXPECT_EQ(admit_many(4), 4);
  const LimitSnapshot snapshot = limiter_.snapshot(subject(), at());
  EXPECT_EQ(snapshot.requests->limit, 10);
  EXPECT_EQ(snapshot.requests->remaining, 6);
  EXPECT_EQ(snapshot.requests->reset, clock_.wall() + seconds(24));
  EXPECT_EQ(snapshot.output_tokens->remaining, 8000);
  EXPECT_FALSE(snapshot.input_tokens);
}

TEST_F(LimitsTest, ManyThreadsTogetherGetExactlyTheLimit) {
  constexpr int kThreads = 4;
  key_ = {.requests_per_minute = 1000, .concurrent_streams = 3};
  std::atomic<int> admitted{0};
  std::atomic<int> running{0};
  std::atomic<int> most{0};
  const Moment moment = at();
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 3000; ++i) {
        auto lease = limiter_.admit(subject(), {1, 1, 1}, moment);
        if (!lease) continue;
        int now = ++running;
        int seen = most.load();
        while (now > seen && !most.compare_exchange_weak(seen, now)) {
        }
        ++admitted;
        --running;
        lease->release({1, 1, 1}, moment);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_LE(admitted, 1000);
  EXPECT_LE(most, 3);
  EXPECT_EQ(limiter_.spent_nano_usd(LimitScope::key, "key", moment.wall), admitted);
  // Refusals for streams took nothing, so the rest of the requests is still there.
  EXPECT_EQ(admit_many(2000), 1000 - admitted);
}

TEST_F(LimitsTest, ManyThreadsMeetManyNewKeys) {
  std::vector<std::thread> threads;
  const Moment moment = at();
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 2000; ++i) {
        const std::string key = "key" + std::to_string(i);
        auto lease = limiter_.admit({"org", key, nullptr, nullptr}, {0, 0, 1}, moment);
        ASSERT_TRUE(lease);
        lease->release({0, 0, 1}, moment);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(limiter_.spent_nano_usd(LimitScope::organisation, "org", moment.wall), 8000);
  for (int i = 0; i < 2000; ++i) {
    EXPECT_EQ(limiter_.spent_nano_usd(LimitScope::key, "key" + std::to_string(i), moment.wall), 4);
  }
}

TEST(LimitHeaders, AreInTheShapeOfEachApi) {
  const WallTime now = wall_from_unix_seconds(1'790'000'000);
  LimitSnapshot snapshot;
  snapshot.requests = LimitWindow{50, 49, now + milliseconds(1200)};
  snapshot.input_tokens = LimitWindow{40'000, 12'345, now + seconds(42)};
  snapshot.output_tokens = LimitWindow{8000, 800, now + seconds(54)};
  const HeaderList anthropic = anthropic_limit_headers(snapshot);
  const HeaderList expected = {
      {"anthropic-ratelimit-requests-limit", "50"},
      {"anthropic-ratelimit-requests-remaining", "49"},
      {"anthropic-ratelimit-requests-reset", rfc3339(now + seconds(2))},
      {"anthropic-ratelimit-tokens-limit", "8000"},
      {"anthropic-ratelimit-tokens-remaining", "800"},
      {"anthropic-ratelimit-tokens-reset", rfc3339(now + seconds(54))},
      {"anthropic-ratelimit-input-tokens-limit", "40000"},
      {"anthropic-ratelimit-input-tokens-remaining", "12000"},
      {"anthropic-ratelimit-input-tokens-reset", rfc3339(now + seconds(42))},
      {"anthropic-ratelimit-output-tokens-limit", "8000"},
      {"anthropic-ratelimit-output-tokens-remaining", "800"},
      {"anthropic-ratelimit-output-tokens-reset", rfc3339(now + seconds(54))},
  };
  EXPECT_EQ(anthropic, expected);
  const HeaderList openai = {
      {"x-ratelimit-limit-requests", "50"},     {"x-ratelimit-remaining-requests", "49"},
      {"x-ratelimit-reset-requests", "1.200s"}, {"x-ratelimit-limit-tokens", "8000"},
      {"x-ratelimit-remaining-tokens", "800"},  {"x-ratelimit-reset-tokens", "54s"},
  };
  EXPECT_EQ(openai_limit_headers(snapshot, now), openai);
  EXPECT_TRUE(anthropic_limit_headers({}).empty());
  snapshot = {};
  snapshot.requests = LimitWindow{50, 0, now + seconds(90)};
  EXPECT_EQ(openai_limit_headers(snapshot, now).back().second, "1m30s");
  snapshot.requests->reset = now + milliseconds(250);
  EXPECT_EQ(openai_limit_headers(snapshot, now).back().second, "250ms");
}

}  // namespace
}  // namespace sallyport::metering
