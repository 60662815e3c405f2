#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/files.h"
#include "base/result.h"
#include "crypto/merkle.h"
#include "ledger/tile.h"

// Proofs out of tiles: what any client of a tiled log can do. One thread at a time.
namespace sallyport::ledger {

// Where a log's resources come from: a folder here, HTTP elsewhere. Paths are relative to the log's
// prefix.
class TileSource {
 public:
  virtual ~TileSource() = default;
  virtual Result<std::string> read(const std::string& path) = 0;
};

class FolderSource final : public TileSource {
 public:
  FolderSource(Files& files, std::string folder) : files_(files), folder_(std::move(folder)) {}
  Result<std::string> read(const std::string& path) override {
    return files_.read(folder_ + "/" + path, kMaxBundleBytes);
  }

 private:
  Files& files_;
  std::string folder_;
};

// Reads a tree of one size. Tiles are kept, at most kMaxTiles of them.
class TileReader {
 public:
  static constexpr std::size_t kMaxTiles = 1024;

  TileReader(TileSource& source, std::uint64_t size) : source_(source), size_(size) {}

  // RFC 6962's MTH(D[begin:end]), begin < end <= size; aligned as proofs need it.
  Result<MerkleHash> subtree(std::uint64_t begin, std::uint64_t end);
  Result<crypto::MerkleProof> inclusion(std::uint64_t index);
  // From a smaller tree to this one; empty for 0 and for the same size.
  Result<crypto::MerkleProof> consistency(std::uint64_t old_size);
  Result<crypto::MerkleEdge> edge();
  Result<std::string> entry(std::uint64_t index);
  // The tile of `index` as wide as this tree has it, or the full one where the partial one is gone.
  Result<std::vector<MerkleHash>> hashes(int level, std::uint64_t index);
  Result<std::string> bundle(std::uint64_t index);

 private:
  Result<std::string> fetch(Tile tile);
  Result<MerkleHash> node(int height, std::uint64_t index);
  Result<void> sub_proof(std::uint64_t m, std::uint64_t begin, std::uint64_t end, bool known,
                         crypto::MerkleProof& out);

  TileSource& source_;
  std::uint64_t size_;
  std::unordered_map<std::string, std::vector<MerkleHash>> tiles_;
};

}  // namespace sallyport::ledger
