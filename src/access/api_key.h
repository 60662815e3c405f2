#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "access/pepper.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/random.h"
#include "base/result.h"
#include "store/store.h"

// Administration of API keys. The store holds what a key may do and the keyed hashes of its
// secrets, never a secret.
namespace sallyport::access {

struct NewApiKey {
  std::string name;
  std::string organisation;
  std::string workspace = "default";
  std::string environment = "live";  // stands in the key's text
  std::string tier = "ga";
  std::vector<std::string> allowed_models = {"*"};
  UsageLimits limits;
  std::optional<WallTime> expires;
};

struct ApiKey {
  std::string id;
  std::string name;
  std::string organisation;
  std::string workspace;
  std::string tier;
  std::vector<std::string> allowed_models;
  UsageLimits limits;
  WallTime created;
  std::optional<WallTime> expires;
  std::optional<WallTime> revoked;
  std::string hint;  // of its newest secret: "sp-live-Ab12"
  std::string environment;
};

struct IssuedKey {
  ApiKey key;
  std::string text;  // the only time that anyone sees it
};

// Used by one thread at a time; calls block. Changes reach every gateway process on the same store
// by themselves, within the poll interval of its KeyringStore.
class KeyAdmin {
 public:
  // Brings the schema up to date. `clock` and `random` outlive the object.
  static Result<KeyAdmin> open(const store::Store& store, std::shared_ptr<const Pepper> pepper,
                               const Clock& clock, Random& random);

  // Code::invalid, saying which field, where one is empty, too long, negative or has control
  // characters.
  Result<IssuedKey> create(const NewApiKey& wanted);
  // Newest first; revoked and expired ones too. Empty organisation = all.
  Result<std::vector<ApiKey>> list(std::string_view organisation = {});
  // Code::not_found where there is none.
  Result<ApiKey> get(std::string_view id);
  // For good. Revoking a revoked key is no error and keeps the first time.
  Result<ApiKey> revoke(std::string_view id);
  // A new secret; those before it are good for `grace` more, at most until they expire anyway.
  // Code::conflict where the key is revoked.
  Result<IssuedKey> rotate(std::string_view id, Duration grace = Duration(0));
  Result<ApiKey> set_limits(std::string_view id, const UsageLimits& limits);

  // Over all keys of an organisation together.
  Result<> set_organisation_limits(std::string_view organisation, const UsageLimits& limits);
  Result<UsageLimits> organisation_limits(std::string_view organisation);

 private:
  KeyAdmin(std::unique_ptr<store::Connection> connection, std::shared_ptr<const Pepper> pepper,
           const Clock& clock, Random& random);
  Result<std::string> add_secret(const ApiKey& key);

  std::unique_ptr<store::Connection> connection_;
  std::shared_ptr<const Pepper> pepper_;
  const Clock* clock_;
  Random* random_;
};

}  // namespace sallyport::access
