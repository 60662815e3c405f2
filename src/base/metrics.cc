#include "base/metrics.h"

#include <charconv>
#include <cmath>

namespace sallyport::metrics {
namespace {

void append_number(std::string& out, double value) {
  if (std::isnan(value)) {
    out += "NaN";
    return;
  }
  if (std::isinf(value)) {
    out += value > 0 ? "+Inf" : "-Inf";
    return;
  }
  char text[40];
  const auto end = std::to_chars(text, text + sizeof text, value).ptr;
  out.append(text, static_cast<std::size_t>(end - text));
}

// Label values escape backslash, quote and line feed; help texts the first and the last.
void append_escaped(std::string& out, std::string_view text, bool quotes) {
  for (const char c : text) {
    if (c == '\\') {
      out += "\\\\";
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '"' && quotes) {
      out += "\\\"";
    } else {
      out.push_back(c);
    }
  }
}

std::string clean_name(std::string_view name) {
  std::string out(name);
  for (std::size_t i = 0; i < out.size(); ++i) {
    const char c = out[i];
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    const bool digit = c >= '0' && c <= '9' && i > 0;
    if (!letter && !digit) out[i] = '_';
  }
  return out;
}

std::string render(const Labels& labels) {
  std::string out;
  for (const auto& [name, value] : labels) {
    if (!out.empty()) out.push_back(',');
    out += clean_name(name);
    out += "=\"";
    append_escaped(out, value, true);
    out.push_back('"');
  }
  return out;
}

void append_line(std::string& out, std::string_view name, std::string_view suffix,
                 std::string_view labels, std::string_view extra, double value) {
  out += name;
  out += suffix;
  if (!labels.empty() || !extra.empty()) {
    out.push_back('{');
    out += labels;
    if (!labels.empty() && !extra.empty()) out.push_back(',');
    out += extra;
    out.push_back('}');
  }
  out.push_back(' ');
  append_number(out, value);
  out.push_back('\n');
}

void append_preamble(std::string& out, std::string_view name, std::string_view help,
                     std::string_view kind) {
  out += "# HELP ";
  out += name;
  out.push_back(' ');
  append_escaped(out, help, false);
  out += "\n# TYPE ";
  out += name;
  out.push_back(' ');
  out += kind;
  out.push_back('\n');
}

}  // namespace

void Counter::add_shared(double n) {
  double old = value();
  while (!value_.compare_exchange_weak(old, old + n, std::memory_order_relaxed)) {
  }
}

Histogram::Histogram(std::vector<double> bounds)
    : bounds_(std::move(bounds)),
      counts_(std::make_unique<std::atomic<std::uint64_t>[]>(bounds_.size() + 1)) {}

std::size_t Histogram::bucket_of(double value) const {
  std::size_t bucket = 0;
  while (bucket < bounds_.size() && value > bounds_[bucket]) ++bucket;
  return bucket;
}

void Histogram::observe(double value) {
  auto& count = counts_[bucket_of(value)];
  count.store(count.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  sum_.store(sum() + value, std::memory_order_relaxed);
}

void Histogram::observe_shared(double value) {
  counts_[bucket_of(value)].fetch_add(1, std::memory_order_relaxed);
  double old = sum();
  while (!sum_.compare_exchange_weak(old, old + value, std::memory_order_relaxed)) {
  }
}

const std::vector<double>& latency_bounds_seconds() {
  static const std::vector<double> bounds = {0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01,
                                             0.025,  0.05,    0.1,    0.25,  0.5,    1,     2.5,
                                             5,      10,      25,     50,    100};
  return bounds;
}

Registry::Series& Registry::series(std::string_view name, std::string_view help, Kind kind,
                                   const Labels& labels) {
  const std::string clean = clean_name(name);
  Family* family = nullptr;
  for (Family& known : families_) {
    if (known.name == clean) family = &known;
  }
  if (family != nullptr && family->kind != kind) {
    ++conflict_count_;
    return conflicts_;
  }
  if (family == nullptr)
    family = &families_.emplace_back(Family{clean, std::string(help), kind, {}});
  std::string rendered = render(labels);
  for (Series& known : family->series) {
    if (known.labels == rendered) return known;
  }
  Series& added = family->series.emplace_back();
  added.labels = std::move(rendered);
  return added;
}

Counter& Registry::counter(std::string_view name, std::string_view help, Labels labels) {
  const std::lock_guard lock(mutex_);
  Counter& cell = counters_.emplace_back();
  series(name, help, Kind::counter, labels).counters.push_back(&cell);
  return cell;
}

Gauge& Registry::gauge(std::string_view name, std::string_view help, Labels labels) {
  const std::lock_guard lock(mutex_);
  Gauge& cell = gauges_.emplace_back();
  series(name, help, Kind::gauge, labels).gauges.push_back(&cell);
  return cell;
}

Histogram& Registry::histogram(std::string_view name, std::string_view help,
                               const std::vector<double>& bounds, Labels labels) {
  const std::lock_guard lock(mutex_);
  Histogram& cell = histograms_.emplace_back(bounds);
  Series& target = series(name, help, Kind::histogram, labels);
  if (!target.histograms.empty() && target.histograms.front()->bounds() != bounds) {
    ++conflict_count_;
  } else {
    target.histograms.push_back(&cell);
  }
  return cell;
}

void Registry::computed(std::string_view name, std::string_view help, bool counter,
                        std::function<double()> read, Labels labels) {
  const std::lock_guard lock(mutex_);
  series(name, help, counter ? Kind::counter : Kind::gauge, labels)
      .reads.push_back(std::move(read));
}

void Registry::expose_histogram(std::string& out, const Family& family, const Series& series) {
  const std::vector<double>& bounds = series.histograms.front()->bounds();
  std::uint64_t cumulative = 0;
  double sum = 0;
  for (const Histogram* cell : series.histograms) sum += cell->sum();
  for (std::size_t bucket = 0; bucket <= bounds.size(); ++bucket) {
    for (const Histogram* cell : series.histograms) cumulative += cell->count(bucket);
    std::string le = "le=\"";
    if (bucket < bounds.size()) {
      append_number(le, bounds[bucket]);
    } else {
      le += "+Inf";
    }
    le.push_back('"');
    append_line(out, family.name, "_bucket", series.labels, le, static_cast<double>(cumulative));
  }
  append_line(out, family.name, "_sum", series.labels, "", sum);
  append_line(out, family.name, "_count", series.labels, "", static_cast<double>(cumulative));
}

std::string Registry::expose() const {
  const std::lock_guard lock(mutex_);
  std::string out;
  for (const Family& family : families_) {
    constexpr std::string_view kKinds[] = {"counter", "gauge", "histogram"};
    append_preamble(out, family.name, family.help, kKinds[static_cast<std::size_t>(family.kind)]);
    for (const Series& one : family.series) {
      if (family.kind == Kind::histogram) {
        if (!one.histograms.empty()) expose_histogram(out, family, one);
        continue;
      }
      double total = 0;
      for (const Counter* cell : one.counters) total += cell->value();
      for (const Gauge* cell : one.gauges) total += cell->value();
      for (const auto& read : one.reads) total += read();
      append_line(out, family.name, "", one.labels, "", total);
    }
  }
  append_preamble(out, "sallyport_metrics_conflicts", "cells whose name is taken by another kind",
                  "gauge");
  append_line(out, "sallyport_metrics_conflicts", "", "", "", conflict_count_);
  return out;
}

}  // namespace sallyport::metrics
