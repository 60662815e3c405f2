#include "ledger/proof.h"

#include <algorithm>

#include "base/encoding.h"

namespace sallyport::ledger {
namespace {

constexpr std::string_view kFirstLine = "c2sp.org/tlog-proof@v1";
constexpr std::size_t kMaxHashes = 64;

}  // namespace

std::string TlogProof::text() const {
  std::string out(kFirstLine);
  out += "\n";
  if (!extra.empty()) out += "extra " + base64_encode(extra) + "\n";
  out += "index " + std::to_string(index) + "\n";
  for (const crypto::MerkleHash& hash : hashes) out += format_hash(hash) + "\n";
  out += "\n";
  return out + checkpoint;
}

Result<TlogProof> TlogProof::parse(std::string_view text) {
  if (text.size() > kMaxProofBytes) return fail(Code::too_large, "a log proof is too large");
  TlogProof proof;
  std::string_view line;
  const auto next = [&] {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) return false;
    line = text.substr(0, end);
    text.remove_prefix(end + 1);
    return true;
  };
  if (!next() || line != kFirstLine)
    return fail(Code::malformed, "a log proof begins with c2sp.org/tlog-proof@v1");
  if (!next()) return fail(Code::malformed, "a log proof ends before its index");
  if (line.starts_with("extra ")) {
    Result<std::string> extra = base64_decode(line.substr(6));
    if (!extra) return fail_within("extra of a log proof", extra.error());
    proof.extra = std::move(*extra);
    if (!next()) return fail(Code::malformed, "a log proof ends before its index");
  }
  if (!line.starts_with("index ")) return fail(Code::malformed, "a log proof has no index");
  const Result<std::uint64_t> index = parse_size(line.substr(6));
  if (!index) return Failure(index.error());
  proof.index = *index;
  while (next() && !line.empty()) {
    if (proof.hashes.size() == kMaxHashes)
      return fail(Code::too_large, "a log proof has too many hashes");
    const Result<crypto::MerkleHash> hash = parse_hash(line);
    if (!hash) return Failure(hash.error());
    proof.hashes.push_back(*hash);
  }
  if (text.empty()) return fail(Code::malformed, "a log proof has no checkpoint");
  proof.checkpoint = text;
  return proof;
}

Result<SignedCheckpoint> verify_proof(const TlogProof& proof, std::string_view entry,
                                      std::span<const VerifierKey> keys, std::size_t witnesses) {
  Result<SignedCheckpoint> signed_checkpoint = open_checkpoint(proof.checkpoint, keys);
  if (!signed_checkpoint) return signed_checkpoint;
  const Checkpoint& checkpoint = signed_checkpoint->checkpoint;
  const Result<crypto::MerkleHash> root = crypto::root_of_inclusion(
      proof.index, checkpoint.size, crypto::merkle_leaf(entry), proof.hashes);
  if (!root) return Failure(root.error());
  if (*root != checkpoint.root)
    return fail(Code::corrupt, "log proof: it does not lead to the checkpoint's root");
  const auto& signers = signed_checkpoint->signers;
  const auto cosigned =
      static_cast<std::size_t>(std::count_if(signers.begin(), signers.end(), [](const Verified& v) {
        return v.key.type == KeyType::cosignature_v1;
      }));
  if (cosigned < witnesses) {
    return fail(Code::unauthenticated,
                "log proof: fewer witnesses cosigned than the policy demands");
  }
  return signed_checkpoint;
}

}  // namespace sallyport::ledger
