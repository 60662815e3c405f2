#include "policy/geo.h"

#include <maxminddb.h>

#include "policy/time_text.h"

namespace sallyport::policy {
namespace {

Failure corrupt(int status, std::string_view doing) {
  const bool missing = status == MMDB_FILE_OPEN_ERROR;
  return fail(missing ? Code::io : Code::corrupt,
              "geo database: " + std::string(doing) + ": " + MMDB_strerror(status));
}

constexpr std::uint64_t kLatestBuild = 7'258'118'400;  // the year 2200

// Paths of the flags that mean an address hides who is behind it.
constexpr const char* kAnonymous[] = {"is_anonymous",         "is_anonymous_vpn",
                                      "is_hosting_provider",  "is_public_proxy",
                                      "is_residential_proxy", "is_tor_exit_node"};

bool absent(int status, const MMDB_entry_data_s& data) {
  return status == MMDB_LOOKUP_PATH_DOES_NOT_MATCH_DATA_ERROR ||
         (status == MMDB_SUCCESS && !data.has_data);
}

Result<bool> flag(MMDB_lookup_result_s& found, const char* name) {
  for (const char* group : {"", "traits"}) {
    const char* const direct[] = {name, nullptr};
    const char* const nested[] = {group, name, nullptr};
    MMDB_entry_data_s data{};
    const int status = MMDB_aget_value(&found.entry, &data, *group == '\0' ? direct : nested);
    if (absent(status, data)) continue;
    if (status != MMDB_SUCCESS) return corrupt(status, "reading a flag");
    if (data.type != MMDB_DATA_TYPE_BOOLEAN)
      return fail(Code::corrupt, "geo database: a flag is not a boolean");
    if (data.boolean) return true;
  }
  return false;
}

Result<Country> country(MMDB_lookup_result_s& found) {
  const char* const path[] = {"country", "iso_code", nullptr};
  MMDB_entry_data_s data{};
  const int status = MMDB_aget_value(&found.entry, &data, path);
  if (absent(status, data)) return kNoCountry;
  if (status != MMDB_SUCCESS) return corrupt(status, "reading a country");
  if (data.type != MMDB_DATA_TYPE_UTF8_STRING)
    return fail(Code::corrupt, "geo database: a country is not a text");
  const auto code = parse_country({data.utf8_string, data.data_size});
  if (!code) return fail(Code::corrupt, "geo database: a country is not an ISO code");
  return *code;
}

}  // namespace

struct GeoDatabase::File {
  MMDB_s mmdb{};
  bool is_open = false;
  ~File() {
    if (is_open) MMDB_close(&mmdb);
  }
};

GeoDatabase::GeoDatabase() : file_(std::make_unique<File>()) {}
GeoDatabase::~GeoDatabase() = default;
GeoDatabase::GeoDatabase(GeoDatabase&&) noexcept = default;
GeoDatabase& GeoDatabase::operator=(GeoDatabase&&) noexcept = default;

Result<GeoDatabase> GeoDatabase::open(const std::string& path) {
  GeoDatabase out;
  const int status = MMDB_open(path.c_str(), MMDB_MODE_MMAP, &out.file_->mmdb);
  if (status != MMDB_SUCCESS) return corrupt(status, "opening");
  out.file_->is_open = true;
  const auto& metadata = out.file_->mmdb.metadata;
  if (metadata.build_epoch == 0 || metadata.build_epoch > kLatestBuild)
    return fail(Code::corrupt, "geo database: its build time is none");
  if (metadata.node_count == 0) return fail(Code::corrupt, "geo database: its tree is empty");
  out.built_ = wall_from_unix_seconds(static_cast<std::int64_t>(metadata.build_epoch));
  return out;
}

Result<AddressFacts> GeoDatabase::look_up(const std::string& address) const {
  int address_error = 0, status = MMDB_SUCCESS;
  MMDB_lookup_result_s found =
      MMDB_lookup_string(&file_->mmdb, address.c_str(), &address_error, &status);
  if (address_error != 0)
    return fail(Code::invalid, "the address is neither IPv4 nor IPv6", Source::client);
  if (status == MMDB_IPV6_LOOKUP_IN_IPV4_DATABASE_ERROR) return AddressFacts{};
  if (status != MMDB_SUCCESS) return corrupt(status, "looking up an address");
  AddressFacts out;
  if (!found.found_entry) return out;
  const auto place = country(found);
  if (!place) return Failure(place.error());
  out.country = *place;
  for (const char* name : kAnonymous) {
    const auto set = flag(found, name);
    if (!set) return Failure(set.error());
    out.anonymous = out.anonymous || *set;
  }
  return out;
}

void doubt_location(Principal& principal, const std::optional<AddressFacts>& address,
                    WallTime built, WallTime now, Duration max_age) {
  Attribute<Country>& location = principal.holder.attributes.location;
  if (!address || address->anonymous || now - built > max_age) {
    location.clear();
    return;
  }
  // A contradiction, where the address is known to be elsewhere; nothing where nothing was stated.
  if (location.empty() || address->country == kNoCountry) return;
  location.push_back(
      {address->country, {"geo", "network address, database of " + rfc3339(built), built, {}}});
}

}  // namespace sallyport::policy
