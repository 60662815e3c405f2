#include <gtest/gtest.h>
#include <sys/stat.h>

#include <atomic>
#include <fstream>
#include <thread>

#include "access/api_key.h"
#include "access/key_text.h"
#include "access/keyring_store.h"
#include "store/test_database.h"

namespace sallyport::access {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;
using store::testing::TempFolder;
using store::testing::wait_ms;

std::shared_ptr<const Pepper> make_pepper(const TempFolder& folder) {
  return std::make_shared<const Pepper>(Pepper::load_or_create(folder.file("pepper")).value());
}

TEST(PepperFile, IsMadeOnceAndPrivate) {
  const TempFolder folder;
  const std::string path = folder.file("pepper");
  const KeyHash first = Pepper::load_or_create(path).value().hash("sp-x");
  EXPECT_EQ(Pepper::load_or_create(path).value().hash("sp-x"), first);
  struct stat status {};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
  EXPECT_EQ(status.st_size, 32);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 1);
  EXPECT_NE(Pepper::load_or_create(folder.file("other")).value().hash("sp-x"), first);
}

TEST(PepperFile, BadFilesAreToldAndNeverReplaced) {
  const TempFolder folder;
  const std::string open = folder.file("open");
  ASSERT_TRUE(Pepper::load_or_create(open));
  ::chmod(open.c_str(), 0644);
  EXPECT_EQ(Pepper::load_or_create(open).error().code, Code::config);
  for (const std::size_t size : {0, 31, 33}) {
    const std::string path = folder.file("size" + std::to_string(size));
    std::ofstream(path) << std::string(size, 'x');
    ::chmod(path.c_str(), 0600);
    EXPECT_EQ(Pepper::load_or_create(path).error().code, Code::config) << size;
    EXPECT_EQ(std::filesystem::file_size(path), size);
  }
  EXPECT_EQ(Pepper::load_or_create(folder.file("no/such")).error().code, Code::io);
  std::filesystem::create_symlink(folder.file("target"), folder.file("link"));
  EXPECT_FALSE(Pepper::load_or_create(folder.file("link")));
}

TEST(PepperFile, TwoFirstStartsAgree) {
  for (int round = 0; round < 20; ++round) {
    const TempFolder folder;
    std::vector<KeyHash> hashes(4);
    std::vector<std::thread> threads;
    for (KeyHash& hash : hashes) {
      threads.emplace_back(
          [&] { hash = Pepper::load_or_create(folder.file("pepper")).value().hash("k"); });
    }
    for (std::thread& thread : threads) thread.join();
    for (const KeyHash& hash : hashes) EXPECT_EQ(hash, hashes[0]);
  }
}

class AccessTest : public store::testing::OnBothDatabases {
 protected:
  void SetUp() override {
    OnBothDatabases::SetUp();
    if (IsSkipped()) return;
    pepper_ = make_pepper(folder_);
    admin_.emplace(KeyAdmin::open(*store_, pepper_, clock_, random_).value());
    keys_ =
        KeyringStore::start(*store_, pepper_, nullptr, {milliseconds(10), std::chrono::minutes(5)})
            .value();
  }

  static NewApiKey wanted(const std::string& name) {
    NewApiKey key;
    key.name = name;
    key.organisation = "acme";
    return key;
  }

  Result<const Principal*> authenticate(const std::string& text) {
    EXPECT_TRUE(keys_->reload());
    keyring_ = keys_->current();
    return keyring_->authenticate(text, clock_.wall());
  }

  std::string why_not(const std::string& text) {
    const auto principal = authenticate(text);
    return principal ? "" : principal.error().detail;
  }

  ManualClock clock_;
  SystemRandom random_;
  std::shared_ptr<const Pepper> pepper_;
  std::optional<KeyAdmin> admin_;
  std::unique_ptr<KeyringStore> keys_;
  std::shared_ptr<const Keyring> keyring_;
};

