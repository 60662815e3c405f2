#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "policy/principal.h"

// What a network address says, from an MMDB file (MaxMind DB format 2.0) by libmaxminddb.
//
// An address is negative evidence only: it can make a stated location doubtful, never prove one.
namespace sallyport::policy {

struct AddressFacts {
  Country country = kNoCountry;  // kNoCountry: the database does not say
  bool anonymous = false;        // anonymiser, proxy, relay, hosting provider
};

// Immutable after open(); lookups from any thread.
class GeoDatabase {
 public:
  // Errors: io where there is no such file, corrupt where it is no sound MMDB file, with what is
  // wrong.
  static Result<GeoDatabase> open(const std::string& path);
  ~GeoDatabase();
  GeoDatabase(GeoDatabase&&) noexcept;
  GeoDatabase& operator=(GeoDatabase&&) noexcept;

  WallTime built() const { return built_; }
  // An address that is not in the database gives empty facts; invalid where `address` is none,
  // corrupt where the file breaks under the lookup.
  Result<AddressFacts> look_up(const std::string& address) const;

 private:
  struct File;
  GeoDatabase();
  std::unique_ptr<File> file_;
  WallTime built_;
};

// Lowers what is believed of the holder's location: a country that contradicts it, an anonymiser,
// a database older than `max_age` or one that failed (nullopt) make it UNKNOWN.
void doubt_location(Principal& principal, const std::optional<AddressFacts>& address,
                    WallTime built, WallTime now, Duration max_age);

}  // namespace sallyport::policy
