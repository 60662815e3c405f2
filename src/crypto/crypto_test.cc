#include <gtest/gtest.h>

#include <thread>

#include "base/encoding.h"
#include "base/random.h"
#include "crypto/aead.h"
#include "crypto/constant_time.h"
#include "crypto/ed25519.h"
#include "crypto/hmac.h"
#include "crypto/secret.h"
#include "crypto/sha256.h"

namespace sallyport::crypto {
namespace {

std::string unhex(std::string_view text) { return hex_decode(text).value(); }

template <class Bytes>
std::string hex(const Bytes& bytes) {
  return hex_encode({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

template <std::size_t N>
std::array<std::uint8_t, N> array_of(std::string_view bytes) {
  EXPECT_EQ(bytes.size(), N);
  std::array<std::uint8_t, N> out{};
  for (std::size_t i = 0; i < N && i < bytes.size(); ++i)
    out[i] = static_cast<std::uint8_t>(bytes[i]);
  return out;
}

// Hands out given bytes, so that published vectors with their nonces can be sealed.
class FixedRandom final : public Random {
 public:
  explicit FixedRandom(std::string bytes) : bytes_(std::move(bytes)) {}
  void fill(std::span<std::uint8_t> out) override {
    for (std::uint8_t& byte : out) byte = static_cast<std::uint8_t>(bytes_[at_++ % bytes_.size()]);
  }

 private:
  std::string bytes_;
  std::size_t at_ = 0;
};

TEST(Sha256, FollowsFips180Examples) {
  EXPECT_EQ(hex(sha256("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(hex(sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(hex(sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(hex(sha256(std::string(1'000'000, 'a'))),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, AnyChunkingGivesTheOneShotDigest) {
  SeededRandom random(11);
  Sha256 hash;
  for (int round = 0; round < 200; ++round) {
    std::string text(random.below(1000), '\0');
    random.fill({reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t n = std::min<std::size_t>(text.size() - at, 1 + random.below(70));
      hash.update(std::string_view(text).substr(at, n));
      at += n;
    }
    // A one-shot in between must not disturb the running one.
    const Sha256Digest expected = sha256(text);
    EXPECT_EQ(hash.finish(), expected);
  }
}

TEST(Hmac, FollowsRfc4231) {
  EXPECT_EQ(hex(hmac_sha256(std::string(20, '\x0b'), "Hi There")),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(hex(hmac_sha256("Jefe", "what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(hex(hmac_sha256(std::string(20, '\xaa'), std::string(50, '\xdd'))),
            "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe");
  EXPECT_EQ(hex(hmac_sha256(std::string(131, '\xaa'),
                            "Test Using Larger Than Block-Size Key - Hash Key First")),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(Hmac, AnEmptyKeyIsNotTheKeyFromBefore) {
  const Sha256Digest empty = hmac_sha256("", "text");
  hmac_sha256("another key", "text");
  EXPECT_EQ(hmac_sha256("", "text"), empty);
  EXPECT_EQ(hex(hmac_sha256("", "")),
            "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

TEST(Aead, FollowsTheGcmSpecification) {
  // Test case 15 of McGrew and Viega's GCM paper (no associated data). Our header byte is
  // associated data, so the tag differs by construction; the ciphertext does not.
  const auto aead =
      Aead::from_key(
          SecretBytes(unhex("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308")))
          .value();
  const std::string plaintext = unhex(
      "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6"
      "b525"
      "b16aedf5aa0de657ba637b391aafd255");
  FixedRandom nonce(unhex("cafebabefacedbaddecaf888"));
  const std::string sealed = aead.seal(plaintext, "", nonce).value();
  EXPECT_EQ(hex(sealed.substr(0, 13)), "01cafebabefacedbaddecaf888");
  EXPECT_EQ(hex(sealed.substr(13, plaintext.size())),
            "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b"
            "1056828838"
            "c5f61e6393ba7a0abcc9f662898015ad");
  EXPECT_EQ(aead.open(sealed, "").value(), plaintext);
}

TEST(Aead, OpensOnlyWhatWasSealed) {
  SystemRandom random;
  const auto aead = Aead::from_key(SecretBytes::random(32, random)).value();
  const auto other = Aead::from_key(SecretBytes::random(32, random)).value();
  for (const std::string& text : {std::string(), std::string("x"), std::string(5000, 'y')}) {
    const std::string sealed = aead.seal(text, "row 7", random).value();
    EXPECT_EQ(sealed.size(), text.size() + kAeadOverheadBytes);
    EXPECT_EQ(aead.open(sealed, "row 7").value(), text);
    EXPECT_EQ(aead.open(sealed, "row 8").error().code, Code::corrupt);
    EXPECT_EQ(other.open(sealed, "row 7").error().code, Code::corrupt);
    for (std::size_t at = 0; at < std::min<std::size_t>(sealed.size(), 64); ++at) {
      std::string altered = sealed;
      altered[at] = static_cast<char>(altered[at] ^ 1);
      EXPECT_FALSE(aead.open(altered, "row 7")) << at;
      EXPECT_FALSE(aead.open(sealed.substr(0, at), "row 7")) << at;
    }
  }
  EXPECT_NE(aead.seal("same", "", random).value(), aead.seal("same", "", random).value());
  EXPECT_FALSE(Aead::from_key(SecretBytes(16)));
}

TEST(Ed25519, FollowsRfc8032) {
  struct Vector {
    const char* seed;
    const char* key;
    const char* message;
    const char* signature;
  };
  for (const Vector& vector : {
           Vector{"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
                  "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
                  "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bac"
                  "c61e39701cf9b46b"
                  "d25bf5f0595bbe24655141438e7a100b"},
           Vector{"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
                  "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
                  "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e"
                  "458f3613d0f11d8c"
                  "387b2eaeb4302aeeb00d291612bb0c00"},
           Vector{"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
                  "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
                  "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290"
                  "ae67f760984dc659"
                  "4a7c15e9716ed28dc027beceea1ec40a"},
       }) {
    const auto signer = Ed25519Signer::from_seed(SecretBytes(unhex(vector.seed))).value();
    EXPECT_EQ(hex(signer.public_key()), vector.key);
    const Ed25519Signature signature = signer.sign(unhex(vector.message));
    EXPECT_EQ(hex(signature), vector.signature);
    EXPECT_TRUE(ed25519_verify(signer.public_key(), unhex(vector.message), signature));
  }
}

TEST(Ed25519, RefusesWhatWasNotSigned) {
  SystemRandom random;
  const Ed25519Signer signer = Ed25519Signer::generate(random);
  const Ed25519Signer other = Ed25519Signer::generate(random);
  const Ed25519Signature signature = signer.sign("checkpoint");
  EXPECT_TRUE(ed25519_verify(signer.public_key(), "checkpoint", signature));
  EXPECT_FALSE(ed25519_verify(signer.public_key(), "checkpoinT", signature));
  EXPECT_FALSE(ed25519_verify(other.public_key(), "checkpoint", signature));
  for (std::size_t at = 0; at < signature.size(); ++at) {
    Ed25519Signature altered = signature;
    altered[at] ^= 1;
    EXPECT_FALSE(ed25519_verify(signer.public_key(), "checkpoint", altered)) << at;
  }
  EXPECT_FALSE(Ed25519Signer::from_seed(SecretBytes(31)));
  const auto again = Ed25519Signer::from_seed(SecretBytes(signer.seed().view())).value();
  EXPECT_EQ(again.public_key(), signer.public_key());
}

TEST(Ed25519, RefusesMalleatedSignatures) {
  // S + L encodes the same scalar; RFC 8032 5.1.7 demands S < L.
  const auto key =
      array_of<32>(unhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"));
  auto signature =
      array_of<64>(unhex("e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb882159"
                         "0a33bacc61e39701cf9b46bd25bf5f0"
                         "595bbe24655141438e7a100b"));
  ASSERT_TRUE(ed25519_verify(key, "", signature));
  const auto order =
      array_of<32>(unhex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010"));
  unsigned carry = 0;
  for (std::size_t i = 0; i < 32; ++i) {
    const unsigned sum = signature[32 + i] + order[i] + carry;
    signature[32 + i] = static_cast<std::uint8_t>(sum & 0xff);
    carry = sum >> 8;
  }
  EXPECT_FALSE(ed25519_verify(key, "", signature));
}

TEST(SecretBytes, MovesAndKeepsItsBytes) {
  SecretBytes secret(std::string_view("a key"));
  SecretBytes moved(std::move(secret));
  EXPECT_EQ(moved.view(), "a key");
  EXPECT_TRUE(secret.empty());  // NOLINT: a moved-from secret is empty by contract
  secret = std::move(moved);
  EXPECT_EQ(secret.view(), "a key");
  EXPECT_TRUE(SecretBytes(std::size_t{0}).empty());
  EXPECT_EQ(SecretBytes(std::string_view()).view(), "");
  static_assert(!std::is_copy_constructible_v<SecretBytes>);
}

TEST(ConstantTime, IsEquality) {
  EXPECT_TRUE(constant_time_equal("", ""));
  EXPECT_TRUE(constant_time_equal("abc", "abc"));
  EXPECT_FALSE(constant_time_equal("abc", "abd"));
  EXPECT_FALSE(constant_time_equal("abc", "ab"));
}

TEST(Crypto, EveryThreadHasItsOwnContexts) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([] {
      SystemRandom random;
      const Ed25519Signer signer = Ed25519Signer::generate(random);
      for (int i = 0; i < 50; ++i) {
        const std::string text = std::to_string(i);
        EXPECT_TRUE(ed25519_verify(signer.public_key(), text, signer.sign(text)));
        EXPECT_EQ(sha256(text), sha256(text));
        EXPECT_EQ(hmac_sha256("k", text), hmac_sha256("k", text));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace sallyport::crypto