TEST_P(AccessTest, AKeyStandsForItsPrincipal) {
  NewApiKey key = wanted("ci");
  key.workspace = "build";
  key.environment = "test";
  key.tier = "vetted";
  key.allowed_models = {"claude-opus-4-8", "claude-opus-5"};
  key.limits = {.requests_per_minute = 50, .nano_usd_per_month = 0};
  ASSERT_TRUE(admin_->set_organisation_limits("acme", {.concurrent_streams = 7}));
  const IssuedKey issued = admin_->create(key).value();
  EXPECT_TRUE(issued.text.starts_with("sp-test-"));
  EXPECT_TRUE(issued.text.starts_with(issued.key.hint));
  EXPECT_TRUE(issued.key.id.starts_with("key_"));
  const Principal* const principal = authenticate(issued.text).value();
  EXPECT_EQ(principal->organisation, "acme");
  EXPECT_EQ(principal->workspace, "build");
  EXPECT_EQ(principal->key_id, issued.key.id);
  EXPECT_EQ(principal->key_name, "ci");
  EXPECT_EQ(principal->tier, "vetted");
  EXPECT_EQ(principal->end_user, "");
  EXPECT_EQ(principal->key_limits, key.limits);
  EXPECT_EQ(principal->organisation_limits.concurrent_streams, 7);
  EXPECT_TRUE(principal->allows_model("claude-opus-5"));
  EXPECT_FALSE(principal->allows_model("claude-opus"));
  EXPECT_FALSE(principal->allows_model("*"));
}

TEST_P(AccessTest, NothingInTheDatabaseIsTheKey) {
  const IssuedKey issued = admin_->create(wanted("a")).value();
  const std::string secret = issued.text.substr(12);
  auto connection = store_->connect().value();
  for (const char* table : {"api_key", "api_key_secret"}) {
    ASSERT_TRUE(
        connection->query("SELECT * FROM " + std::string(table), [&](const store::Row& row) {
          for (int column = 0; column < 8; ++column) {
            EXPECT_EQ(row.text(column).find(secret.substr(0, 8)), std::string::npos);
          }
        }));
  }
  // With another pepper the same rows open nothing.
  const TempFolder elsewhere;
  auto other = KeyringStore::start(*store_, make_pepper(elsewhere), nullptr).value();
  EXPECT_FALSE(other->current()->authenticate(issued.text, clock_.wall()));
}

TEST_P(AccessTest, UnknownKeysAreRefused) {
  ASSERT_TRUE(admin_->create(wanted("a")));
  EXPECT_EQ(why_not(make_key_text("live", random_).value()), "unknown key");
  EXPECT_NE(why_not("sk-ant-x"), "");
  EXPECT_NE(why_not(""), "");
}

TEST_P(AccessTest, ARevokedKeyIsRefusedForGood) {
  const IssuedKey issued = admin_->create(wanted("a")).value();
  EXPECT_EQ(why_not(issued.text), "");
  const ApiKey revoked = admin_->revoke(issued.key.id).value();
  EXPECT_EQ(revoked.revoked, clock_.wall());
  EXPECT_EQ(why_not(issued.text), "the key is revoked");
  clock_.advance(seconds(5));
  EXPECT_EQ(admin_->revoke(issued.key.id).value().revoked, revoked.revoked);
  clock_.set_wall(wall_from_unix_seconds(0));
  EXPECT_EQ(why_not(issued.text), "the key is revoked");
  EXPECT_EQ(admin_->revoke("key_none").error().code, Code::not_found);
  EXPECT_EQ(admin_->rotate(issued.key.id).error().code, Code::conflict);
}

