#include "vault/record.h"

#include <zstd.h>

#include <algorithm>
#include <cstring>

#include "base/encoding.h"
#include "crypto/hmac.h"
#include "vault/codec.h"

namespace sallyport::vault {
namespace {

constexpr std::uint8_t kVersion = 1;
constexpr int kZstdLevel = 1;

void put_id(std::string& out, const RecordId& id) {
  put_number(out, static_cast<std::uint32_t>(id.day.number), 4);
  put_number(out, id.number, 4);
  out.append(id.random_view());
}

RecordId take_id(Reader& reader) {
  RecordId id;
  id.day.number = static_cast<std::int32_t>(reader.number(4));
  id.number = static_cast<std::uint32_t>(reader.number(4));
  const std::string_view random = reader.take(id.random.size());
  std::copy(random.begin(), random.end(), id.random.begin());
  return id;
}

void put_short_text(std::string& out, std::string_view text) {
  put_number(out, text.size(), 1);
  out.append(text);
}

std::string check_of(std::string_view bytes) {
  return std::string(crypto::as_bytes(crypto::sha256(bytes)).substr(0, 8));
}

}  // namespace

std::string RecordId::text() const {
  std::string number_bytes;
  put_number(number_bytes, number, 4);
  return to_string(day) + "-" + hex_encode(number_bytes) + "-" + hex_encode(random_view());
}

Result<RecordId> RecordId::parse(std::string_view text) {
  const Failure wrong =
      fail(Code::malformed, "a record id has the form 2026-11-21-0000002a-<32 hex digits>");
  if (text.size() != 10 + 1 + 8 + 1 + 32 || text[10] != '-' || text[19] != '-') return wrong;
  const Result<Day> day = parse_day(text.substr(0, 10));
  const Result<std::string> number = hex_decode(text.substr(11, 8));
  const Result<std::string> random = hex_decode(text.substr(20));
  if (!day || !number || !random) return wrong;
  RecordId id{*day, static_cast<std::uint32_t>(Reader(*number).number(4)), {}};
  std::copy(random->begin(), random->end(), id.random.begin());
  return id;
}

Result<std::string> seal_record(const RecordHeader& header, std::string_view content,
                                const crypto::Aead& key, Random& random) {
  if (content.size() > kMaxPlainBytes)
    return fail(Code::too_large, "a record is too large for the vault");
  for (const std::string* label : {&header.tenant, &header.model, &header.retention_class}) {
    if (label->size() > kMaxLabelBytes)
      return fail(Code::too_large, "a record's label is too long");
  }
  std::string compressed(ZSTD_compressBound(content.size()), '\0');
  const std::size_t size = ZSTD_compress(compressed.data(), compressed.size(), content.data(),
                                         content.size(), kZstdLevel);
  if (ZSTD_isError(size) != 0) return fail(Code::internal, "a record cannot be compressed");
  compressed.resize(size);

  std::string associated;
  put_number(associated, kVersion, 1);
  put_id(associated, header.id);
  put_number(associated, static_cast<std::uint64_t>(unix_millis(header.at)), 8);
  put_short_text(associated, header.tenant);
  put_short_text(associated, header.model);
  put_short_text(associated, header.retention_class);
  put_number(associated, content.size(), 4);
  const Result<std::string> sealed = key.seal(compressed, associated, random);
  if (!sealed) return sealed;
  std::string bytes;
  put_number(bytes, associated.size() + sealed->size(), 4);
  return bytes + associated + *sealed;
}

Result<SealedRecord> parse_record(std::string_view bytes) {
  const Failure wrong = fail(Code::malformed, "a stored record is malformed");
  Reader reader(bytes);
  const std::uint64_t size = reader.number(4);
  const std::string_view body = reader.rest();
  if (!reader.ok() || body.size() != size || reader.number(1) != kVersion) return wrong;
  SealedRecord record;
  record.header.id = take_id(reader);
  const std::uint64_t millis = reader.number(8);
  // WallTime counts nanoseconds: later than the year 2262 is not a time we can hold.
  if (millis > static_cast<std::uint64_t>(INT64_MAX) / 1'000'000) return wrong;
  record.header.at = wall_from_unix_millis(static_cast<std::int64_t>(millis));
  record.header.tenant = reader.short_text();
  record.header.model = reader.short_text();
  record.header.retention_class = reader.short_text();
  record.plain_size = static_cast<std::uint32_t>(reader.number(4));
  if (!reader.ok() || record.plain_size > kMaxPlainBytes || !is_valid(record.header.id.day)) {
    return wrong;
  }
  record.associated = body.substr(0, body.size() - reader.rest().size());
  record.sealed = reader.rest();
  return record;
}

Result<std::string> open_record(const SealedRecord& record, const crypto::Aead& key) {
  const Result<std::string> compressed = key.open(record.sealed, record.associated);
  if (!compressed) return compressed;
  std::string content(record.plain_size, '\0');
  const std::size_t size =
      ZSTD_decompress(content.data(), content.size(), compressed->data(), compressed->size());
  if (ZSTD_isError(size) != 0 || size != content.size())
    return fail(Code::corrupt, "a stored record does not unpack");
  return content;
}

std::string Slot::associated() const {
  std::string out = "record key";
  put_id(out, id);
  out.append(crypto::as_bytes(commitment));
  return out;
}

std::string Slot::bytes() const {
  std::string out;
  put_id(out, id);
  put_number(out, tenant, 4);
  put_number(out, segment, 4);
  put_number(out, offset, 8);
  put_number(out, size, 4);
  out.append(crypto::as_bytes(commitment));
  out.append(wrapped_key);
  return out + check_of(out);
}

Result<Slot> Slot::parse(std::string_view bytes) {
  if (bytes.size() != kBytes || check_of(bytes.substr(0, kBytes - 8)) != bytes.substr(kBytes - 8)) {
    return fail(Code::corrupt, "a line of a key file is damaged");
  }
  Reader reader(bytes);
  Slot slot;
  slot.id = take_id(reader);
  slot.tenant = static_cast<std::uint32_t>(reader.number(4));
  slot.segment = static_cast<std::uint32_t>(reader.number(4));
  slot.offset = reader.number(8);
  slot.size = static_cast<std::uint32_t>(reader.number(4));
  const std::string_view digest = reader.take(slot.commitment.size());
  std::memcpy(slot.commitment.data(), digest.data(), digest.size());
  slot.wrapped_key = reader.take(kWrappedBytes);
  if (!is_valid(slot.id.day))
    return fail(Code::corrupt, "a line of a key file names an impossible day");
  return slot;
}

crypto::Sha256Digest content_commitment(const crypto::SecretBytes& record_key,
                                        std::string_view content) {
  const crypto::Sha256Digest salt =
      crypto::hmac_sha256(record_key.view(), "sallyport vault commitment");
  return crypto::hmac_sha256(crypto::as_bytes(salt), content);
}

}  // namespace sallyport::vault
