#include "ledger/key_ring.h"

#include "crypto/secret.h"

namespace sallyport::ledger {
namespace {

constexpr std::size_t kMaxFileBytes = 1u << 20;
constexpr std::string_view kRotation = "sallyport ledger key rotation v1";

}  // namespace

Result<KeyRing> KeyRing::create(Files& files, const std::string& path, std::string_view origin,
                                Random& random) {
  const Result<std::optional<std::uint64_t>> there = files.size(path);
  if (!there) return Failure(there.error());
  if (there->has_value())
    return fail(Code::conflict, path + ": a ledger key is there already; rotate it instead");
  Result<NoteSigner> signer = NoteSigner::generate(origin, KeyType::ed25519, random);
  if (!signer) return Failure(signer.error());
  KeyRing ring(path, std::move(*signer));
  if (Result<void> r = ring.save(files); !r) return Failure(r.error());
  return ring;
}

Result<KeyRing> KeyRing::load(Files& files, const std::string& path) {
  Result<std::string> text = files.read(path, kMaxFileBytes);
  if (!text) return Failure(text.error());
  std::optional<NoteSigner> current;
  std::optional<NoteSigner> next;
  std::vector<VerifierKey> former;
  const Failure wrong =
      fail(Code::corrupt, path + ": the ledger's key file is damaged; restore it");
  std::string_view rest = *text;
  bool good = true;
  while (!rest.empty() && good) {
    const std::size_t end = rest.find('\n');
    const std::string_view line = rest.substr(0, end);
    good = end != std::string_view::npos;
    rest.remove_prefix(good ? end + 1 : rest.size());
    const std::size_t space = line.find(' ');
    if (space == std::string_view::npos) good = false;
    if (!good) break;
    const std::string_view role = line.substr(0, space);
    const std::string_view key = line.substr(space + 1);
    if (role == "former") {
      Result<VerifierKey> verifier = VerifierKey::parse(key);
      good = verifier.has_value();
      if (good) former.push_back(std::move(*verifier));
    } else {
      Result<NoteSigner> signer = NoteSigner::parse(key);
      std::optional<NoteSigner>& slot = role == "current" ? current : next;
      good = signer.has_value() && !slot && (role == "current" || role == "next");
      if (good) slot = std::move(*signer);
    }
  }
  crypto::wipe(*text);
  if (!good || !current) return wrong;
  KeyRing ring(path, std::move(*current));
  ring.next_ = std::move(next);
  ring.former_ = std::move(former);
  return ring;
}

Result<void> KeyRing::save(Files& files) const {
  std::string text = "current " + current_.secret_text() + "\n";
  if (next_) text += "next " + next_->secret_text() + "\n";
  for (const VerifierKey& key : former_) text += "former " + key.text() + "\n";
  const Result<void> done = replace_file(files, path_, text);
  crypto::wipe(text);
  return done;
}

std::vector<VerifierKey> KeyRing::verifiers() const {
  std::vector<VerifierKey> keys{current_.verifier()};
  if (next_) keys.push_back(next_->verifier());
  keys.insert(keys.end(), former_.begin(), former_.end());
  return keys;
}

Result<void> KeyRing::begin_rotation(Files& files, Random& random) {
  if (!next_) {
    Result<NoteSigner> signer = NoteSigner::generate(origin(), KeyType::ed25519, random);
    if (!signer) return Failure(signer.error());
    next_ = std::move(*signer);
  }
  return save(files);
}

Result<void> KeyRing::finish_rotation(Files& files) {
  if (!next_) return {};
  former_.push_back(current_.verifier());
  current_ = std::move(*next_);
  next_.reset();
  return save(files);
}

Result<void> KeyRing::abandon_rotation(Files& files) {
  next_.reset();
  return save(files);
}

std::string rotation_note(const NoteSigner& old_key, const NoteSigner& new_key,
                          std::uint64_t size) {
  Note note;
  note.text = std::string(kRotation) + "\n" + old_key.verifier().text() + "\n" +
              new_key.verifier().text() + "\n" + std::to_string(size) + "\n";
  note.signatures = {old_key.sign(note.text), new_key.sign(note.text)};
  return note.serialise();
}

Result<VerifierKey> open_rotation(std::string_view bytes, const VerifierKey& old_key) {
  const Failure wrong =
      fail(Code::malformed, "a key rotation has four lines: title, old key, new key, size");
  const Result<Note> note = Note::parse(bytes);
  if (!note) return Failure(note.error());
  std::string_view text = note->text;
  const std::string head = std::string(kRotation) + "\n" + old_key.text() + "\n";
  if (!text.starts_with(head)) return wrong;
  text.remove_prefix(head.size());
  const std::size_t end = text.find('\n');
  if (end == std::string_view::npos) return wrong;
  Result<VerifierKey> new_key = VerifierKey::parse(text.substr(0, end));
  if (!new_key) return new_key;
  if (new_key->name != old_key.name) return fail(Code::invalid, "a key rotation names another log");
  const Result<std::vector<Verified>> signers = verify_note(*note, std::vector{old_key, *new_key});
  if (!signers) return Failure(signers.error());
  if (signers->size() != 2)
    return fail(Code::unauthenticated, "a key rotation is not signed by both keys");
  return new_key;
}

}  // namespace sallyport::ledger
