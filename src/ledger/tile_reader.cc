#include "ledger/tile_reader.h"

#include <algorithm>
#include <bit>

namespace sallyport::ledger {
namespace {

// The largest power of two below n, n > 1.
std::uint64_t split(std::uint64_t n) { return std::bit_floor(n - 1); }

}  // namespace

Result<std::string> TileReader::fetch(Tile tile) {
  if (tile.width == 0) return fail(Code::not_found, "the tree is smaller than that");
  Result<std::string> bytes = source_.read(tile_path(tile));
  if (bytes || bytes.error().code != Code::not_found || tile.width == kTileWidth) return bytes;
  tile.width = kTileWidth;
  return source_.read(tile_path(tile));
}

Result<std::vector<MerkleHash>> TileReader::hashes(int level, std::uint64_t index) {
  const unsigned width = tile_width(size_, level, index);
  const Tile tile{false, level, index, width};
  const std::string path = tile_path(tile);
  if (const auto found = tiles_.find(path); found != tiles_.end()) return found->second;
  const Result<std::string> bytes = fetch(tile);
  if (!bytes) return Failure(bytes.error());
  const bool full = bytes->size() == kTileWidth * crypto::kSha256Bytes;
  Result<std::vector<MerkleHash>> parsed = parse_hashes(*bytes, full ? kTileWidth : width);
  if (!parsed) return fail_within(path, parsed.error());
  parsed->resize(width);
  if (tiles_.size() >= kMaxTiles) tiles_.clear();
  tiles_[path] = *parsed;
  return parsed;
}

Result<std::string> TileReader::bundle(std::uint64_t index) {
  const unsigned width = tile_width(size_, 0, index);
  Result<std::string> bytes = fetch({true, 0, index, width});
  if (!bytes || width == kTileWidth) return bytes;
  if (parse_bundle(*bytes, width)) return bytes;
  // The full bundle in the partial one's place: its first entries are ours.
  const auto entries = parse_bundle(*bytes, kTileWidth);
  if (!entries) return fail_within(tile_path({true, 0, index, width}), entries.error());
  std::string first;
  for (unsigned i = 0; i < width; ++i) append_to_bundle(first, (*entries)[i]);
  return first;
}

// The root of the perfect subtree of 2^height leaves that is the index-th of its height.
Result<MerkleHash> TileReader::node(int height, std::uint64_t index) {
  const int level = height / kTileHeight;
  const int above = height % kTileHeight;
  const std::uint64_t first = index << above;
  const Result<std::vector<MerkleHash>> tile = hashes(level, first / kTileWidth);
  if (!tile) return Failure(tile.error());
  const std::size_t begin = first % kTileWidth;
  const std::size_t count = std::size_t{1} << above;
  if (begin + count > tile->size()) return fail(Code::not_found, "the tree is smaller than that");
  std::vector<MerkleHash> row(tile->begin() + static_cast<std::ptrdiff_t>(begin),
                              tile->begin() + static_cast<std::ptrdiff_t>(begin + count));
  while (row.size() > 1) {
    for (std::size_t i = 0; i < row.size() / 2; ++i)
      row[i] = crypto::merkle_node(row[2 * i], row[2 * i + 1]);
    row.resize(row.size() / 2);
  }
  return row[0];
}

Result<MerkleHash> TileReader::subtree(std::uint64_t begin, std::uint64_t end) {
  if (begin >= end || end > size_) return fail(Code::invalid, "no such subtree");
  const std::uint64_t count = end - begin;
  if (std::has_single_bit(count) && begin % count == 0) {
    const int height = std::countr_zero(count);
    return node(height, begin >> height);
  }
  const std::uint64_t middle = begin + split(count);
  const Result<MerkleHash> left = subtree(begin, middle);
  if (!left) return left;
  const Result<MerkleHash> right = subtree(middle, end);
  if (!right) return right;
  return crypto::merkle_node(*left, *right);
}

Result<crypto::MerkleProof> TileReader::inclusion(std::uint64_t index) {
  if (index >= size_)
    return fail(Code::invalid, "there is no entry of that index in a tree of that size");
  crypto::MerkleProof proof;
  std::uint64_t begin = 0;
  std::uint64_t end = size_;
  while (end - begin > 1) {
    const std::uint64_t middle = begin + split(end - begin);
    const bool left = index < middle;
    const Result<MerkleHash> sibling = left ? subtree(middle, end) : subtree(begin, middle);
    if (!sibling) return Failure(sibling.error());
    proof.push_back(*sibling);
    (left ? end : begin) = middle;
  }
  std::reverse(proof.begin(), proof.end());
  return proof;
}

Result<void> TileReader::sub_proof(std::uint64_t m, std::uint64_t begin, std::uint64_t end,
                                   bool known, crypto::MerkleProof& out) {
  if (m == end - begin) {
    if (known) return {};
    const Result<MerkleHash> hash = subtree(begin, end);
    if (!hash) return Failure(hash.error());
    out.push_back(*hash);
    return {};
  }
  const std::uint64_t k = split(end - begin);
  const bool left = m <= k;
  const Result<void> inner = left ? sub_proof(m, begin, begin + k, known, out)
                                  : sub_proof(m - k, begin + k, end, false, out);
  if (!inner) return inner;
  const Result<MerkleHash> sibling = left ? subtree(begin + k, end) : subtree(begin, begin + k);
  if (!sibling) return Failure(sibling.error());
  out.push_back(*sibling);
  return {};
}

Result<crypto::MerkleProof> TileReader::consistency(std::uint64_t old_size) {
  crypto::MerkleProof proof;
  if (old_size > size_) return fail(Code::invalid, "the old tree is larger than the new one");
  if (old_size == 0 || old_size == size_) return proof;
  const Result<void> done = sub_proof(old_size, 0, size_, true, proof);
  if (!done) return Failure(done.error());
  return proof;
}

Result<crypto::MerkleEdge> TileReader::edge() {
  std::vector<MerkleHash> roots;
  std::uint64_t begin = 0;
  for (std::uint64_t left = size_; left != 0;) {
    const std::uint64_t count = std::bit_floor(left);
    const Result<MerkleHash> hash = subtree(begin, begin + count);
    if (!hash) return Failure(hash.error());
    roots.push_back(*hash);
    begin += count;
    left -= count;
  }
  return crypto::MerkleEdge::from(size_, std::move(roots));
}

Result<std::string> TileReader::entry(std::uint64_t index) {
  if (index >= size_)
    return fail(Code::not_found, "there is no entry of that index in a tree of that size");
  const std::uint64_t tile = index / kTileWidth;
  const Result<std::string> bytes = bundle(tile);
  if (!bytes) return bytes;
  const auto entries = parse_bundle(*bytes, tile_width(size_, 0, tile));
  if (!entries) return Failure(entries.error());
  return std::string((*entries)[index % kTileWidth]);
}

}  // namespace sallyport::ledger
