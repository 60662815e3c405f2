#include <gtest/gtest.h>

#include "base/encoding.h"
#include "base/random.h"
#include "ledger/checkpoint.h"
#include "ledger/note.h"
#include "ledger/proof.h"
#include "ledger/tile.h"

namespace sallyport::ledger {
namespace {

// The example of Go's golang.org/x/mod/sumdb/note.
constexpr std::string_view kSecret =
    "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
constexpr std::string_view kPublic =
    "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
constexpr std::string_view kNote =
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
    "\n"
    "\xe2\x80\x94 PeterNeumann "
    "x08go/ZJkuBS9UG/"
    "SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

TEST(TilePath, IsThatOfTheSpecification) {
  EXPECT_EQ(tile_path({false, 0, 1234067, 256}), "tile/0/x001/x234/067");
  EXPECT_EQ(tile_path({false, 2, 0, 1}), "tile/2/000.p/1");
  EXPECT_EQ(tile_path({true, 0, 273, 112}), "tile/entries/273.p/112");
  EXPECT_EQ(tile_path({true, 0, 1000, 256}), "tile/entries/x001/000");
  for (const std::uint64_t index : {0ull, 999ull, 1000ull, 999'999ull, 123'456'789'012ull, ~0ull}) {
    for (const unsigned width : {1u, 255u, 256u}) {
      for (const Tile& tile : {Tile{false, 63, index, width}, Tile{true, 0, index, width}}) {
        EXPECT_EQ(*parse_tile_path(tile_path(tile)), tile) << tile_path(tile);
      }
    }
  }
}

TEST(TilePath, OtherSpellingsAreRefused) {
  for (const std::string_view path : {"",
                                      "tile",
                                      "tile/",
                                      "tile/0",
                                      "tile/0/",
                                      "tile/00/000",
                                      "tile/64/000",
                                      "tile/-1/000",
                                      "tile/+1/000",
                                      "tile/0/0",
                                      "tile/0/0000",
                                      "tile/0/x000/001",
                                      "tile/0/001/002",
                                      "tile/0/x001",
                                      "tile/0/x001/x002",
                                      "tile/0/000.p/0",
                                      "tile/0/000.p/256",
                                      "tile/0/000.p/01",
                                      "tile/0/000.p/",
                                      "tile/0/000.p/1/",
                                      "tile/0/000.q/1",
                                      "/tile/0/000",
                                      "tile/entry/000",
                                      "tile/0/../000",
                                      "tile/0/x999/x999/x999/x999/x999/x999/x999/999"}) {
    EXPECT_FALSE(parse_tile_path(path)) << path;
  }
}

TEST(Tile, WidthsAreThoseOfTheSpecification) {
  EXPECT_EQ(tile_width(70'000, 0, 272), 256u);
  EXPECT_EQ(tile_width(70'000, 0, 273), 112u);
  EXPECT_EQ(tile_width(70'000, 0, 274), 0u);
  EXPECT_EQ(tile_width(70'000, 1, 0), 256u);
  EXPECT_EQ(tile_width(70'000, 1, 1), 17u);
  EXPECT_EQ(tile_width(70'000, 2, 0), 1u);
  EXPECT_EQ(tile_width(70'000, 3, 0), 0u);
  EXPECT_EQ(tile_levels(70'000), 3);
  EXPECT_EQ(tile_levels(0), 0);
  EXPECT_EQ(tile_levels(255), 1);
  EXPECT_EQ(tile_width(256, 0, 0), 256u);
  EXPECT_EQ(tile_width(256, 1, 0), 1u);
}

TEST(Bundle, ComesBackAsItWentIn) {
  std::string bundle;
  const std::string large(kMaxEntryBytes, 'x');
  for (const std::string_view entry :
       {std::string_view("a"), std::string_view(), std::string_view(large)}) {
    append_to_bundle(bundle, entry);
  }
  const auto entries = parse_bundle(bundle, 3);
  ASSERT_TRUE(entries);
  EXPECT_EQ((*entries)[2], large);
  EXPECT_FALSE(parse_bundle(bundle, 2));
  EXPECT_FALSE(parse_bundle(bundle, 4));
  EXPECT_FALSE(parse_bundle(std::string_view(bundle).substr(0, bundle.size() - 1), 3));
  EXPECT_FALSE(parse_bundle("\x01", 1));
}

TEST(Note, GoesTheSameWayAsGoSumdb) {
  const Result<VerifierKey> key = VerifierKey::parse(kPublic);
  ASSERT_TRUE(key);
  EXPECT_EQ(key->text(), kPublic);
  const Result<Note> note = Note::parse(kNote);
  ASSERT_TRUE(note);
  EXPECT_EQ(note->serialise(), kNote);
  EXPECT_TRUE(verify_note(*note, std::vector{*key}));

  const Result<NoteSigner> signer = NoteSigner::parse(kSecret);
  ASSERT_TRUE(signer);
  EXPECT_EQ(signer->secret_text(), kSecret);
  EXPECT_EQ(signer->verifier(), *key);
  EXPECT_EQ((Note{note->text, {signer->sign(note->text)}}.serialise()), kNote);

  const std::string_view checksum_database =
      "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8";
  EXPECT_EQ(VerifierKey::parse(checksum_database)->id(), 0x033de0aeu);
}

TEST(Note, KeysThatDoNotFitThemselvesAreRefused) {
  std::string key(kPublic);
  EXPECT_FALSE(VerifierKey::parse(key.replace(13, 1, "d")));
  for (const std::string_view text :
       {"", "a+b+c", "PeterNeumann+c74f20a3+",
        "+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "Peter Neumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"}) {
    EXPECT_FALSE(VerifierKey::parse(text)) << text;
  }
  SeededRandom random(1);
  EXPECT_FALSE(NoteSigner::generate("", KeyType::ed25519, random));
  EXPECT_FALSE(NoteSigner::generate("two words", KeyType::ed25519, random));
  EXPECT_FALSE(
      NoteSigner::generate("a\xc2\xa0"
                           "b",
                           KeyType::ed25519, random));
  EXPECT_FALSE(NoteSigner::generate("a+b", KeyType::ed25519, random));
}

TEST(Note, ItsFormIsStrict) {
  const std::string line = "\xe2\x80\x94 a AAAAAAAA\n";
  EXPECT_TRUE(Note::parse("text\n\n" + line));
  EXPECT_TRUE(Note::parse("text\n\nmore\n\n" + line));
  for (const std::string& bytes :
       {std::string(), std::string("text\n"), std::string("text\n\n"), "text\n" + line,
        "text\n\n" + line + "junk\n", "text\n\n" + line + "\n", "te\rxt\n\n" + line,
        "te\xff"
        "xt\n\n" +
            line,
        "te\xed\xa0\x80"
        "xt\n\n" +
            line,
        std::string("text\n\n\xe2\x80\x94 a AAAA\n"), std::string("text\n\n- a AAAAAAAA\n"),
        "text\n\n" + line.substr(0, line.size() - 1),
        std::string("text\n\n\xe2\x80\x94  AAAAAAAA\n")}) {
    EXPECT_FALSE(Note::parse(bytes)) << bytes;
  }
  std::string many = "text\n\n";
  for (int i = 0; i < 16; ++i) many += line;
  EXPECT_TRUE(Note::parse(many));
  for (int i = 0; i < 64; ++i) many += line;
  EXPECT_EQ(Note::parse(many).error().code, Code::too_large);
}

class Signed : public testing::Test {
 protected:
  SeededRandom random_{7};
  NoteSigner log_ = *NoteSigner::generate("log.example/one", KeyType::ed25519, random_);
  NoteSigner witness_ = *NoteSigner::generate("witness.example", KeyType::cosignature_v1, random_);
  NoteSigner stranger_ = *NoteSigner::generate("log.example/one", KeyType::ed25519, random_);
  std::vector<VerifierKey> keys_{log_.verifier(), witness_.verifier()};
  Checkpoint checkpoint_{"log.example/one", 1, crypto::merkle_leaf("entry")};

  std::string note(std::initializer_list<const NoteSigner*> signers,
                   WallTime time = wall_from_unix_seconds(1'700'000'000)) {
    Note result{checkpoint_.text(), {}};
    for (const NoteSigner* signer : signers)
      result.signatures.push_back(signer->sign(result.text, time));
    return result.serialise();
  }
};

TEST_F(Signed, CheckpointsNeedTheirLog) {
  const auto both = open_checkpoint(note({&log_, &witness_}), keys_);
  ASSERT_TRUE(both);
  EXPECT_EQ(both->checkpoint.size, 1u);
  ASSERT_EQ(both->signers.size(), 2u);
  EXPECT_EQ(unix_seconds(both->signers[1].time), 1'700'000'000);
  EXPECT_TRUE(open_checkpoint(note({&log_, &stranger_}), keys_));
  EXPECT_EQ(open_checkpoint(note({&witness_}), keys_).error().code, Code::unauthenticated);
  EXPECT_EQ(open_checkpoint(note({&stranger_}), keys_).error().code, Code::unauthenticated);
  // A key of another name may be trusted for its own log, not for this one.
  NoteSigner other = *NoteSigner::generate("log.example/two", KeyType::ed25519, random_);
  keys_.push_back(other.verifier());
  EXPECT_EQ(open_checkpoint(note({&other}), keys_).error().code, Code::unauthenticated);
}

TEST_F(Signed, AnyFlippedBitIsFound) {
  const std::string good = note({&log_, &witness_});
  for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
    std::string bad = good;
    bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << (bit % 8)));
    const auto opened = open_checkpoint(bad, keys_);
    // A flip in a name or id makes that signer unknown; never may the text change under a good
    // signature.
    if (opened) {
      EXPECT_EQ(opened->checkpoint.text(), checkpoint_.text());
      EXPECT_LT(opened->signers.size(), 2u);
    }
  }
}

TEST_F(Signed, CheckpointTextIsStrict) {
  const std::string root = format_hash(checkpoint_.root);
  EXPECT_TRUE(Checkpoint::parse("o\n0\n" + root + "\n"));
  EXPECT_TRUE(Checkpoint::parse("o\n18446744073709551615\n" + root + "\nextension\n"));
  for (const std::string& text :
       {"\n0\n" + root + "\n", "o\n00\n" + root + "\n", "o\n-1\n" + root + "\n",
        "o\n18446744073709551616\n" + root + "\n", "o\n1\n" + root, std::string("o\n1\nAAAA\n"),
        "o\n1\n" + root + "\n\n", "o\n1 \n" + root + "\n", std::string("o\n1\n")}) {
    EXPECT_FALSE(Checkpoint::parse(text)) << text;
  }
}

TEST_F(Signed, ProofsComeBackAndHold) {
  TlogProof proof;
  proof.extra = "context";
  proof.index = 1;
  const crypto::MerkleHash left = crypto::merkle_leaf("left");
  proof.hashes = {left};
  checkpoint_.size = 2;
  checkpoint_.root = crypto::merkle_node(left, crypto::merkle_leaf("entry"));
  proof.checkpoint = note({&log_, &witness_});
  const auto again = TlogProof::parse(proof.text());
  ASSERT_TRUE(again);
  EXPECT_EQ(again->text(), proof.text());
  EXPECT_TRUE(verify_proof(*again, "entry", keys_, 1));
  EXPECT_EQ(verify_proof(*again, "entry", keys_, 2).error().code, Code::unauthenticated);
  EXPECT_EQ(verify_proof(*again, "other", keys_).error().code, Code::corrupt);
  proof.index = 0;
  EXPECT_FALSE(verify_proof(proof, "entry", keys_));
  for (const std::string_view text :
       {"", "c2sp.org/tlog-proof@v1\n", "c2sp.org/tlog-proof@v1\nindex 1\n",
        "c2sp.org/tlog-proof@v1\nindex 01\n\nx", "c2sp.org/tlog-proof@v1\nextra !\nindex 1\n\nx",
        "c2sp.org/tlog-proof@v2\nindex 1\n\nx", "c2sp.org/tlog-proof@v1\nindex 1\nAAAA\n\nx"}) {
    EXPECT_FALSE(TlogProof::parse(text)) << text;
  }
}

}  // namespace
}  // namespace sallyport::ledger
