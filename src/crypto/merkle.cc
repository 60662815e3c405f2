#include "crypto/merkle.h"

#include <bit>
#include <cstring>
#include <string>

namespace sallyport::crypto {
namespace {

// Small entries are hashed from a buffer on the stack: no allocation for what a log mostly holds.
constexpr std::size_t kStackBytes = 1024;

std::uint64_t lowest_bit(std::uint64_t n) { return n & (~n + 1); }

}  // namespace

MerkleHash merkle_leaf(std::string_view entry) {
  if (entry.size() < kStackBytes) {
    char buffer[kStackBytes];
    buffer[0] = 0;
    std::memcpy(buffer + 1, entry.data(), entry.size());
    return sha256({buffer, entry.size() + 1});
  }
  std::string prefixed(1, '\0');
  prefixed.append(entry);
  return sha256(prefixed);
}

MerkleHash merkle_node(const MerkleHash& left, const MerkleHash& right) {
  char buffer[1 + 2 * kSha256Bytes];
  buffer[0] = 1;
  std::memcpy(buffer + 1, left.data(), left.size());
  std::memcpy(buffer + 1 + left.size(), right.data(), right.size());
  return sha256({buffer, sizeof buffer});
}

MerkleHash merkle_empty_root() { return sha256({}); }

Result<MerkleEdge> MerkleEdge::from(std::uint64_t size, std::vector<MerkleHash> roots) {
  if (roots.size() != static_cast<std::size_t>(std::popcount(size))) {
    return fail(Code::invalid, "the edge of a tree of that size has another number of hashes");
  }
  MerkleEdge edge;
  edge.size_ = size;
  edge.roots_ = std::move(roots);
  return edge;
}

void MerkleEdge::append(const MerkleHash& leaf) {
  MerkleHash hash = leaf;
  // Each trailing one of the size is a perfect subtree as large as the one just completed.
  for (std::uint64_t n = size_; (n & 1) != 0; n >>= 1) {
    hash = merkle_node(roots_.back(), hash);
    roots_.pop_back();
  }
  roots_.push_back(hash);
  ++size_;
}

MerkleHash MerkleEdge::root() const {
  if (roots_.empty()) return merkle_empty_root();
  MerkleHash hash = roots_.back();
  for (std::size_t i = roots_.size() - 1; i-- > 0;) hash = merkle_node(roots_[i], hash);
  return hash;
}

Result<MerkleHash> root_of_inclusion(std::uint64_t index, std::uint64_t size,
                                     const MerkleHash& leaf, const MerkleProof& proof) {
  if (index >= size)
    return fail(Code::invalid, "inclusion proof: the index is not below the tree size");
  std::uint64_t fn = index;
  std::uint64_t sn = size - 1;
  MerkleHash hash = leaf;
  for (const MerkleHash& sibling : proof) {
    if (sn == 0)
      return fail(Code::invalid, "inclusion proof: more hashes than the tree has levels");
    if ((fn & 1) != 0 || fn == sn) {
      hash = merkle_node(sibling, hash);
      while ((fn & 1) == 0 && fn != 0) {
        fn >>= 1;
        sn >>= 1;
      }
    } else {
      hash = merkle_node(hash, sibling);
    }
    fn >>= 1;
    sn >>= 1;
  }
  if (sn != 0) return fail(Code::invalid, "inclusion proof: fewer hashes than the tree has levels");
  return hash;
}

Result<void> verify_consistency(std::uint64_t old_size, const MerkleHash& old_root,
                                std::uint64_t new_size, const MerkleHash& new_root,
                                const MerkleProof& proof) {
  if (old_size > new_size)
    return fail(Code::invalid, "consistency proof: the old tree is the larger one");
  if (old_size == 0 || old_size == new_size) {
    if (!proof.empty())
      return fail(Code::invalid, "consistency proof: there is nothing to prove with hashes");
    if (old_size != 0 && old_root != new_root) {
      return fail(Code::corrupt, "two trees of the same size have different roots");
    }
    return {};
  }
  // Where the old tree is one perfect subtree of the new, its root is not in the proof.
  const bool whole = lowest_bit(old_size) == old_size;
  if (proof.empty()) return fail(Code::invalid, "consistency proof: empty");
  std::uint64_t fn = old_size - 1;
  std::uint64_t sn = new_size - 1;
  while ((fn & 1) != 0) {
    fn >>= 1;
    sn >>= 1;
  }
  MerkleHash old_hash = whole ? old_root : proof.front();
  MerkleHash new_hash = old_hash;
  for (std::size_t i = whole ? 0 : 1; i < proof.size(); ++i) {
    if (sn == 0)
      return fail(Code::invalid, "consistency proof: more hashes than the tree has levels");
    if ((fn & 1) != 0 || fn == sn) {
      old_hash = merkle_node(proof[i], old_hash);
      new_hash = merkle_node(proof[i], new_hash);
      while ((fn & 1) == 0 && fn != 0) {
        fn >>= 1;
        sn >>= 1;
      }
    } else {
      new_hash = merkle_node(new_hash, proof[i]);
    }
    fn >>= 1;
    sn >>= 1;
  }
  if (sn != 0)
    return fail(Code::invalid, "consistency proof: fewer hashes than the tree has levels");
  if (old_hash != old_root)
    return fail(Code::corrupt, "consistency proof: it does not lead to the old root");
  if (new_hash != new_root)
    return fail(Code::corrupt, "consistency proof: it does not lead to the new root");
  return {};
}

}  // namespace sallyport::crypto
