#include "metering/limit_headers.h"

#include <algorithm>

namespace sallyport::metering {
namespace {

const std::optional<LimitWindow>& stricter(const std::optional<LimitWindow>& a,
                                           const std::optional<LimitWindow>& b) {
  if (!a) return b;
  if (!b) return a;
  return b->remaining < a->remaining ? b : a;
}

// As the API does: "rounded to the nearest thousand", though never up to what is not there.
std::int64_t thousands(std::int64_t tokens) {
  return tokens >= 1000 ? tokens / 1000 * 1000 : tokens;
}

void add_anthropic(HeaderList& headers, const std::string& what,
                   const std::optional<LimitWindow>& window, bool tokens) {
  if (!window) return;
  const std::string prefix = "anthropic-ratelimit-" + what;
  headers.emplace_back(prefix + "-limit", std::to_string(window->limit));
  headers.emplace_back(prefix + "-remaining",
                       std::to_string(tokens ? thousands(window->remaining) : window->remaining));
  // Whole seconds, rounded up: at the time named, it is all back.
  headers.emplace_back(prefix + "-reset", rfc3339(window->reset + (std::chrono::seconds(1) -
                                                                   std::chrono::nanoseconds(1))));
}

// "1m30s", "12.345s", "250ms".
std::string duration_text(Duration left) {
  const auto ms =
      std::max<std::int64_t>(std::chrono::ceil<std::chrono::milliseconds>(left).count(), 0);
  if (ms < 1000) return std::to_string(ms) + "ms";
  std::string text;
  if (ms >= 60'000) text = std::to_string(ms / 60'000) + "m";
  text += std::to_string(ms / 1000 % 60);
  if (const auto part = ms % 1000; part != 0) text += "." + std::to_string(1000 + part).substr(1);
  return text + "s";
}

void add_openai(HeaderList& headers, const std::string& what,
                const std::optional<LimitWindow>& window, WallTime now) {
  if (!window) return;
  headers.emplace_back("x-ratelimit-limit-" + what, std::to_string(window->limit));
  headers.emplace_back("x-ratelimit-remaining-" + what, std::to_string(window->remaining));
  headers.emplace_back("x-ratelimit-reset-" + what, duration_text(window->reset - now));
}

}  // namespace

HeaderList anthropic_limit_headers(const LimitSnapshot& snapshot) {
  HeaderList headers;
  add_anthropic(headers, "requests", snapshot.requests, false);
  add_anthropic(headers, "tokens", stricter(snapshot.input_tokens, snapshot.output_tokens), true);
  add_anthropic(headers, "input-tokens", snapshot.input_tokens, true);
  add_anthropic(headers, "output-tokens", snapshot.output_tokens, true);
  return headers;
}

HeaderList openai_limit_headers(const LimitSnapshot& snapshot, WallTime now) {
  HeaderList headers;
  add_openai(headers, "requests", snapshot.requests, now);
  add_openai(headers, "tokens", stricter(snapshot.input_tokens, snapshot.output_tokens), now);
  return headers;
}

}  // namespace sallyport::metering