TEST_P(AccessTest, RotationGivesANewSecretAndEndsTheOld) {
  const IssuedKey first = admin_->create(wanted("a")).value();
  const IssuedKey second = admin_->rotate(first.key.id).value();
  EXPECT_EQ(second.key.id, first.key.id);
  EXPECT_NE(second.text, first.text);
  EXPECT_EQ(why_not(first.text), "the key is expired");
  EXPECT_EQ(why_not(second.text), "");
  EXPECT_TRUE(second.text.starts_with(second.key.hint));
  const IssuedKey third = admin_->rotate(first.key.id, hours(1)).value();
  EXPECT_EQ(why_not(second.text), "");
  EXPECT_EQ(why_not(third.text), "");
  clock_.advance(hours(1));
  EXPECT_EQ(why_not(second.text), "the key is expired");
  EXPECT_EQ(why_not(third.text), "");
  EXPECT_EQ(why_not(first.text), "the key is expired");
  EXPECT_EQ(admin_->list().value().size(), 1u);
  EXPECT_FALSE(admin_->rotate(first.key.id, seconds(-1)));
}

TEST_P(AccessTest, AShorterGraceEndsALongerOne) {
  const IssuedKey first = admin_->create(wanted("a")).value();
  ASSERT_TRUE(admin_->rotate(first.key.id, hours(10)));
  EXPECT_EQ(why_not(first.text), "");
  ASSERT_TRUE(admin_->rotate(first.key.id));
  EXPECT_EQ(why_not(first.text), "the key is expired");
}

TEST_P(AccessTest, AKeyEndsWhenItExpires) {
  NewApiKey key = wanted("a");
  key.expires = clock_.wall() + hours(1);
  const IssuedKey issued = admin_->create(key).value();
  EXPECT_EQ(why_not(issued.text), "");
  const IssuedKey rotated = admin_->rotate(issued.key.id, hours(5)).value();
  clock_.advance(hours(1));
  EXPECT_EQ(why_not(issued.text), "the key is expired");
  EXPECT_EQ(why_not(rotated.text), "the key is expired");
}

TEST_P(AccessTest, BadFieldsAreRefusedByName) {
  const auto refusal = [&](auto change) {
    NewApiKey key = wanted("a");
    change(key);
    const auto created = admin_->create(key);
    EXPECT_FALSE(created);
    return created ? std::string() : created.error().detail;
  };
  EXPECT_TRUE(refusal([](NewApiKey& k) { k.name = ""; }).starts_with("name"));
  EXPECT_TRUE(refusal([](NewApiKey& k) { k.organisation = "a\nb"; }).starts_with("organisation"));
  EXPECT_TRUE(
      refusal([](NewApiKey& k) { k.workspace = std::string(129, 'w'); }).starts_with("workspace"));
  EXPECT_TRUE(refusal([](NewApiKey& k) { k.tier = "\xff"; }).starts_with("tier"));
  EXPECT_TRUE(refusal([](NewApiKey& k) { k.allowed_models = {}; }).starts_with("models"));
  EXPECT_TRUE(refusal([](NewApiKey& k) { k.allowed_models = {"a\nb"}; }).starts_with("models"));
  EXPECT_TRUE(refusal([](NewApiKey& k) { k.limits.nano_usd_per_month = -1; }).starts_with("money"));
  EXPECT_NE(refusal([](NewApiKey& k) { k.environment = "Live"; }).find("environment"),
            std::string::npos);
  EXPECT_TRUE(admin_->list().value().empty());
}

TEST_P(AccessTest, ListsAndLimits) {
  const IssuedKey a = admin_->create(wanted("a")).value();
  clock_.advance(seconds(1));
  NewApiKey other = wanted("b");
  other.organisation = "other";
  const IssuedKey b = admin_->create(other).value();
  const auto all = admin_->list().value();
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].name, "b");
  EXPECT_EQ(admin_->list("acme").value().size(), 1u);
  const UsageLimits limits{.requests_per_minute = 3, .concurrent_streams = 1};
  EXPECT_EQ(admin_->set_limits(a.key.id, limits).value().limits, limits);
  EXPECT_EQ(authenticate(a.text).value()->key_limits, limits);
  EXPECT_EQ(authenticate(b.text).value()->key_limits, UsageLimits{});
  ASSERT_TRUE(admin_->set_organisation_limits("other", limits));
  ASSERT_TRUE(admin_->set_organisation_limits("other", {.requests_per_minute = 9}));
  EXPECT_EQ(admin_->organisation_limits("other").value(), UsageLimits{.requests_per_minute = 9});
  EXPECT_EQ(authenticate(b.text).value()->organisation_limits.requests_per_minute, 9);
  EXPECT_EQ(admin_->set_limits("key_none", limits).error().code, Code::not_found);
}

