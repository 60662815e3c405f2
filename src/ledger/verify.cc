#include "ledger/verify.h"

#include "json/document.h"
#include "ledger/key_ring.h"
#include "ledger/tile_writer.h"

namespace sallyport::ledger {
namespace {

constexpr std::string_view kRotationMark = "\"kind\":\"key_change\"";

// The key that follows `key`, if the entry is a rotation.
Result<VerifierKey> next_key(std::string_view entry, const VerifierKey& key) {
  const Result<json::Document> document = json::Document::parse(entry);
  if (!document) return Failure(document.error());
  return open_rotation(document->root()["note"].text(), key);
}

bool is_rotation(std::string_view entry) {
  if (entry.find(kRotationMark) == std::string_view::npos) return false;
  const Result<json::Document> document = json::Document::parse(entry);
  return document && document->root()["kind"].equals("key_change") &&
         document->root()["action"].equals("rotate");
}

// Every file the tree's writer makes must be there, byte for byte.
Result<std::uint64_t> compare(TileSource& source, TileWriter& tree) {
  std::uint64_t tiles = 0;
  for (const TileWriter::File& file : tree.take_changes().files) {
    if (file.path.starts_with("tile/entries/")) continue;
    Result<std::string> bytes = source.read(file.path);
    if (!bytes) return fail_within("verifying " + file.path, bytes.error());
    if (*bytes != file.bytes)
      return fail(Code::corrupt, "verifying " + file.path + ": its hashes do not fit the entries");
    ++tiles;
  }
  return tiles;
}

}  // namespace

Result<VerifyReport> verify_log(TileSource& source, const VerifierKey& first_key,
                                std::span<const VerifierKey> witnesses,
                                const std::function<void(std::uint64_t, std::string_view)>& each) {
  VerifyReport report;
  report.keys = {first_key};
  const Result<std::string> note = source.read("checkpoint");
  if (!note) return fail_within("verifying the log", note.error());
  // Which keys to believe is known only after the entries; the claim is checked at the end.
  const Result<Note> parsed = Note::parse(*note);
  if (!parsed) return fail_within("verifying the checkpoint", parsed.error());
  const Result<Checkpoint> claim = Checkpoint::parse(parsed->text);
  if (!claim) return fail_within("verifying the checkpoint", claim.error());

  TileReader reader(source, claim->size);
  TileWriter tree;
  for (std::uint64_t index = 0; index * kTileWidth < claim->size; ++index) {
    const Result<std::string> bundle = reader.bundle(index);
    if (!bundle) return fail_within("verifying entries", bundle.error());
    const auto entries = parse_bundle(*bundle, tile_width(claim->size, 0, index));
    if (!entries)
      return fail_within("verifying " + tile_path({true, 0, index, kTileWidth}), entries.error());
    for (const std::string_view entry : *entries) {
      if (is_rotation(entry)) {
        Result<VerifierKey> next = next_key(entry, report.keys.back());
        // Before the key we were given there may be older ones: their rotations are not ours to
        // follow.
        if (next) report.keys.push_back(std::move(*next));
      }
      if (each) each(report.entries, entry);
      tree.append(entry);
      ++report.entries;
    }
    // At the end of a bundle the writer hands out the partial upper tiles too; only the last ones
    // must exist.
    if (report.entries != claim->size) {
      TileWriter::Changes changes = tree.take_changes();
      for (const TileWriter::File& file : changes.files) {
        const Result<Tile> tile = parse_tile_path(file.path);
        if (!tile || tile->entries || tile->width != kTileWidth) continue;
        const Result<std::string> bytes = source.read(file.path);
        if (!bytes) return fail_within("verifying " + file.path, bytes.error());
        if (*bytes != file.bytes) {
          return fail(Code::corrupt,
                      "verifying " + file.path + ": its hashes do not fit the entries");
        }
        ++report.tiles;
      }
    }
  }
  const Result<std::uint64_t> last = compare(source, tree);
  if (!last) return Failure(last.error());
  report.tiles += *last;
  if (tree.root() != claim->root)
    return fail(Code::corrupt, "the entries do not lead to the root that the checkpoint signs");

  std::vector<VerifierKey> keys = report.keys;
  keys.insert(keys.end(), witnesses.begin(), witnesses.end());
  Result<SignedCheckpoint> checkpoint = open_checkpoint(*note, keys);
  if (!checkpoint) return fail_within("verifying the checkpoint", checkpoint.error());
  report.checkpoint = std::move(*checkpoint);
  return report;
}

Result<TlogProof> prove_inclusion(TileSource& source, std::uint64_t index,
                                  std::span<const VerifierKey> keys,
                                  const std::string& checkpoint) {
  Result<std::string> note = source.read(checkpoint);
  if (!note) return Failure(note.error());
  const Result<SignedCheckpoint> opened = open_checkpoint(*note, keys);
  if (!opened) return Failure(opened.error());
  TileReader reader(source, opened->checkpoint.size);
  Result<crypto::MerkleProof> hashes = reader.inclusion(index);
  if (!hashes) return Failure(hashes.error());
  return TlogProof{{}, index, std::move(*hashes), std::move(*note)};
}

Result<Checkpoint> export_log(TileSource& source, std::span<const VerifierKey> keys, Files& files,
                              const std::string& folder) {
  const Result<std::string> note = source.read("checkpoint");
  if (!note) return Failure(note.error());
  const Result<SignedCheckpoint> checkpoint = open_checkpoint(*note, keys);
  if (!checkpoint) return Failure(checkpoint.error());
  const std::uint64_t size = checkpoint->checkpoint.size;
  TileReader reader(source, size);
  for (std::uint64_t index = 0; tile_width(size, 0, index) != 0; ++index) {
    const Result<std::string> bundle = reader.bundle(index);
    if (!bundle) return Failure(bundle.error());
    const std::string path = tile_path({true, 0, index, tile_width(size, 0, index)});
    if (Result<void> r = files.write(folder + "/" + path, *bundle); !r) return Failure(r.error());
  }
  for (int level = 0; level < tile_levels(size); ++level) {
    for (std::uint64_t index = 0; tile_width(size, level, index) != 0; ++index) {
      const Result<std::vector<MerkleHash>> hashes = reader.hashes(level, index);
      if (!hashes) return Failure(hashes.error());
      std::string bytes;
      for (const MerkleHash& hash : *hashes) bytes.append(crypto::as_bytes(hash));
      const std::string path = tile_path({false, level, index, tile_width(size, level, index)});
      if (Result<void> r = files.write(folder + "/" + path, bytes); !r) return Failure(r.error());
    }
  }
  if (Result<void> r = files.write(folder + "/checkpoint", *note); !r) return Failure(r.error());
  return checkpoint->checkpoint;
}

}  // namespace sallyport::ledger
