#include "ledger/tile_writer.h"

#include <cstring>

namespace sallyport::ledger {
namespace {

// The root of a full tile.
MerkleHash tile_root(std::string_view bytes) {
  std::vector<MerkleHash> row(kTileWidth);
  std::memcpy(row.data(), bytes.data(), bytes.size());
  while (row.size() > 1) {
    for (std::size_t i = 0; i < row.size() / 2; ++i)
      row[i] = crypto::merkle_node(row[2 * i], row[2 * i + 1]);
    row.resize(row.size() / 2);
  }
  return row[0];
}

}  // namespace

Result<TileWriter> TileWriter::load(TileSource& source, std::uint64_t size,
                                    const MerkleHash& root) {
  TileReader reader(source, size);
  const Failure wrong =
      fail(Code::corrupt, "the tiles of a log of " + std::to_string(size) +
                              " entries do not lead to the root that was signed; restore them");
  Result<crypto::MerkleEdge> edge = reader.edge();
  if (!edge) return fail_within("loading the log's tiles", edge.error());
  if (edge->root() != root) return wrong;
  TileWriter writer;
  writer.edge_ = std::move(*edge);
  writer.written_ = size;
  for (int level = 0; level < tile_levels(size); ++level) {
    const std::uint64_t last = (size >> (level * kTileHeight)) / kTileWidth;
    std::string bytes;
    if (tile_width(size, level, last) != 0) {
      const Result<std::vector<MerkleHash>> hashes = reader.hashes(level, last);
      if (!hashes) return fail_within("loading the log's tiles", hashes.error());
      for (const MerkleHash& hash : *hashes) bytes.append(crypto::as_bytes(hash));
    }
    writer.levels_.push_back(std::move(bytes));
  }
  if (size % kTileWidth == 0) return writer;
  Result<std::string> bundle = reader.bundle(size / kTileWidth);
  if (!bundle) return fail_within("loading the log's entries", bundle.error());
  const auto entries = parse_bundle(*bundle, static_cast<unsigned>(size % kTileWidth));
  if (!entries) return wrong;
  std::string hashes;
  for (const std::string_view entry : *entries)
    hashes.append(crypto::as_bytes(crypto::merkle_leaf(entry)));
  if (hashes != writer.levels_[0]) return wrong;
  writer.bundle_ = std::move(*bundle);
  return writer;
}

void TileWriter::complete(const Tile& tile, std::string bytes) {
  const std::string path = tile_path(tile);
  changes_.obsolete.push_back(path + ".p");
  changes_.files.push_back({path, std::move(bytes)});
}

void TileWriter::add_hash(std::size_t level, const MerkleHash& hash) {
  if (levels_.size() <= level) levels_.resize(level + 1);
  std::string& tile = levels_[level];
  tile.append(crypto::as_bytes(hash));
  if (tile.size() < kTileWidth * crypto::kSha256Bytes) return;
  const std::string full = std::exchange(tile, {});
  const std::uint64_t index = ((edge_.size() - 1) >> (level * kTileHeight)) / kTileWidth;
  complete({false, static_cast<int>(level), index, kTileWidth}, full);
  add_hash(level + 1, tile_root(full));
}

void TileWriter::append(std::string_view entry) {
  const MerkleHash hash = crypto::merkle_leaf(entry);
  edge_.append(hash);
  append_to_bundle(bundle_, entry);
  add_hash(0, hash);
  if (edge_.size() % kTileWidth == 0) {
    complete({true, 0, edge_.size() / kTileWidth - 1, kTileWidth}, std::exchange(bundle_, {}));
  }
}

TileWriter::Changes TileWriter::take_changes() {
  const std::uint64_t size = edge_.size();
  if (size != written_) {
    if (!bundle_.empty()) {
      changes_.files.push_back(
          {tile_path({true, 0, size / kTileWidth, static_cast<unsigned>(size % kTileWidth)}),
           bundle_});
    }
    for (std::size_t level = 0; level < levels_.size(); ++level) {
      const int shift = static_cast<int>(level) * kTileHeight;
      if (levels_[level].empty() || size >> shift == written_ >> shift) continue;
      const std::uint64_t index = (size >> shift) / kTileWidth;
      const unsigned width = tile_width(size, static_cast<int>(level), index);
      changes_.files.push_back(
          {tile_path({false, static_cast<int>(level), index, width}), levels_[level]});
    }
    written_ = size;
  }
  return std::exchange(changes_, {});
}

}  // namespace sallyport::ledger
