#include "ledger/log.h"

#include <algorithm>

#include "ledger/entry.h"
#include "ledger/tile_reader.h"

namespace sallyport::ledger {
namespace {

constexpr std::string_view kJournalPrefix = "journal-";
constexpr std::size_t kJournalDigits = 20;
// Of tiles, after which the journal begins anew: most are partial ones that will be removed then.
constexpr std::uint64_t kMaxUnsyncedBytes = 16u << 20;

bool is_journal(std::string_view name) {
  return name.size() == kJournalPrefix.size() + kJournalDigits && name.starts_with(kJournalPrefix);
}

Failure lost(std::string detail) {
  return fail(Code::corrupt,
              std::move(detail) + "; the log must not go on from here: restore its folder whole");
}

}  // namespace

std::string Log::journal_path(std::uint64_t size) const {
  const std::string digits = std::to_string(size);
  return options_.folder + "/" + std::string(kJournalPrefix) +
         std::string(kJournalDigits - digits.size(), '0') + digits;
}

std::string Log::sign(const Checkpoint& checkpoint, bool with_next) const {
  Note note{checkpoint.text(), {}};
  note.signatures.push_back(keys_.current().sign(note.text));
  if (with_next) note.signatures.push_back(keys_.next()->sign(note.text));
  return note.serialise();
}

Result<std::unique_ptr<Log>> Log::open(Files& files, LogOptions options) {
  Result<KeyRing> keys = KeyRing::load(files, options.key_path);
  if (!keys) return Failure(keys.error());
  auto log = std::make_unique<Log>(Private{}, files, std::move(options), std::move(*keys));
  if (Result<void> r = files.make_folders(log->public_folder()); !r) return Failure(r.error());
  Result<std::unique_ptr<FolderLock>> lock = files.lock(log->options_.folder);
  if (!lock) return Failure(lock.error());
  log->lock_ = std::move(*lock);
  if (Result<void> r = log->recover(); !r) return fail_within("opening the ledger", r.error());
  return log;
}

Result<void> Log::recover() {
  const Result<std::vector<std::string>> names = files_.list(options_.folder);
  if (!names) return Failure(names.error());
  std::vector<std::string> journals;
  std::copy_if(names->begin(), names->end(), std::back_inserter(journals), is_journal);
  if (journals.empty()) {
    const Result<std::optional<std::uint64_t>> published =
        files_.size(public_folder() + "/checkpoint");
    if (!published) return Failure(published.error());
    if (published->has_value()) return lost("there is a checkpoint but no journal");
    if (Result<void> r = begin_fresh(); !r) return r;
  } else {
    if (Result<void> r = replay(options_.folder + "/" + journals.back()); !r) return r;
  }
  if (Result<void> r = check_published(); !r) return r;
  // A newer journal is only made once all that an older one holds is in tiles.
  for (std::size_t i = 0; i + 1 < journals.size(); ++i) {
    if (Result<void> r = files_.remove(options_.folder + "/" + journals[i]); !r) return r;
  }
  if (Result<void> r = settle_rotation(); !r) return r;
  checkpoint_pending_ = true;
  if (Result<void> r = publish(); !r) return r;
  return journal_->mark_opened();
}

Result<void> Log::begin_fresh() {
  head_ = {keys_.origin(), 0, crypto::merkle_empty_root()};
  head_note_ = sign(head_, false);
  for (std::string folder = public_folder(); folder != "." && folder != "/";
       folder = parent_folder(folder)) {
    // Folders above ours may belong to others and be out of reach: only our own must be durable.
    const Result<void> synced = files_.sync_folder(parent_folder(folder));
    if (!synced && folder.size() >= options_.folder.size()) return synced;
  }
  if (Result<void> r = Journal::create(files_, journal_path(0), {}); !r) return r;
  Result<Journal> journal = Journal::open(files_, journal_path(0), kMaxJournalBytes);
  if (!journal) return Failure(journal.error());
  journal_.emplace(std::move(*journal));
  return {};
}

Result<void> Log::replay(const std::string& path) {
  const Result<JournalContent> content = Journal::read(files_, path);
  if (!content) return Failure(content.error());
  const std::vector<VerifierKey> keys = keys_.verifiers();
  head_ = {keys_.origin(), 0, crypto::merkle_empty_root()};
  head_note_ = sign(head_, false);
  if (!content->checkpoint.empty()) {
    const Result<SignedCheckpoint> base = open_checkpoint(content->checkpoint, keys);
    if (!base) return fail_within(path, base.error());
    FolderSource source(files_, public_folder());
    Result<TileWriter> tree =
        TileWriter::load(source, base->checkpoint.size, base->checkpoint.root);
    if (!tree) return Failure(tree.error());
    tree_ = std::move(*tree);
    head_ = base->checkpoint;
    head_note_ = content->checkpoint;
  }
  journal_start_ = head_.size;
  for (const JournalBatch& batch : content->batches) {
    for (const std::string& entry : batch.entries) tree_.append(entry);
    const Result<SignedCheckpoint> then = open_checkpoint(batch.checkpoint, keys);
    if (!then) return fail_within(path, then.error());
    if (then->checkpoint.size != tree_.size() || then->checkpoint.root != tree_.root()) {
      return lost("a batch of the journal does not lead to the root that was signed");
    }
    head_ = then->checkpoint;
    head_note_ = batch.checkpoint;
    stage();
  }
  was_unclean_ = !content->clean;
  Result<Journal> journal = Journal::open(files_, path, content->valid_bytes);
  if (!journal) return Failure(journal.error());
  journal_.emplace(std::move(*journal));
  return {};
}

// What outsiders may have seen must be part of what we have.
Result<void> Log::check_published() const {
  const Result<std::string> bytes = files_.read(public_folder() + "/checkpoint", kMaxNoteBytes);
  if (!bytes)
    return bytes.error().code == Code::not_found ? Result<void>() : Failure(bytes.error());
  const Result<SignedCheckpoint> published = open_checkpoint(*bytes, keys_.verifiers());
  // A torn checkpoint says nothing; it is written anew.
  if (!published) return {};
  if (published->checkpoint.size > head_.size) {
    return lost("the checkpoint counts " + std::to_string(published->checkpoint.size) +
                " entries, the journal leads to " + std::to_string(head_.size));
  }
  if (published->checkpoint.size == head_.size && published->checkpoint.root != head_.root) {
    return lost("the checkpoint and the journal have different roots");
  }
  return {};
}

// A rotation that was cut short: done if the new key signed the head, else undone.
Result<void> Log::settle_rotation() {
  if (keys_.next() == nullptr) return {};
  const Result<Note> note = Note::parse(head_note_);
  if (!note) return Failure(note.error());
  const bool happened = verify_note(*note, std::vector{keys_.next()->verifier()}).has_value();
  return happened ? keys_.finish_rotation(files_) : keys_.abandon_rotation(files_);
}

void Log::stage() {
  TileWriter::Changes changes = tree_.take_changes();
  std::move(changes.files.begin(), changes.files.end(), std::back_inserter(pending_));
  std::move(changes.obsolete.begin(), changes.obsolete.end(), std::back_inserter(obsolete_));
  checkpoint_pending_ = true;
}

Result<void> Log::publish() {
  const std::string prefix = public_folder() + "/";
  std::size_t done = 0;
  Result<void> result;
  for (; done < pending_.size(); ++done) {
    result = files_.write(prefix + pending_[done].path, pending_[done].bytes);
    if (!result) break;
    unsynced_.insert(pending_[done].path);
    written_bytes_ += pending_[done].bytes.size();
  }
  pending_.erase(pending_.begin(), pending_.begin() + static_cast<std::ptrdiff_t>(done));
  if (!result) return result;
  if (checkpoint_pending_) {
    if (result = files_.write(prefix + "checkpoint.new", head_note_); !result) return result;
    if (result = files_.rename(prefix + "checkpoint.new", prefix + "checkpoint"); !result)
      return result;
    unsynced_.insert("checkpoint");
    checkpoint_pending_ = false;
  }
  return {};
}

Log::Outcome Log::commit(std::span<const std::string> entries,
                         const std::function<void()>& on_durable) {
  return commit_signed(entries, on_durable, false);
}

Log::Outcome Log::commit_signed(std::span<const std::string> entries,
                                const std::function<void()>& on_durable, bool with_next) {
  Outcome outcome;
  outcome.first = head_.size;
  const auto refuse = [&](Error error) {
    outcome.durable = Failure(error);
    outcome.published = Failure(std::move(error));
    return outcome;
  };
  // What is already durable comes first: it bounds what waits in memory.
  if (Result<void> r = publish(); !r) return refuse(r.error());
  if (journal_->size() >= options_.roll_bytes || written_bytes_ >= kMaxUnsyncedBytes) {
    // Where that fails the old journal grows on, up to what recovery would read.
    const Result<void> rolled = roll();
    if (!rolled && journal_->size() >= kMaxJournalBytes / 2) return refuse(rolled.error());
  }
  TileWriter grown = tree_;
  for (const std::string& entry : entries) grown.append(entry);
  const Checkpoint checkpoint{keys_.origin(), grown.size(), grown.root()};
  std::string note = sign(checkpoint, with_next);
  if (Result<void> r = journal_->append(entries, note); !r) return refuse(r.error());
  tree_ = std::move(grown);
  head_ = checkpoint;
  head_note_ = std::move(note);
  if (on_durable) on_durable();
  stage();
  outcome.published = publish();
  return outcome;
}

// Whether recovery would need the file, were a journal to begin at the head. Partial tiles of
// smaller trees are not waited for: they are many, and a wider tile holds all they say.
bool Log::is_needed(const std::string& path) const {
  const Result<Tile> tile = parse_tile_path(path);
  if (!tile || tile->width == kTileWidth) return true;
  return tile->width == tile_width(head_.size, tile->level, tile->index);
}

Result<void> Log::sync_tiles() {
  const std::string prefix = public_folder() + "/";
  std::set<std::string> folders{public_folder()};
  for (const std::string& path : unsynced_) {
    if (!is_needed(path)) continue;
    if (Result<void> r = files_.sync(prefix + path); !r) return r;
    for (std::string folder = parent_folder(prefix + path); folder.size() > public_folder().size();
         folder = parent_folder(folder)) {
      if (!folders.insert(folder).second) break;
    }
  }
  for (const std::string& folder : folders) {
    if (Result<void> r = files_.sync_folder(folder); !r) return r;
  }
  unsynced_.clear();
  written_bytes_ = 0;
  return {};
}

Result<void> Log::roll() {
  if (head_.size == journal_start_) return {};
  if (Result<void> r = sync_tiles(); !r) return r;
  const std::string path = journal_path(head_.size);
  if (Result<void> r = Journal::create(files_, path, head_note_); !r) return r;
  Result<Journal> journal = Journal::open(files_, path, kMaxJournalBytes);
  if (!journal) return Failure(journal.error());
  // From here on the new journal is the one that recovery reads.
  journal_.emplace(std::move(*journal));
  const std::string old = journal_path(journal_start_);
  journal_start_ = head_.size;
  if (Result<void> r = journal_->mark_opened(); !r) return r;
  if (Result<void> r = files_.remove(old); !r) return r;
  // Not before: until now recovery might have begun at a tree that needs these partial tiles.
  for (const std::string& folder : std::exchange(obsolete_, {})) {
    if (Result<void> r = files_.remove_folder(public_folder() + "/" + folder); !r) return r;
  }
  return {};
}

Result<void> Log::rotate_key(Random& random, WallTime at) {
  if (Result<void> r = keys_.begin_rotation(files_, random); !r) return r;
  const Result<std::string> entry =
      Entry(Kind::key_change, at)
          .set("action", "rotate")
          .set("note", rotation_note(keys_.current(), *keys_.next(), head_.size))
          .encode();
  if (!entry) return Failure(entry.error());
  const Outcome outcome = commit_signed(std::vector{*entry}, {}, true);
  if (!outcome.durable) {
    // Unknown whether the entry is there where the journal broke: recovery will see.
    if (!broken()) return keys_.abandon_rotation(files_).and_then([&] { return outcome.durable; });
    return outcome.durable;
  }
  if (Result<void> r = keys_.finish_rotation(files_); !r) return r;
  return outcome.published;
}

Result<void> Log::close() {
  if (Result<void> r = publish(); !r) return r;
  if (Result<void> r = roll(); !r) return r;
  return journal_->mark_closed();
}

}  // namespace sallyport::ledger
