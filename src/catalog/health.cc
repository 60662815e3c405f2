#include "catalog/health.h"

#include <algorithm>

namespace sallyport::catalog {

bool UpstreamHealth::admit(Instant now) {
  std::int64_t until = closed_until_ns_.load(std::memory_order_relaxed);
  if (until == 0) return true;
  if (now.since_start.count() < until) return false;
  // Whoever moves the time takes the trial.
  const std::int64_t next = (now.since_start + options_.trial_interval).count();
  return closed_until_ns_.compare_exchange_strong(until, next, std::memory_order_relaxed);
}

bool UpstreamHealth::healthy(Instant now) const {
  const std::int64_t until = closed_until_ns_.load(std::memory_order_relaxed);
  return until == 0 || now.since_start.count() >= until;
}

void UpstreamHealth::succeeded() {
  if (failures_.load(std::memory_order_relaxed) != 0) failures_.store(0, std::memory_order_relaxed);
  if (closed_until_ns_.load(std::memory_order_relaxed) != 0) {
    cool_down_ns_.store(0, std::memory_order_relaxed);
    closed_until_ns_.store(0, std::memory_order_relaxed);
  }
}

void UpstreamHealth::failed(Instant now) {
  const std::uint32_t failures = failures_.fetch_add(1, std::memory_order_relaxed) + 1;
  const bool on_trial = closed_until_ns_.load(std::memory_order_relaxed) != 0;
  if (!on_trial && failures < options_.failures_to_cool_down) return;
  const std::int64_t last = cool_down_ns_.load(std::memory_order_relaxed);
  const std::int64_t wait = last == 0 ? options_.first_cool_down.count()
                                      : std::min(2 * last, options_.max_cool_down.count());
  cool_down_ns_.store(wait, std::memory_order_relaxed);
  closed_until_ns_.store(now.since_start.count() + wait, std::memory_order_relaxed);
}

void UpstreamHealth::overloaded(Instant now, Duration retry_after) {
  const Duration wait = std::clamp(retry_after, Duration(0), options_.max_cool_down);
  if (wait == Duration(0)) return;
  const std::int64_t until = (now.since_start + wait).count();
  if (until > closed_until_ns_.load(std::memory_order_relaxed))
    closed_until_ns_.store(until, std::memory_order_relaxed);
}

std::shared_ptr<HealthBoard> HealthBoard::make(const Catalog& catalog, const HealthBoard* previous,
                                               HealthOptions options) {
  auto board = std::make_shared<HealthBoard>();
  for (const Upstream& upstream : catalog.upstreams()) {
    Entry entry{upstream.host, upstream.port, nullptr};
    if (previous != nullptr) {
      const auto it = previous->entries_.find(upstream.name);
      if (it != previous->entries_.end() && it->second.host == entry.host &&
          it->second.port == entry.port) {
        entry.health = it->second.health;
      }
    }
    if (!entry.health) entry.health = std::make_shared<UpstreamHealth>(options);
    board->entries_.emplace(upstream.name, std::move(entry));
  }
  return board;
}

UpstreamHealth* HealthBoard::find(std::string_view upstream) const {
  const auto it = entries_.find(upstream);
  return it == entries_.end() ? nullptr : it->second.health.get();
}

}  // namespace sallyport::catalog
