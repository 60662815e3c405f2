#include "ledger/checkpoint.h"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "base/encoding.h"

namespace sallyport::ledger {
namespace {

// Takes a line off the front, without its newline; false where there is none.
bool take_line(std::string_view& text, std::string_view& line) {
  const std::size_t end = text.find('\n');
  if (end == std::string_view::npos) return false;
  line = text.substr(0, end);
  text.remove_prefix(end + 1);
  return true;
}

}  // namespace

Result<std::uint64_t> parse_size(std::string_view text) {
  const bool digits =
      !text.empty() && text.size() <= 20 &&
      std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
  std::uint64_t value = 0;
  if (digits && (text.size() == 1 || text[0] != '0') &&
      std::from_chars(text.data(), text.data() + text.size(), value).ec == std::errc()) {
    return value;
  }
  return fail(Code::malformed, "a tree size or index is no decimal number without leading zeros");
}

Result<crypto::MerkleHash> parse_hash(std::string_view text) {
  crypto::MerkleHash hash;
  const Result<std::string> bytes = base64_decode(text);
  if (!bytes || bytes->size() != hash.size())
    return fail(Code::malformed, "a hash is not base64 of 32 bytes");
  std::memcpy(hash.data(), bytes->data(), hash.size());
  return hash;
}

std::string format_hash(const crypto::MerkleHash& hash) {
  return base64_encode(crypto::as_bytes(hash));
}

std::string Checkpoint::text() const {
  return origin + "\n" + std::to_string(size) + "\n" + format_hash(root) + "\n";
}

Result<Checkpoint> Checkpoint::parse(std::string_view text) {
  std::string_view origin;
  std::string_view size_line;
  std::string_view root_line;
  if (!take_line(text, origin) || !take_line(text, size_line) || !take_line(text, root_line) ||
      origin.empty()) {
    return fail(Code::malformed, "a checkpoint has three lines: origin, size and root");
  }
  const Result<std::uint64_t> size = parse_size(size_line);
  if (!size) return Failure(size.error());
  const Result<crypto::MerkleHash> root = parse_hash(root_line);
  if (!root) return Failure(root.error());
  while (!text.empty()) {
    std::string_view extension;
    if (!take_line(text, extension) || extension.empty()) {
      return fail(Code::malformed, "a checkpoint has an empty extension line");
    }
  }
  return Checkpoint{std::string(origin), *size, *root};
}

Result<SignedCheckpoint> open_checkpoint(std::string_view bytes,
                                         std::span<const VerifierKey> keys) {
  const Result<Note> note = Note::parse(bytes);
  if (!note) return Failure(note.error());
  Result<std::vector<Verified>> signers = verify_note(*note, keys);
  if (!signers) return Failure(signers.error());
  Result<Checkpoint> checkpoint = Checkpoint::parse(note->text);
  if (!checkpoint) return Failure(checkpoint.error());
  const bool by_log = std::any_of(signers->begin(), signers->end(), [&](const Verified& signer) {
    return signer.key.type == KeyType::ed25519 && signer.key.name == checkpoint->origin;
  });
  if (!by_log) return fail(Code::unauthenticated, "a checkpoint carries no signature of its log");
  return SignedCheckpoint{std::move(*checkpoint), std::move(*signers)};
}

}  // namespace sallyport::ledger
