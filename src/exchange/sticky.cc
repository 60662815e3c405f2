#include "exchange/sticky.h"

#include <algorithm>
#include <cstring>

#include "crypto/hmac.h"

namespace sallyport::exchange {
namespace {

// Text alone: clients drop thinking and tool blocks when they echo a turn, but never text.
std::string text_of(json::Value message) {
  std::string text;
  const json::Value content = message["content"];
  if (content.is_string()) content.append_text(text);
  for (const json::Value block : content.items()) {
    if (block["type"].equals("text")) block["text"].append_text(text);
  }
  return text;
}

}  // namespace

std::size_t StickyRoutes::HashOfHash::operator()(const Hash& hash) const {
  std::size_t value;
  std::memcpy(&value, hash.data() + 8, sizeof value);
  return value;
}

StickyRoutes::StickyRoutes(crypto::SecretBytes key, std::size_t max_entries)
    : key_(std::move(key)),
      max_entries_per_stripe_(std::max<std::size_t>(1, max_entries / kStripes)) {}

StickyRoutes::Hash StickyRoutes::start(std::string_view workspace,
                                       std::string_view end_user) const {
  std::string scope = std::to_string(workspace.size());
  scope += ':';
  scope += workspace;
  scope += end_user;
  return crypto::hmac_sha256(key_.view(), scope);
}

StickyRoutes::Hash StickyRoutes::extend(const Hash& prefix, std::string_view role,
                                        std::string_view text) const {
  std::string turn(reinterpret_cast<const char*>(prefix.data()), prefix.size());
  turn += role;
  turn += '\0';
  turn += text;
  return crypto::hmac_sha256(key_.view(), turn);
}

std::optional<std::string> StickyRoutes::find(const dialect::ClientRequest& request,
                                              std::string_view workspace, std::string_view end_user,
                                              WallTime now) {
  std::optional<std::string> found;
  Hash prefix = start(workspace, end_user);
  for (const json::Value message : request.document.root()["messages"].items()) {
    const std::string role = message["role"].text();
    prefix = extend(prefix, role, text_of(message));
    if (role != "assistant") continue;
    Stripe& stripe = stripe_of(prefix);
    const std::lock_guard lock(stripe.mutex);
    const auto it = stripe.routes.find(prefix);
    if (it != stripe.routes.end() && it->second.expires > now) found = it->second.model;
  }
  return found;
}

void StickyRoutes::remember(const dialect::ClientRequest& request, std::string_view answer_text,
                            std::string_view workspace, std::string_view end_user,
                            std::string_view model, WallTime now) {
  Hash prefix = start(workspace, end_user);
  for (const json::Value message : request.document.root()["messages"].items()) {
    prefix = extend(prefix, message["role"].text(), text_of(message));
  }
  prefix = extend(prefix, "assistant", answer_text);
  Stripe& stripe = stripe_of(prefix);
  const std::lock_guard lock(stripe.mutex);
  if (stripe.routes.size() >= max_entries_per_stripe_) {
    std::erase_if(stripe.routes, [&](const auto& entry) { return entry.second.expires <= now; });
    // Best effort by design: a full stripe forgets one at random rather than grow.
    if (stripe.routes.size() >= max_entries_per_stripe_) stripe.routes.erase(stripe.routes.begin());
  }
  stripe.routes[prefix] = {std::string(model), now + kStickyLifetime};
}

std::size_t StickyRoutes::size() {
  std::size_t total = 0;
  for (Stripe& stripe : stripes_) {
    const std::lock_guard lock(stripe.mutex);
    total += stripe.routes.size();
  }
  return total;
}

}  // namespace sallyport::exchange
