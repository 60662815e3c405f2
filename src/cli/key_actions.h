#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/limits.h"
#include "cli/place.h"

// What the key verbs do. Each returns the exit code.
namespace sallyport::cli {

struct LimitTexts {
  UsageLimits counts;
  std::string usd_per_month;
};
void add_limit_options(CLI::App& verb, LimitTexts& limits);

struct CreateKeyOptions {
  PlaceOptions place;
  std::string name;
  std::string organisation = "default";
  std::string workspace = "default";
  std::string environment = "live";
  std::string tier = "ga";
  std::vector<std::string> models;
  std::string expires;
  LimitTexts limits;
  bool quiet = false;
};

struct ListKeysOptions {
  PlaceOptions place;
  std::string organisation;
  bool json = false;
};

struct KeyIdOptions {
  PlaceOptions place;
  std::string id;
  std::string grace = "0s";
  bool quiet = false;
};

struct LimitOptions {
  PlaceOptions place;
  std::string id;
  std::string organisation;
  LimitTexts limits;
};

int create_key(const CreateKeyOptions& options);
int list_keys(const ListKeysOptions& options);
int revoke_key(const KeyIdOptions& options);
int rotate_key(const KeyIdOptions& options);
int set_limits(const LimitOptions& options);

}  // namespace sallyport::cli
