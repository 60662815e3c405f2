#include "base/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

namespace sallyport::metrics {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(Metrics, CellsOfOneSeriesAreSummed) {
  Registry registry;
  registry.counter("requests_total", "requests", {{"shard", "a"}}).add(2);
  registry.counter("requests_total", "requests", {{"shard", "a"}}).add(3);
  registry.counter("requests_total", "requests", {{"shard", "b"}}).add();
  Gauge& open = registry.gauge("open", "open now");
  open.add(5);
  open.add(-2);
  const std::string text = registry.expose();
  EXPECT_THAT(text, HasSubstr("# TYPE requests_total counter\n"
                              "requests_total{shard=\"a\"} 5\nrequests_total{shard=\"b\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("# TYPE open gauge\nopen 3\n"));
}

TEST(Metrics, HistogramIsCumulativeWithInclusiveBounds) {
  Registry registry;
  Histogram& one = registry.histogram("wait_seconds", "wait", {0.1, 1}, {{"to", "x"}});
  Histogram& two = registry.histogram("wait_seconds", "wait", {0.1, 1}, {{"to", "x"}});
  one.observe(0.1);
  one.observe(0.5);
  two.observe(7);
  EXPECT_THAT(registry.expose(), HasSubstr("wait_seconds_bucket{to=\"x\",le=\"0.1\"} 1\n"
                                           "wait_seconds_bucket{to=\"x\",le=\"1\"} 2\n"
                                           "wait_seconds_bucket{to=\"x\",le=\"+Inf\"} 3\n"
                                           "wait_seconds_sum{to=\"x\"} 7.6\n"
                                           "wait_seconds_count{to=\"x\"} 3\n"));
}

TEST(Metrics, LabelValuesAndHelpAreEscaped) {
  Registry registry;
  registry.counter("x_total", "a\\b\nc", {{"model-id", "q\"\\\n"}}).add();
  const std::string text = registry.expose();
  EXPECT_THAT(text, HasSubstr("# HELP x_total a\\\\b\\nc\n"));
  EXPECT_THAT(text, HasSubstr("x_total{model_id=\"q\\\"\\\\\\n\"} 1\n"));
}

TEST(Metrics, ANameOfAnotherKindIsCountedNotShown) {
  Registry registry;
  registry.counter("x", "x").add(7);
  registry.gauge("x", "x").set(9);
  registry.histogram("h", "h", {1}).observe(1);
  registry.histogram("h", "h", {2}).observe(1);
  const std::string text = registry.expose();
  EXPECT_THAT(text, HasSubstr("\nx 7\n"));
  EXPECT_THAT(text, HasSubstr("\nh_count 1\n"));
  EXPECT_THAT(text, HasSubstr("sallyport_metrics_conflicts 2\n"));
}

TEST(Metrics, ComputedValuesAreReadAtScrape) {
  Registry registry;
  double value = 1;
  registry.computed("depth", "queue depth", false, [&value] { return value; });
  value = 42;
  EXPECT_THAT(registry.expose(), HasSubstr("\ndepth 42\n"));
}

TEST(Metrics, ScrapesWhileWritersRun) {
  Registry registry;
  Counter& shared = registry.counter("shared_total", "s");
  std::vector<std::thread> writers;
  for (int i = 0; i < 4; ++i) {
    writers.emplace_back([&registry, &shared] {
      Counter& own = registry.counter("own_total", "o");
      Histogram& waits = registry.histogram("w", "w", latency_bounds_seconds());
      for (int n = 0; n < 1000; ++n) {
        own.add();
        shared.add_shared();
        waits.observe(0.001 * n);
      }
    });
  }
  for (int i = 0; i < 50; ++i) EXPECT_THAT(registry.expose(), Not(HasSubstr("nan")));
  for (std::thread& writer : writers) writer.join();
  const std::string text = registry.expose();
  EXPECT_THAT(text, HasSubstr("\nown_total 4000\n"));
  EXPECT_THAT(text, HasSubstr("\nshared_total 4000\n"));
  EXPECT_THAT(text, HasSubstr("\nw_count 4000\n"));
}

}  // namespace
}  // namespace sallyport::metrics
