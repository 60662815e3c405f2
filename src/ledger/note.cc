#include "ledger/note.h"

#include <algorithm>
#include <cstring>

#include "base/encoding.h"
#include "crypto/sha256.h"

namespace sallyport::ledger {
namespace {

constexpr std::string_view kDash = "\xe2\x80\x94 ";  // U+2014 and a space
constexpr std::string_view kPrivate = "PRIVATE+KEY+";
constexpr std::size_t kMaxNameBytes = 512;

std::string_view bytes_of(const crypto::Ed25519PublicKey& key) {
  return {reinterpret_cast<const char*>(key.data()), key.size()};
}

std::string big_endian(std::uint64_t value, int bytes) {
  std::string out;
  while (bytes-- > 0) out.push_back(static_cast<char>(value >> (8 * bytes) & 0xff));
  return out;
}

std::uint64_t from_big_endian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (const char c : bytes) value = value << 8 | static_cast<unsigned char>(c);
  return value;
}

// Takes one code point off the front; -1 where the bytes are no UTF-8.
std::int32_t take_code_point(std::string_view& text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  const std::size_t size = lead < 0x80   ? 1
                           : lead < 0xc2 ? 0
                           : lead < 0xe0 ? 2
                           : lead < 0xf0 ? 3
                           : lead < 0xf5 ? 4
                                         : 0;
  if (size == 0 || text.size() < size) return -1;
  std::int32_t point = size == 1 ? lead : lead & (0x7f >> size);
  for (std::size_t i = 1; i < size; ++i) {
    const auto next = static_cast<unsigned char>(text[i]);
    if ((next & 0xc0) != 0x80) return -1;
    point = point << 6 | (next & 0x3f);
  }
  static constexpr std::int32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
  if (point < kLeast[size] || point > 0x10ffff || (point >= 0xd800 && point < 0xe000)) return -1;
  text.remove_prefix(size);
  return point;
}

bool is_space(std::int32_t c) {
  return c == ' ' || (c >= 0x09 && c <= 0x0d) || c == 0x85 || c == 0xa0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 || c == 0x202f || c == 0x205f ||
         c == 0x3000;
}

bool is_key_name(std::string_view name) {
  if (name.empty() || name.size() > kMaxNameBytes) return false;
  while (!name.empty()) {
    const std::int32_t c = take_code_point(name);
    if (c < 0x20 || c == '+' || is_space(c)) return false;
  }
  return true;
}

bool is_note_text(std::string_view text) {
  while (!text.empty()) {
    const std::int32_t c = take_code_point(text);
    if (c < 0x20 && c != '\n') return false;
  }
  return true;
}

// "name+hash+base64" -> the type byte with 32 bytes; the hash is returned to be checked.
struct KeyText {
  std::string name;
  std::uint32_t id = 0;
  KeyType type = KeyType::ed25519;
  std::string key;
};

Result<KeyText> parse_key_text(std::string_view text) {
  const Failure wrong = fail(Code::malformed, "a note key has the form name+8 hex digits+base64");
  const std::size_t first = text.find('+');
  if (first == std::string_view::npos) return wrong;
  const std::size_t second = text.find('+', first + 1);
  if (second != first + 9) return wrong;
  KeyText parsed;
  parsed.name = text.substr(0, first);
  if (!is_key_name(parsed.name))
    return fail(Code::malformed, "a note key's name is empty or has spaces");
  const Result<std::string> hash = hex_decode(text.substr(first + 1, 8));
  if (!hash) return wrong;
  parsed.id = static_cast<std::uint32_t>(from_big_endian(*hash));
  const Result<std::string> bytes = base64_decode(text.substr(second + 1));
  if (!bytes || bytes->size() != 1 + crypto::kEd25519KeyBytes) return wrong;
  const auto type = static_cast<std::uint8_t>((*bytes)[0]);
  if (type != 0x01 && type != 0x04) {
    return fail(Code::invalid, "a note key has a type that is not known here (0x01 and 0x04 are)");
  }
  parsed.type = static_cast<KeyType>(type);
  parsed.key = bytes->substr(1);
  return parsed;
}

std::string key_text(const VerifierKey& key, std::string_view bytes) {
  return key.name + "+" + hex_encode(big_endian(key.id(), 4)) + "+" +
         base64_encode(static_cast<char>(key.type) + std::string(bytes));
}

std::string cosigned_message(std::uint64_t seconds, std::string_view text) {
  return "cosignature/v1\ntime " + std::to_string(seconds) + "\n" + std::string(text);
}

// Whether `signature` is of `key` over `text`; sets the time of a cosignature.
bool verifies(const NoteSignature& signature, const VerifierKey& key, std::string_view text,
              WallTime& time) {
  std::string_view bytes = signature.bytes;
  std::string message(text);
  if (key.type == KeyType::cosignature_v1) {
    if (bytes.size() != 8 + crypto::kEd25519SignatureBytes) return false;
    const std::uint64_t seconds = from_big_endian(bytes.substr(0, 8));
    // WallTime counts nanoseconds: later than the year 2262 is not a time we can hold, nor one to
    // believe.
    if (seconds > static_cast<std::uint64_t>(INT64_MAX) / 1'000'000'000) return false;
    time = wall_from_unix_seconds(static_cast<std::int64_t>(seconds));
    message = cosigned_message(seconds, text);
    bytes.remove_prefix(8);
  }
  if (bytes.size() != crypto::kEd25519SignatureBytes) return false;
  crypto::Ed25519Signature raw;
  std::memcpy(raw.data(), bytes.data(), raw.size());
  return crypto::ed25519_verify(key.key, message, raw);
}

}  // namespace

std::uint32_t VerifierKey::id() const {
  std::string input = name + "\n";
  input.push_back(static_cast<char>(type));
  input.append(bytes_of(key));
  return static_cast<std::uint32_t>(
      from_big_endian(crypto::as_bytes(crypto::sha256(input)).substr(0, 4)));
}

std::string VerifierKey::text() const { return key_text(*this, bytes_of(key)); }

Result<VerifierKey> VerifierKey::parse(std::string_view vkey) {
  const Result<KeyText> parsed = parse_key_text(vkey);
  if (!parsed) return Failure(parsed.error());
  VerifierKey key{parsed->name, parsed->type, {}};
  std::memcpy(key.key.data(), parsed->key.data(), key.key.size());
  if (key.id() != parsed->id)
    return fail(Code::malformed, "a note key's hash does not fit the key");
  return key;
}

std::string signature_line(const NoteSignature& signature) {
  return std::string(kDash) + signature.name + " " +
         base64_encode(big_endian(signature.id, 4) + signature.bytes) + "\n";
}

Result<NoteSignature> parse_signature_line(std::string_view line) {
  const Failure wrong = fail(Code::malformed, "a signature line has the form — name base64");
  if (line.ends_with('\n')) line.remove_suffix(1);
  if (!line.starts_with(kDash)) return wrong;
  line.remove_prefix(kDash.size());
  const std::size_t space = line.find(' ');
  if (space == std::string_view::npos || !is_key_name(line.substr(0, space))) return wrong;
  const Result<std::string> bytes = base64_decode(line.substr(space + 1));
  if (!bytes || bytes->size() < 5) return wrong;
  return NoteSignature{
      std::string(line.substr(0, space)),
      static_cast<std::uint32_t>(from_big_endian(std::string_view(*bytes).substr(0, 4))),
      bytes->substr(4)};
}

Result<Note> Note::parse(std::string_view bytes) {
  if (bytes.size() > kMaxNoteBytes) return fail(Code::too_large, "a signed note is too large");
  if (!is_note_text(bytes))
    return fail(Code::malformed, "a signed note is no UTF-8 or has control characters");
  const std::size_t blank = bytes.rfind("\n\n");
  if (blank == std::string_view::npos || !bytes.ends_with('\n')) {
    return fail(Code::malformed, "a signed note lacks the empty line before its signatures");
  }
  Note note;
  note.text = bytes.substr(0, blank + 1);
  bytes.remove_prefix(blank + 2);
  while (!bytes.empty()) {
    const std::size_t end = bytes.find('\n');
    if (note.signatures.size() == kMaxNoteSignatures) {
      return fail(Code::too_large, "a signed note has too many signatures");
    }
    Result<NoteSignature> signature = parse_signature_line(bytes.substr(0, end));
    if (!signature) return Failure(signature.error());
    note.signatures.push_back(std::move(*signature));
    bytes.remove_prefix(end + 1);
  }
  if (note.signatures.empty()) return fail(Code::malformed, "a signed note has no signature");
  return note;
}

std::string Note::serialise() const {
  std::string out = text + "\n";
  for (const NoteSignature& signature : signatures) out += signature_line(signature);
  return out;
}

Result<NoteSigner> NoteSigner::generate(std::string_view name, KeyType type, Random& random) {
  if (!is_key_name(name))
    return fail(Code::invalid, "a key name is not empty and has neither spaces nor '+'");
  crypto::Ed25519Signer signer = crypto::Ed25519Signer::generate(random);
  VerifierKey verifier{std::string(name), type, signer.public_key()};
  return NoteSigner(std::move(signer), std::move(verifier));
}

Result<NoteSigner> NoteSigner::parse(std::string_view text) {
  if (!text.starts_with(kPrivate))
    return fail(Code::malformed, "a signing key begins with PRIVATE+KEY+");
  Result<KeyText> parsed = parse_key_text(text.substr(kPrivate.size()));
  if (!parsed) return Failure(parsed.error());
  crypto::SecretBytes seed{std::string_view(parsed->key)};
  crypto::wipe(parsed->key);
  Result<crypto::Ed25519Signer> signer = crypto::Ed25519Signer::from_seed(std::move(seed));
  if (!signer) return Failure(signer.error());
  VerifierKey verifier{parsed->name, parsed->type, signer->public_key()};
  if (verifier.id() != parsed->id)
    return fail(Code::malformed, "a signing key's hash does not fit the key");
  return NoteSigner(std::move(*signer), std::move(verifier));
}

std::string NoteSigner::secret_text() const {
  return std::string(kPrivate) + key_text(verifier_, signer_.seed().view());
}

NoteSignature NoteSigner::sign(std::string_view text, WallTime time) const {
  NoteSignature signature{verifier_.name, verifier_.id(), {}};
  std::string message(text);
  if (verifier_.type == KeyType::cosignature_v1) {
    const auto seconds = static_cast<std::uint64_t>(unix_seconds(time));
    signature.bytes = big_endian(seconds, 8);
    message = cosigned_message(seconds, text);
  }
  const crypto::Ed25519Signature raw = signer_.sign(message);
  signature.bytes.append(reinterpret_cast<const char*>(raw.data()), raw.size());
  return signature;
}

Result<std::vector<Verified>> verify_note(const Note& note, std::span<const VerifierKey> keys) {
  std::vector<Verified> verified;
  for (const NoteSignature& signature : note.signatures) {
    const auto key = std::find_if(keys.begin(), keys.end(), [&](const VerifierKey& candidate) {
      return candidate.name == signature.name && candidate.id() == signature.id;
    });
    if (key == keys.end()) continue;
    const auto seen = [&](const Verified& other) { return other.key == *key; };
    if (std::any_of(verified.begin(), verified.end(), seen)) continue;
    WallTime time;
    if (!verifies(signature, *key, note.text, time)) {
      return fail(Code::corrupt, "a signed note carries a wrong signature of a known key");
    }
    verified.push_back({*key, time});
  }
  if (verified.empty())
    return fail(Code::unauthenticated, "a signed note carries no signature of a known key");
  return verified;
}

}  // namespace sallyport::ledger
