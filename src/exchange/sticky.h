#pragma once

#include <array>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/clock.h"
#include "crypto/secret.h"
#include "dialect/client_request.h"

// Sticky routing: after a fallback, later turns of the same conversation go directly to the model
// that served. A conversation is known by a keyed hash over its turns' roles and text, scoped to
// workspace and end user; nothing of it is stored but the hash. Off unless the operator turns it
// on; every use is decided anew.
namespace sallyport::exchange {

inline constexpr Duration kStickyLifetime = std::chrono::hours(1);

// Shared by all shards, in stripes so that they rarely meet.
class StickyRoutes {
 public:
  StickyRoutes(crypto::SecretBytes key, std::size_t max_entries);

  // The model that serves this conversation: the longest known prefix that ends in an assistant
  // turn wins.
  std::optional<std::string> find(const dialect::ClientRequest& request, std::string_view workspace,
                                  std::string_view end_user, WallTime now);
  // After a fallback-served answer with this released text.
  void remember(const dialect::ClientRequest& request, std::string_view answer_text,
                std::string_view workspace, std::string_view end_user, std::string_view model,
                WallTime now);

  std::size_t size();

 private:
  using Hash = std::array<std::uint8_t, 32>;
  struct HashOfHash {
    std::size_t operator()(const Hash& hash) const;
  };
  struct Entry {
    std::string model;
    WallTime expires;
  };
  struct Stripe {
    std::mutex mutex;
    std::unordered_map<Hash, Entry, HashOfHash> routes;
  };
  static constexpr std::size_t kStripes = 16;

  Hash start(std::string_view workspace, std::string_view end_user) const;
  Hash extend(const Hash& prefix, std::string_view role, std::string_view text) const;
  Stripe& stripe_of(const Hash& hash) { return stripes_[hash[0] % kStripes]; }

  crypto::SecretBytes key_;
  std::size_t max_entries_per_stripe_;
  std::array<Stripe, kStripes> stripes_;
};

}  // namespace sallyport::exchange
