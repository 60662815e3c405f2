#include "ledger/journal.h"

#include "crypto/sha256.h"
#include "ledger/tile.h"

namespace sallyport::ledger {
namespace {

// A record: 4 bytes length of the payload, 1 byte type, payload, 8 bytes check = SHA-256 of all
// before it in the record and of its offset in the file, cut short.
constexpr std::size_t kHeadBytes = 5;
constexpr std::size_t kCheckBytes = 8;
constexpr char kHeader = 'H';
constexpr char kBatch = 'B';
constexpr char kOpened = 'O';
constexpr char kClosed = 'C';
constexpr std::string_view kMagic = "sallyport ledger journal 1\n";

std::string big_endian_32(std::size_t value) {
  std::string out;
  for (int shift = 24; shift >= 0; shift -= 8)
    out.push_back(static_cast<char>(value >> shift & 0xff));
  return out;
}

std::size_t from_big_endian_32(std::string_view bytes) {
  std::size_t value = 0;
  for (const char c : bytes.substr(0, 4)) value = value << 8 | static_cast<unsigned char>(c);
  return value;
}

std::string check_of(std::string_view record, std::uint64_t offset) {
  std::string input = big_endian_32(offset >> 32) + big_endian_32(offset & 0xffffffff);
  input.append(record);
  return std::string(crypto::as_bytes(crypto::sha256(input)).substr(0, kCheckBytes));
}

std::string make_record(char type, std::string_view payload, std::uint64_t offset) {
  std::string record = big_endian_32(payload.size());
  record.push_back(type);
  record.append(payload);
  return record + check_of(record, offset);
}

// The whole record at `offset`; false where there is none.
bool read_record(std::string_view bytes, std::uint64_t offset, char& type,
                 std::string_view& payload) {
  const std::string_view rest = bytes.substr(offset);
  if (rest.size() < kHeadBytes + kCheckBytes) return false;
  const std::size_t size = from_big_endian_32(rest);
  if (rest.size() - kHeadBytes - kCheckBytes < size) return false;
  const std::string_view record = rest.substr(0, kHeadBytes + size);
  if (rest.substr(record.size(), kCheckBytes) != check_of(record, offset)) return false;
  type = record[4];
  payload = record.substr(kHeadBytes);
  return true;
}

// payload: 4 bytes size of the checkpoint, checkpoint, bundle of entries.
Result<JournalBatch> parse_batch(std::string_view payload) {
  const Failure wrong = fail(Code::corrupt, "a batch of the journal is malformed");
  if (payload.size() < 4) return wrong;
  const std::size_t size = from_big_endian_32(payload);
  payload.remove_prefix(4);
  if (payload.size() < size) return wrong;
  JournalBatch batch;
  batch.checkpoint = payload.substr(0, size);
  payload.remove_prefix(size);
  while (!payload.empty()) {
    if (payload.size() < 2) return wrong;
    const std::size_t entry = static_cast<std::size_t>(static_cast<unsigned char>(payload[0]))
                                  << 8 |
                              static_cast<unsigned char>(payload[1]);
    payload.remove_prefix(2);
    if (payload.size() < entry) return wrong;
    batch.entries.emplace_back(payload.substr(0, entry));
    payload.remove_prefix(entry);
  }
  return batch;
}

}  // namespace

Result<JournalContent> Journal::read(Files& files, const std::string& path) {
  const Result<std::string> bytes = files.read(path, kMaxJournalBytes);
  if (!bytes) return Failure(bytes.error());
  JournalContent content;
  char type = 0;
  std::string_view payload;
  std::uint64_t offset = 0;
  while (read_record(*bytes, offset, type, payload)) {
    const bool first = offset == 0;
    if (first != (type == kHeader)) break;
    if (first) {
      if (!payload.starts_with(kMagic)) break;
      content.checkpoint = payload.substr(kMagic.size());
    } else if (type == kBatch) {
      Result<JournalBatch> batch = parse_batch(payload);
      if (!batch) return fail_within(path, batch.error());
      content.batches.push_back(std::move(*batch));
    }
    content.clean = type == kClosed || first;
    offset += kHeadBytes + payload.size() + kCheckBytes;
  }
  content.valid_bytes = offset;
  if (offset == 0) return fail(Code::corrupt, path + ": the journal's header is broken");
  if (offset < bytes->size()) {
    content.clean = false;
    // One batch at a time is in flight, so a torn write is the last thing in the file.
    const std::size_t size = bytes->size() - offset >= 4
                                 ? from_big_endian_32(std::string_view(*bytes).substr(offset))
                                 : 0;
    const std::uint64_t next = offset + kHeadBytes + size + kCheckBytes;
    if (next < bytes->size() && read_record(*bytes, next, type, payload)) {
      return fail(Code::corrupt, path +
                                     ": a record in the middle of the journal is broken, at byte " +
                                     std::to_string(offset));
    }
  }
  return content;
}

Result<void> Journal::create(Files& files, const std::string& path, std::string_view checkpoint) {
  return replace_file(files, path,
                      make_record(kHeader, std::string(kMagic) + std::string(checkpoint), 0));
}

Result<Journal> Journal::open(Files& files, const std::string& path, std::uint64_t valid_bytes) {
  Result<std::unique_ptr<AppendFile>> file = files.open_append(path);
  if (!file) return Failure(file.error());
  if ((*file)->size() > valid_bytes) {
    if (Result<void> r = (*file)->truncate(valid_bytes); !r) return Failure(r.error());
    if (Result<void> r = (*file)->sync(); !r) return Failure(r.error());
  }
  return Journal(std::move(*file));
}

Result<void> Journal::append_record(char type, std::string_view payload) {
  if (broken_) return fail(Code::unavailable, "the journal failed before; restart to recover");
  const std::uint64_t before = file_->size();
  if (Result<void> r = file_->append(make_record(type, payload, before)); !r) {
    // What was written in part must go before the next record is written. Never synced, so never
    // acknowledged.
    broken_ = !file_->truncate(before).has_value();
    return r;
  }
  if (Result<void> r = file_->sync(); !r) {
    // After a failed sync the kernel may have dropped the bytes while reading them back as if they
    // were there.
    broken_ = true;
    return r;
  }
  return {};
}

Result<void> Journal::append(std::span<const std::string> entries, std::string_view checkpoint) {
  std::string payload = big_endian_32(checkpoint.size());
  payload.append(checkpoint);
  for (const std::string& entry : entries) append_to_bundle(payload, entry);
  return append_record(kBatch, payload);
}

Result<void> Journal::mark_opened() { return append_record(kOpened, {}); }

Result<void> Journal::mark_closed() { return append_record(kClosed, {}); }

}  // namespace sallyport::ledger
