#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "crypto/ed25519.h"

// Signed notes: text with signature lines. Source: c2sp.org/signed-note, c2sp.org/tlog-cosignature
// (cosignature/v1).
namespace sallyport::ledger {

inline constexpr std::size_t kMaxNoteBytes = 256u << 10;
inline constexpr std::size_t kMaxNoteSignatures = 64;

// How a key signs. The value is the format's type byte.
enum class KeyType : std::uint8_t { ed25519 = 0x01, cosignature_v1 = 0x04 };

// What verifies: "name+3f2a…+base64", a vkey.
struct VerifierKey {
  std::string name;
  KeyType type = KeyType::ed25519;
  crypto::Ed25519PublicKey key{};

  std::uint32_t id() const;  // first 4 bytes of SHA-256(name || "\n" || type || key), big-endian
  std::string text() const;
  static Result<VerifierKey> parse(std::string_view vkey);
  bool operator==(const VerifierKey&) const = default;
};

struct NoteSignature {
  std::string name;
  std::uint32_t id = 0;
  std::string bytes;  // without the id
};

struct Note {
  std::string text;  // ends in a newline
  std::vector<NoteSignature> signatures;

  // Form only; nothing is verified.
  static Result<Note> parse(std::string_view bytes);
  std::string serialise() const;
};

// "— name base64" and the newline.
std::string signature_line(const NoteSignature& signature);
// One such line, with or without its newline.
Result<NoteSignature> parse_signature_line(std::string_view line);

// What signs. "PRIVATE+KEY+name+hash+base64(type || seed)" in its file. Move only.
class NoteSigner {
 public:
  // invalid unless the name is not empty and has neither spaces nor '+'.
  static Result<NoteSigner> generate(std::string_view name, KeyType type, Random& random);
  static Result<NoteSigner> parse(std::string_view key_text);

  const VerifierKey& verifier() const { return verifier_; }
  std::string secret_text() const;  // for its file, and nothing else
  // `time` goes into cosignatures only.
  NoteSignature sign(std::string_view text, WallTime time = {}) const;

 private:
  NoteSigner(crypto::Ed25519Signer signer, VerifierKey verifier)
      : signer_(std::move(signer)), verifier_(std::move(verifier)) {}

  crypto::Ed25519Signer signer_;
  VerifierKey verifier_;
};

struct Verified {
  VerifierKey key;
  WallTime time;  // of a cosignature
};

// The signatures of known keys, in the note's order, one for each key. Unknown keys are ignored; a
// wrong signature of a known key makes the whole note corrupt; no signature of a known key:
// unauthenticated.
Result<std::vector<Verified>> verify_note(const Note& note, std::span<const VerifierKey> keys);

}  // namespace sallyport::ledger
