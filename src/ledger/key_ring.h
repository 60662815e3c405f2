#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/files.h"
#include "base/random.h"
#include "base/result.h"
#include "ledger/note.h"

// The log's keys: the one that signs, the one that is about to, and all whose signatures stand in
// the log. One file, readable by its owner only, outside of the folder that is served.
namespace sallyport::ledger {

class KeyRing {
 public:
  static Result<KeyRing> create(Files& files, const std::string& path, std::string_view origin,
                                Random& random);
  static Result<KeyRing> load(Files& files, const std::string& path);

  const std::string& origin() const { return current_.verifier().name; }
  const NoteSigner& current() const { return current_; }
  const NoteSigner* next() const { return next_ ? &*next_ : nullptr; }
  // Current, next and former keys: what verifies any checkpoint of this log.
  std::vector<VerifierKey> verifiers() const;

  // Rotation in two steps, each durable: first there are two keys, then the old one is gone (its
  // public half stays).
  Result<void> begin_rotation(Files& files, Random& random);
  Result<void> finish_rotation(Files& files);
  Result<void> abandon_rotation(Files& files);

 private:
  KeyRing(std::string path, NoteSigner current)
      : path_(std::move(path)), current_(std::move(current)) {}
  Result<void> save(Files& files) const;

  std::string path_;
  NoteSigner current_;
  std::optional<NoteSigner> next_;
  std::vector<VerifierKey> former_;
};

// What a rotation says, as a note signed by both keys: "from this tree on, the new key signs".
std::string rotation_note(const NoteSigner& old_key, const NoteSigner& new_key, std::uint64_t size);
// The new key, if `note` is a rotation of a log whose key is `old_key`, signed by both.
Result<VerifierKey> open_rotation(std::string_view note, const VerifierKey& old_key);

}  // namespace sallyport::ledger
