#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "crypto/merkle.h"

// The static resources of a tiled log: their names and their bytes. Source: c2sp.org/tlog-tiles.
namespace sallyport::ledger {

using crypto::MerkleHash;

inline constexpr unsigned kTileWidth = 256;
inline constexpr int kTileHeight = 8;                  // levels of the tree in one tile
inline constexpr std::size_t kMaxEntryBytes = 65'535;  // of the format; entry.h allows fewer
inline constexpr std::size_t kMaxBundleBytes = kTileWidth * (kMaxEntryBytes + 2);

struct Tile {
  bool entries = false;  // an entry bundle instead of hashes; level is 0
  int level = 0;         // 0..63
  std::uint64_t index = 0;
  unsigned width = kTileWidth;  // 1..256; below 256: partial
  bool operator==(const Tile&) const = default;
};

// "tile/0/x001/x234/067", "tile/entries/000.p/5": relative to the log's prefix.
std::string tile_path(const Tile& tile);
// Only what tile_path can produce.
Result<Tile> parse_tile_path(std::string_view path);

// Hashes (entries) that the tile holds in a tree of `size` leaves: 0..256.
unsigned tile_width(std::uint64_t size, int level, std::uint64_t index);
// Tile levels in use: 0 for an empty tree.
int tile_levels(std::uint64_t size);

// Appends one entry with its length. Entries above kMaxEntryBytes are a programming error.
void append_to_bundle(std::string& bundle, std::string_view entry);
// Views into `bundle`; malformed unless it holds exactly `width` entries.
Result<std::vector<std::string_view>> parse_bundle(std::string_view bundle, unsigned width);
// malformed unless the bytes are exactly `width` hashes.
Result<std::vector<MerkleHash>> parse_hashes(std::string_view bytes, unsigned width);

}  // namespace sallyport::ledger
