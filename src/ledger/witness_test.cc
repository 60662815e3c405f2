#include "ledger/witness.h"

#include <gtest/gtest.h>

#include "base/random.h"
#include "base/sim_files.h"
#include "ledger/log.h"
#include "ledger/verify.h"

namespace sallyport::ledger {
namespace {

// A witness as the specification demands one, behind a fetcher that answers at once.
class Witness final : public http::Fetcher {
 public:
  Witness(VerifierKey log_key, Random& random)
      : log_key_(std::move(log_key)),
        signer_(*NoteSigner::generate("witness.example/w1", KeyType::cosignature_v1, random)) {}

  void fetch(http::FetchRequest request, Done done) override {
    EXPECT_EQ(request.url, "https://witness.example/add-checkpoint");
    ++requests;
    done(answer(request.body));
  }

  http::FetchResponse answer(const std::string& body) {
    if (status_to_force != 0) return {status_to_force, {}, ""};
    const std::size_t blank = body.find("\n\n");
    std::string_view head = std::string_view(body).substr(0, blank + 1);
    const std::string note_text = body.substr(blank + 2);
    const auto checkpoint = open_checkpoint(note_text, std::vector{log_key_});
    if (!checkpoint) return {403, {}, ""};
    std::uint64_t old_size = 0;
    crypto::MerkleProof proof;
    while (!head.empty()) {
      const std::string_view line = head.substr(0, head.find('\n'));
      head.remove_prefix(line.size() + 1);
      if (line.starts_with("old ")) {
        old_size = *parse_size(line.substr(4));
      } else {
        proof.push_back(*parse_hash(line));
      }
    }
    if (old_size != size) return {409, {}, std::to_string(size) + "\n"};
    const Checkpoint& claim = checkpoint->checkpoint;
    if (!crypto::verify_consistency(old_size, root, claim.size, claim.root, proof))
      return {422, {}, ""};
    size = claim.size;
    root = claim.root;
    NoteSignature other{"witness.example/w2", 7, std::string(72, 'x')};
    return {200, {}, signature_line(other) + signature_line(signer_.sign(claim.text(), time))};
  }

  VerifierKey key() const { return signer_.verifier(); }

  std::uint64_t size = 0;
  crypto::MerkleHash root{};
  WallTime time{std::chrono::seconds(1'780'000'000)};
  int status_to_force = 0;
  int requests = 0;

 private:
  VerifierKey log_key_;
  NoteSigner signer_;
};

class WitnessTest : public testing::Test {
 protected:
  WitnessTest() {
    EXPECT_TRUE(KeyRing::create(files_, "/keys/log", "log.example", random_));
    log_ = std::move(*Log::open(files_, {"/log", "/keys/log"}));
    witness_.emplace(log_->keys().current().verifier(), random_);
    client_ = std::make_shared<WitnessClient>(
        WitnessConfig{"https://witness.example", witness_->key()}, *witness_,
        std::make_shared<FolderSource>(files_, "/log/public"), clock_);
  }

  void grow(std::size_t count) {
    EXPECT_TRUE(log_->commit(std::vector<std::string>(count, "entry")).published);
  }
  Result<NoteSignature> submit() {
    Result<NoteSignature> answer;
    client_->submit(log_->head_note(),
                    [&](Result<NoteSignature> result) { answer = std::move(result); });
    return answer;
  }

  SeededRandom random_{1};
  SimFiles files_;
  ManualClock clock_;
  std::unique_ptr<Log> log_;
  std::optional<Witness> witness_;
  std::shared_ptr<WitnessClient> client_;
};

TEST_F(WitnessTest, CosignsEachCheckpointAsTheLogGrows) {
  for (const std::size_t count : {5u, 300u, 1u, 1u, 600u}) {
    grow(count);
    const auto signature = submit();
    ASSERT_TRUE(signature) << signature.error().detail;
    const auto note = add_signatures(log_->head_note(), {*signature, *signature});
    const std::vector<VerifierKey> keys{log_->keys().current().verifier(), witness_->key()};
    EXPECT_EQ(open_checkpoint(*note, keys)->signers.size(), 2u);
    EXPECT_EQ(client_->cosigned_size(), log_->head().size);
  }
  EXPECT_EQ(witness_->requests, 5);
  EXPECT_EQ(client_->last_cosigned(), clock_.wall());
}

TEST_F(WitnessTest, ReceiptsCarryTheCosignatures) {
  grow(300);
  const std::string note = log_->head_note();
  const auto signature = submit();
  ASSERT_TRUE(signature);
  ASSERT_TRUE(publish_witnessed(files_, "/log/public", note, {*signature}));
  grow(300);
  ASSERT_TRUE(
      log_->close());  // partial tiles of the witnessed tree are gone now: full ones stand in
  FolderSource source(files_, "/log/public");
  const std::vector<VerifierKey> keys{log_->keys().current().verifier(), witness_->key()};
  const auto proof = prove_inclusion(source, 299, keys, std::string(kWitnessedCheckpoint));
  ASSERT_TRUE(proof) << proof.error().detail;
  EXPECT_TRUE(verify_proof(*TlogProof::parse(proof->text()), "entry", keys, 1));
  EXPECT_FALSE(verify_proof(*prove_inclusion(source, 299, keys), "entry", keys, 1));
}

TEST_F(WitnessTest, LearnsTheSizeThatTheWitnessKnows) {
  grow(10);
  ASSERT_TRUE(submit());
  // A new process knows nothing of it.
  client_ = std::make_shared<WitnessClient>(
      WitnessConfig{"https://witness.example", witness_->key()}, *witness_,
      std::make_shared<FolderSource>(files_, "/log/public"), clock_);
  grow(10);
  EXPECT_TRUE(submit());
  EXPECT_EQ(witness_->requests, 3);
}

TEST_F(WitnessTest, WhatItSawAndWeDoNotHaveIsAConflict) {
  grow(10);
  witness_->size = 500;
  EXPECT_EQ(submit().error().code, Code::conflict);
  witness_->size = 5;
  witness_->root[0] = 1;
  EXPECT_FALSE(submit());
}

TEST_F(WitnessTest, WrongAnswersAreNotBelieved) {
  grow(1);
  witness_->time = clock_.wall() + std::chrono::hours(1);
  EXPECT_EQ(submit().error().code, Code::protocol);
  witness_->status_to_force = 503;
  EXPECT_TRUE(submit().error().retryable);
  witness_->status_to_force = 403;
  EXPECT_FALSE(submit().error().retryable);
  const std::string text = log_->head().text();
  EXPECT_FALSE(parse_cosignatures("", text, witness_->key(), clock_.wall()));
  EXPECT_FALSE(parse_cosignatures("junk\n", text, witness_->key(), clock_.wall()));
  EXPECT_FALSE(parse_witness_size("12"));
  EXPECT_FALSE(parse_witness_size("012\n"));
  EXPECT_EQ(*parse_witness_size("12\n"), 12u);
}

}  // namespace
}  // namespace sallyport::ledger
