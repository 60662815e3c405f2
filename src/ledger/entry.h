#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "crypto/sha256.h"

// What the ledger holds: facts in names, numbers and commitments, never content. One closed table
// (entry.cc) says which fields a kind has and of which form each is; free text has no form here, so
// it cannot get in by mistake.
//
// Encoding: canonical JSON: one object, keys sorted, no white space, whole numbers only, ASCII.
namespace sallyport::ledger {

enum class Kind : std::uint8_t {
  start,          // an exchange began whose retention class demands a record before the first byte
  decision,       // who may do what, as commitments and rule ids
  refusal,        // a safeguard withheld
  fallback,       // another model took over
  scan,           // a classifier read these ranges
  transcript,     // a transcript was stored
  directive,      // an order that allows or forbids
  grant,          // access given or taken
  key_change,     // the log's key was rotated
  policy_change,  // another policy is in force
  reviewer_access,  // people read sealed content
  hold,             // records kept past their day, or let go
  deletion,         // a day's records were destroyed
  config_reload,    // another configuration is in force
  gap,              // entries may be missing here, and why
};
std::string_view to_string(Kind kind);

// Half-open byte range.
struct Range {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

inline constexpr std::size_t kMaxEncodedEntryBytes = 16u << 10;

// A salted commitment: HMAC-SHA256(salt, label || 0 || value). Whoever holds the salt can show what
// was committed to; when it is destroyed, the ledger confirms no guess any more.
crypto::Sha256Digest commitment(std::string_view salt, std::string_view label,
                                std::string_view value);

class Entry {
 public:
  using Value =
      std::variant<std::string, std::int64_t, std::vector<std::string>, std::vector<Range>>;

  Entry(Kind kind, WallTime at) : kind_(kind), at_(at) {}

  // A name: 1 to 200 characters of A-Z a-z 0-9 . _ : / @ + - ; digests are 64 hex digits.
  Entry& set(std::string_view name, std::string_view value) {
    return put(name, std::string(value));
  }
  Entry& set(std::string_view name, const crypto::Sha256Digest& digest);
  Entry& set(std::string_view name, std::int64_t value) { return put(name, value); }
  Entry& set(std::string_view name, std::vector<std::string> names) {
    return put(name, std::move(names));
  }
  Entry& set(std::string_view name, std::vector<Range> ranges) {
    return put(name, std::move(ranges));
  }

  Kind kind() const { return kind_; }
  // invalid where a field is unknown to the kind, missing or of another form; the error names it.
  Result<std::string> encode() const;

 private:
  Entry& put(std::string_view name, Value value);

  Kind kind_;
  WallTime at_;
  std::map<std::string, Value, std::less<>> fields_;
};

}  // namespace sallyport::ledger