TEST_P(AccessTest, ChangesReachAGatewayByThemselvesAndSoon) {
  std::atomic<int> changes{0};
  auto keys = KeyringStore::start(*store_, pepper_, [&](std::shared_ptr<const Keyring>) {
                ++changes;
              }).value();
  EXPECT_EQ(changes, 1);
  const IssuedKey issued = admin_->create(wanted("a")).value();
  const auto reaches = [&](bool good) {
    for (int tries = 0; tries < 1000; ++tries) {
      if (keys->current()->authenticate(issued.text, clock_.wall()).has_value() == good)
        return true;
      wait_ms(5);
    }
    return false;
  };
  EXPECT_TRUE(reaches(true));
  ASSERT_TRUE(admin_->revoke(issued.key.id));
  EXPECT_TRUE(reaches(false));
  const int before = changes;
  wait_ms(200);
  EXPECT_EQ(changes, before);  // nothing changed, so nothing was read
  // Not only changes made by this program are seen.
  ASSERT_TRUE(store_->connect().value()->execute("UPDATE api_key SET revoked_ms = NULL"));
  EXPECT_TRUE(reaches(true));
}

TEST_P(AccessTest, KeysThatCannotBeReadForLongAreNotTrusted) {
  const IssuedKey issued = admin_->create(wanted("a")).value();
  auto keys =
      KeyringStore::start(*store_, pepper_, nullptr, {milliseconds(10), milliseconds(300)}).value();
  auto connection = store_->connect().value();
  ASSERT_TRUE(connection->script("ALTER TABLE key_generation RENAME TO gone"));
  for (int tries = 0; tries < 500 && keys->state().healthy; ++tries) wait_ms(5);
  EXPECT_FALSE(keys->state().healthy);
  EXPECT_FALSE(keys->state().reason.empty());
  Result<const Principal*> principal = fail(Code::internal, "");
  for (int tries = 0; tries < 500; ++tries) {
    principal = keys->current()->authenticate(issued.text, clock_.wall());
    if (!principal) break;
    wait_ms(10);
  }
  ASSERT_FALSE(principal);
  EXPECT_EQ(principal.error().code, Code::unavailable);
  ASSERT_TRUE(connection->script("ALTER TABLE gone RENAME TO key_generation"));
  for (int tries = 0; tries < 500 && !keys->current()->authenticate(issued.text, clock_.wall());
       ++tries)
    wait_ms(10);
  EXPECT_TRUE(keys->current()->authenticate(issued.text, clock_.wall()));
  EXPECT_TRUE(keys->state().healthy);
}

TEST_P(AccessTest, ManyKeysAllWork) {
  std::vector<IssuedKey> issued;
  for (int i = 0; i < 100; ++i)
    issued.push_back(admin_->create(wanted("k" + std::to_string(i))).value());
  ASSERT_TRUE(keys_->reload());
  const auto keyring = keys_->current();
  EXPECT_EQ(keyring->size(), 100u);
  for (const IssuedKey& key : issued) {
    EXPECT_EQ(keyring->authenticate(key.text, clock_.wall()).value()->key_id, key.key.id);
  }
}

INSTANTIATE_TEST_SUITE_P(Databases, AccessTest,
                         ::testing::Values(store::Dialect::sqlite, store::Dialect::postgres),
                         store::testing::dialect_name);

}  // namespace
}  // namespace sallyport::access
