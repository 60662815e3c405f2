#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// Metrics as cells with one writer each, summed when scraped. A shard registers its own cells once
// and from then on only stores into memory that no other thread writes; no lock, no lookup and no
// shared cache line on the hot path.
namespace sallyport::metrics {

// Name and value; names must be [a-zA-Z_][a-zA-Z0-9_]*, values any text.
using Labels = std::vector<std::pair<std::string, std::string>>;

// Only grows. add() by the one owning thread, add_shared() from any number of threads (use one of
// both per cell).
class alignas(64) Counter {
 public:
  void add(double n = 1) {
    value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }
  void add_shared(double n = 1);
  double value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<double> value_{0};
};

// Goes up and down; cells of one series are summed too.
class alignas(64) Gauge {
 public:
  void set(double n) { value_.store(n, std::memory_order_relaxed); }
  void add(double n) { set(value() + n); }
  double value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<double> value_{0};
};

// Counts observations in fixed buckets; `bounds` are inclusive upper bounds, ascending, +Inf is
// added.
class alignas(64) Histogram {
 public:
  explicit Histogram(std::vector<double> bounds);
  void observe(double value);
  void observe_shared(double value);

  const std::vector<double>& bounds() const { return bounds_; }
  // Of the bucket alone, not cumulative; index bounds().size() is +Inf.
  std::uint64_t count(std::size_t bucket) const {
    return counts_[bucket].load(std::memory_order_relaxed);
  }
  double sum() const { return sum_.load(std::memory_order_relaxed); }

 private:
  std::size_t bucket_of(double value) const;

  std::vector<double> bounds_;
  std::unique_ptr<std::atomic<std::uint64_t>[]> counts_;
  std::atomic<double> sum_{0};
};

// 1 ms to 100 s, three steps a decade and finer below: for latencies in seconds.
const std::vector<double>& latency_bounds_seconds();

// Owns every cell until it is destroyed. Each call makes a new cell; cells with the same name and
// labels are one series. Registering and scraping take a lock, cells do not. A name that is reused
// must keep its kind and bounds; where it does not, the cell works but is not shown, and
// sallyport_metrics_conflicts counts it.
class Registry {
 public:
  Counter& counter(std::string_view name, std::string_view help, Labels labels = {});
  Gauge& gauge(std::string_view name, std::string_view help, Labels labels = {});
  Histogram& histogram(std::string_view name, std::string_view help,
                       const std::vector<double>& bounds, Labels labels = {});
  // A value read at scrape, from the scraping thread. `counter`: it only grows.
  void computed(std::string_view name, std::string_view help, bool counter,
                std::function<double()> read, Labels labels = {});

  // Prometheus text exposition format 0.0.4.
  std::string expose() const;

 private:
  enum class Kind : std::uint8_t { counter, gauge, histogram };
  struct Series {
    std::string labels;  // rendered: a="b",c="d"
    std::vector<const Counter*> counters;
    std::vector<const Gauge*> gauges;
    std::vector<const Histogram*> histograms;
    std::vector<std::function<double()>> reads;
  };
  struct Family {
    std::string name;
    std::string help;
    Kind kind = Kind::counter;
    std::deque<Series> series;
  };

  Series& series(std::string_view name, std::string_view help, Kind kind, const Labels& labels);
  static void expose_histogram(std::string& out, const Family& family, const Series& series);

  mutable std::mutex mutex_;
  std::deque<Counter> counters_;
  std::deque<Gauge> gauges_;
  std::deque<Histogram> histograms_;
  std::deque<Family> families_;
  Series conflicts_;
  double conflict_count_ = 0;
};

inline constexpr std::string_view kExpositionContentType =
    "text/plain; version=0.0.4; charset=utf-8";

}  // namespace sallyport::metrics
