#include "crypto/merkle.h"

#include <gtest/gtest.h>

#include "base/encoding.h"
#include "base/random.h"

namespace sallyport::crypto {
namespace {

std::string hex(const MerkleHash& hash) { return hex_encode(as_bytes(hash)); }

// RFC 6962's definitions, word for word: slow and surely right.
MerkleHash mth(const std::vector<MerkleHash>& leaves, std::size_t begin, std::size_t end) {
  if (begin == end) return merkle_empty_root();
  if (end - begin == 1) return leaves[begin];
  std::size_t k = 1;
  while (k * 2 < end - begin) k *= 2;
  return merkle_node(mth(leaves, begin, begin + k), mth(leaves, begin + k, end));
}

MerkleProof path(const std::vector<MerkleHash>& leaves, std::size_t m, std::size_t begin,
                 std::size_t end) {
  if (end - begin <= 1) return {};
  std::size_t k = 1;
  while (k * 2 < end - begin) k *= 2;
  MerkleProof proof;
  if (m < k) {
    proof = path(leaves, m, begin, begin + k);
    proof.push_back(mth(leaves, begin + k, end));
  } else {
    proof = path(leaves, m - k, begin + k, end);
    proof.push_back(mth(leaves, begin, begin + k));
  }
  return proof;
}

MerkleProof subproof(const std::vector<MerkleHash>& leaves, std::size_t m, std::size_t begin,
                     std::size_t end, bool known) {
  const std::size_t n = end - begin;
  if (m == n) return known ? MerkleProof{} : MerkleProof{mth(leaves, begin, end)};
  std::size_t k = 1;
  while (k * 2 < n) k *= 2;
  MerkleProof proof;
  if (m <= k) {
    proof = subproof(leaves, m, begin, begin + k, known);
    proof.push_back(mth(leaves, begin + k, end));
  } else {
    proof = subproof(leaves, m - k, begin + k, end, false);
    proof.push_back(mth(leaves, begin, begin + k));
  }
  return proof;
}

std::vector<MerkleHash> some_leaves(std::size_t count) {
  std::vector<MerkleHash> leaves;
  for (std::size_t i = 0; i < count; ++i)
    leaves.push_back(merkle_leaf("entry " + std::to_string(i)));
  return leaves;
}

// The vectors that every RFC 6962 implementation carries (certificate-transparency's merkletree
// tests).
TEST(Merkle, KnownAnswers) {
  EXPECT_EQ(hex(merkle_empty_root()),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(hex(merkle_leaf("")),
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
  const std::string inputs[] = {"",
                                "00",
                                "10",
                                "2021",
                                "3031",
                                "40414243",
                                "5051525354555657",
                                "606162636465666768696a6b6c6d6e6f"};
  MerkleEdge edge;
  for (const std::string& input : inputs) edge.append(merkle_leaf(*hex_decode(input)));
  EXPECT_EQ(hex(edge.root()), "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328");
}

TEST(Merkle, TheEdgeAgreesWithTheDefinition) {
  const std::vector<MerkleHash> leaves = some_leaves(300);
  MerkleEdge edge;
  for (std::size_t n = 0; n <= leaves.size(); ++n) {
    ASSERT_EQ(edge.root(), mth(leaves, 0, n)) << n;
    const Result<MerkleEdge> again = MerkleEdge::from(edge.size(), edge.roots());
    ASSERT_TRUE(again);
    ASSERT_EQ(again->root(), edge.root());
    if (n < leaves.size()) edge.append(leaves[n]);
  }
  EXPECT_FALSE(MerkleEdge::from(5, {leaves[0]}));
}

TEST(Merkle, InclusionHoldsForEveryLeafAndForNothingElse) {
  const std::vector<MerkleHash> leaves = some_leaves(70);
  for (std::size_t n = 1; n <= leaves.size(); ++n) {
    const MerkleHash root = mth(leaves, 0, n);
    for (std::size_t i = 0; i < n; ++i) {
      MerkleProof proof = path(leaves, i, 0, n);
      ASSERT_EQ(*root_of_inclusion(i, n, leaves[i], proof), root) << i << " of " << n;
      const Result<MerkleHash> other = root_of_inclusion((i + 1) % n, n, leaves[i], proof);
      ASSERT_TRUE(n == 1 || !other || *other != root);
      proof.push_back(root);
      ASSERT_FALSE(root_of_inclusion(i, n, leaves[i], proof));
      proof.pop_back();
      if (!proof.empty()) {
        proof.pop_back();
        ASSERT_FALSE(root_of_inclusion(i, n, leaves[i], proof));
      }
    }
    ASSERT_FALSE(root_of_inclusion(n, n, leaves[0], {}));
  }
}

TEST(Merkle, ConsistencyHoldsForEveryPairAndBreaksWithAnyBit) {
  const std::vector<MerkleHash> leaves = some_leaves(40);
  SeededRandom random(1);
  for (std::size_t n = 1; n <= leaves.size(); ++n) {
    const MerkleHash new_root = mth(leaves, 0, n);
    for (std::size_t m = 1; m <= n; ++m) {
      const MerkleHash old_root = mth(leaves, 0, m);
      MerkleProof proof = subproof(leaves, m, 0, n, true);
      ASSERT_TRUE(verify_consistency(m, old_root, n, new_root, proof)) << m << " of " << n;
      MerkleHash wrong = old_root;
      wrong[random.below(wrong.size())] ^= 1;
      ASSERT_FALSE(verify_consistency(m, wrong, n, new_root, proof));
      if (proof.empty()) continue;
      proof[random.below(proof.size())][random.below(32)] ^= 4;
      ASSERT_FALSE(verify_consistency(m, old_root, n, new_root, proof));
      proof.pop_back();
      ASSERT_FALSE(verify_consistency(m, old_root, n, new_root, proof));
    }
  }
  EXPECT_TRUE(verify_consistency(0, {}, 5, leaves[0], {}));
  EXPECT_FALSE(verify_consistency(6, {}, 5, leaves[0], {}));
}

}  // namespace
}  // namespace sallyport::crypto
