#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "crypto/sha256.h"

// Merkle trees of RFC 6962, section 2.1, over SHA-256: hashing, the growing edge of a tree, and the
// check of proofs.
namespace sallyport::crypto {

using MerkleHash = Sha256Digest;
using MerkleProof = std::vector<MerkleHash>;  // from the leaf's side up

MerkleHash merkle_leaf(std::string_view entry);  // SHA-256(0x00 || entry)
MerkleHash merkle_node(const MerkleHash& left,
                       const MerkleHash& right);  // SHA-256(0x01 || left || right)
MerkleHash merkle_empty_root();                   // SHA-256()

// The roots of the perfect subtrees that make up a tree, largest first: all it takes to append and
// to know the root. At most 64 hashes whatever the size.
class MerkleEdge {
 public:
  MerkleEdge() = default;
  // `roots` as of roots(); invalid where their number does not fit the size.
  static Result<MerkleEdge> from(std::uint64_t size, std::vector<MerkleHash> roots);

  void append(const MerkleHash& leaf);
  std::uint64_t size() const { return size_; }
  MerkleHash root() const;
  const std::vector<MerkleHash>& roots() const { return roots_; }

 private:
  std::uint64_t size_ = 0;
  std::vector<MerkleHash> roots_;
};

// The root that an inclusion proof leads to (RFC 9162, 2.1.3.2). invalid where index, size and
// length do not fit.
Result<MerkleHash> root_of_inclusion(std::uint64_t index, std::uint64_t size,
                                     const MerkleHash& leaf, const MerkleProof& proof);
// Whether the tree (new_size, new_root) extends (old_size, old_root) (RFC 9162, 2.1.4.2). An old
// size of zero needs an empty proof and any root. corrupt where it does not, invalid where the
// sizes and the length do not fit.
Result<void> verify_consistency(std::uint64_t old_size, const MerkleHash& old_root,
                                std::uint64_t new_size, const MerkleHash& new_root,
                                const MerkleProof& proof);

}  // namespace sallyport::crypto
