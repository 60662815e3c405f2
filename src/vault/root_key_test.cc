#include "vault/root_key.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "base/sim_files.h"

namespace sallyport::vault {
namespace {

TEST(RootKey, AFileVersionIsGoneOnceAnotherIsKept) {
  SeededRandom random(1);
  SimFiles files;
  FileRootKey root(files, "/top", random);
  const crypto::SecretBytes key = crypto::SecretBytes::random(32, random);
  const std::string first = *root.next();
  const std::string wrapped = *root.wrap(first, key);
  EXPECT_EQ(root.unwrap(first, wrapped)->view(), key.view());
  const std::string second = *root.next();
  ASSERT_TRUE(root.keep_only(second));
  EXPECT_FALSE(root.unwrap(first, wrapped));
  EXPECT_FALSE(root.unwrap(second, wrapped));
  EXPECT_EQ(files.paths(), std::vector<std::string>{"/top/root-" + second});
  EXPECT_TRUE(root.keep_only(second));
}

TEST(RootKey, ACredentialWrapsAndIsNeverTouched) {
  SeededRandom random(1);
  SimFiles files;
  ASSERT_TRUE(files.write("/run/credentials/root", std::string(32, 'k')));
  CredentialRootKey root(files, "/run/credentials/root", random);
  const crypto::SecretBytes key = crypto::SecretBytes::random(32, random);
  const std::string id = *root.next();
  const std::string wrapped = *root.wrap(id, key);
  ASSERT_TRUE(root.keep_only("another"));
  EXPECT_EQ(root.unwrap(id, wrapped)->view(), key.view());
  ASSERT_TRUE(files.write("/run/credentials/root", "short"));
  EXPECT_EQ(root.wrap(id, key).error().code, Code::config);
}

class CommandTest : public testing::Test {
 protected:
  CommandTest() {
    folder_ =
        std::filesystem::temp_directory_path().string() + "/" + make_id("sallyport_kms_", random_);
    std::filesystem::create_directory(folder_);
  }
  ~CommandTest() override { std::filesystem::remove_all(folder_); }

  CommandRootKey with_script(const std::string& script) {
    EXPECT_TRUE(files_.write(folder_ + "/kms", script));
    return CommandRootKey({"/bin/sh", folder_ + "/kms", folder_});
  }

  SystemRandom random_;
  RealFiles files_;
  std::string folder_;
};

TEST_F(CommandTest, SpeaksToAKeyService) {
  // Wraps by reversing nothing at all: what matters here is what goes where.
  CommandRootKey root = with_script(
      "case \"$2\" in\n"
      "next) echo version-1 ;;\n"
      "wrap) printf 'W%s:' \"$3\"; cat ;;\n"
      "unwrap) tail -c 32 ;;\n"
      "keep-only) echo \"$3\" > \"$1/kept\" ;;\n"
      "esac\n");
  const crypto::SecretBytes key{std::string_view("0123456789abcdef0123456789abcdef")};
  EXPECT_EQ(*root.next(), "version-1");
  const std::string wrapped = *root.wrap("version-1", key);
  EXPECT_EQ(wrapped, "Wversion-1:0123456789abcdef0123456789abcdef");
  EXPECT_EQ(root.unwrap("version-1", wrapped)->view(), key.view());
  ASSERT_TRUE(root.keep_only("version-1"));
  EXPECT_EQ(*files_.read(folder_ + "/kept", 100), "version-1\n");
}

TEST_F(CommandTest, DoesNotBelieveOneThatFails) {
  const crypto::SecretBytes key(32);
  EXPECT_EQ(with_script("exit 3\n").wrap("a", key).error().code, Code::unavailable);
  EXPECT_EQ(with_script("echo 'two words'\n").next().error().code, Code::protocol);
  EXPECT_EQ(with_script("echo short\n").unwrap("a", "x").error().code, Code::protocol);
  EXPECT_EQ(CommandRootKey({folder_ + "/none"}).next().error().code, Code::unavailable);
  EXPECT_EQ(CommandRootKey({}).next().error().code, Code::config);
}

}  // namespace
}  // namespace sallyport::vault
