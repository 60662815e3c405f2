#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "crypto/merkle.h"
#include "ledger/tile.h"
#include "ledger/tile_reader.h"

namespace sallyport::ledger {

// A tree that grows, and the files that say so. No I/O of its own: it hands out what is to be
// written. One thread.
class TileWriter {
 public:
  struct File {
    std::string path;  // relative to the log's prefix
    std::string bytes;
  };
  struct Changes {
    std::vector<File> files;            // full tiles, and the partial ones of the new size
    std::vector<std::string> obsolete;  // folders of partial tiles whose full tile is among `files`
  };

  TileWriter() = default;
  // Continues a tree whose tiles lie in `source`; corrupt unless they lead to `root`.
  static Result<TileWriter> load(TileSource& source, std::uint64_t size, const MerkleHash& root);

  void append(std::string_view entry);
  std::uint64_t size() const { return edge_.size(); }
  MerkleHash root() const { return edge_.root(); }
  // What changed since the last call.
  Changes take_changes();

 private:
  void add_hash(std::size_t level, const MerkleHash& hash);
  void complete(const Tile& tile, std::string bytes);

  crypto::MerkleEdge edge_;
  std::string bundle_;               // entries of the last, partial bundle
  std::vector<std::string> levels_;  // hashes of the last, partial tile of each level
  std::uint64_t written_ = 0;        // size at the last take_changes()
  Changes changes_;
};

}  // namespace sallyport::ledger
