#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "crypto/aead.h"
#include "crypto/sha256.h"
#include "vault/day.h"

// One stored record: its name, its bytes in a segment, and its place in a day's key file. Formats:
// docs/vault.md.
namespace sallyport::vault {

inline constexpr std::size_t kMaxPlainBytes = 64u << 20;
inline constexpr std::size_t kMaxLabelBytes = 200;

struct RecordId {
  Day day;
  std::uint32_t number = 0;  // within the day, from 0
  std::array<char, 16> random{};
  bool operator==(const RecordId&) const = default;

  std::string_view random_view() const { return {random.data(), random.size()}; }
  std::string text() const;  // "2026-11-21-0000002a-" and 32 hex digits
  static Result<RecordId> parse(std::string_view text);
};

struct NewRecord {
  std::string tenant;  // opaque names of at most kMaxLabelBytes
  std::string model;
  std::string retention_class;
  std::string content;
};

// What is readable without a key.
struct RecordHeader {
  RecordId id;
  WallTime at;
  std::string tenant;
  std::string model;
  std::string retention_class;
};

struct SealedRecord {
  RecordHeader header;
  std::uint32_t plain_size = 0;
  std::string associated;  // the header's bytes, bound into the seal
  std::string sealed;      // zstd, then crypto::Aead under the record's own key
};

// The bytes for a segment: 4 bytes length, header, sealed text.
Result<std::string> seal_record(const RecordHeader& header, std::string_view content,
                                const crypto::Aead& key, Random& random);
// `bytes` from seal_record. malformed for anything else.
Result<SealedRecord> parse_record(std::string_view bytes);
// corrupt for another key or altered bytes.
Result<std::string> open_record(const SealedRecord& record, const crypto::Aead& key);

// A record's line in a key file. Fixed size, so that a number is a place.
struct Slot {
  RecordId id;
  std::uint32_t tenant = 0;  // number of the tenant in its day
  std::uint32_t segment = 0;
  std::uint64_t offset = 0;
  std::uint32_t size = 0;  // of the record's bytes
  crypto::Sha256Digest commitment{};
  std::string wrapped_key;  // crypto::Aead text of 32 bytes

  static constexpr std::size_t kWrappedBytes = crypto::kAeadKeyBytes + crypto::kAeadOverheadBytes;
  static constexpr std::size_t kBytes = 24 + 20 + 32 + kWrappedBytes + 8;
  std::string bytes() const;
  static Result<Slot> parse(std::string_view bytes);
  // What the wrapped key is bound to.
  std::string associated() const;
};

// HMAC of the content under a key that only the record's key yields: it dies with it.
crypto::Sha256Digest content_commitment(const crypto::SecretBytes& record_key,
                                        std::string_view content);

}  // namespace sallyport::vault
