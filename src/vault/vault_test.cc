#include "vault/vault.h"

#include <gtest/gtest.h>

#include "vault/vault_test_world.h"

namespace sallyport::vault {
namespace {

TEST(Day, CountsInUtc) {
  EXPECT_EQ(to_string(Day{0}), "1970-01-01");
  EXPECT_EQ(parse_day("2026-11-21")->number, 20'778);
  EXPECT_EQ(to_string(Day{20'778}), "2026-11-21");
  EXPECT_EQ(day_of(start_of(Day{5})).number, 5);
  EXPECT_EQ(day_of(start_of(Day{5}) - std::chrono::nanoseconds(1)).number, 4);
  EXPECT_EQ(day_of(wall_from_unix_seconds(-1)).number, -1);
  EXPECT_EQ(shred_day(Day{100}).number, 131);
  for (const std::string_view text :
       {"", "2026-13-01", "2026-02-30", "2026-1-01", "2026-11-2x", "2026/11/21"}) {
    EXPECT_FALSE(parse_day(text)) << text;
  }
}

TEST(TrustedTime, LeapsOfLessThanAnHourChangeNothing) {
  ManualClock clock;
  TrustedTime time(clock, {});
  const WallTime start = time.now();
  clock.set_wall(start + std::chrono::hours(24 * 40));
  EXPECT_EQ(time.now(), start);
  EXPECT_TRUE(time.suspect());
  clock.advance(std::chrono::minutes(59));
  EXPECT_EQ(time.now(), start + std::chrono::minutes(59));
  EXPECT_FALSE(time.settled());
  clock.set_wall(start + std::chrono::minutes(59));
  EXPECT_EQ(time.now(), start + std::chrono::minutes(59));
  EXPECT_FALSE(time.suspect());
  EXPECT_TRUE(time.settled());
}

TEST(TrustedTime, ALeapThatStaysIsFollowedAfterAnHour) {
  for (const auto leap : {std::chrono::hours(24 * 3), std::chrono::hours(-24 * 3)}) {
    ManualClock clock;
    TrustedTime time(clock, {});
    const WallTime start = time.now();
    clock.set_wall(start + leap);
    time.now();
    clock.advance(std::chrono::minutes(61));
    EXPECT_EQ(time.now(), clock.wall());
    EXPECT_EQ(time.now(), start + leap + std::chrono::minutes(61));
  }
}

TEST(TrustedTime, DoesNotFallBehindWhatWasSeenBefore) {
  ManualClock clock;
  const WallTime seen = clock.wall() + std::chrono::hours(48);
  TrustedTime time(clock, seen);
  EXPECT_EQ(time.now(), seen);
  EXPECT_TRUE(time.suspect());
}

TEST(Record, ComesBackOnlyWithItsKeyAndItsHeader) {
  SeededRandom random(1);
  const crypto::Aead key = *crypto::Aead::from_key(crypto::SecretBytes::random(32, random));
  const crypto::Aead other = *crypto::Aead::from_key(crypto::SecretBytes::random(32, random));
  RecordHeader header{
      {Day{7}, 42, {}}, wall_from_unix_seconds(1'780'000'000), "tenant", "model", "class"};
  header.id.random.fill('r');
  const std::string content(10'000, 'a');
  const std::string bytes = *seal_record(header, content, key, random);
  EXPECT_LT(bytes.size(), 300u);
  const auto record = parse_record(bytes);
  ASSERT_TRUE(record);
  EXPECT_EQ(record->header.tenant, "tenant");
  EXPECT_EQ(record->header.id, header.id);
  EXPECT_EQ(*open_record(*record, key), content);
  EXPECT_FALSE(open_record(*record, other));
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    std::string bad = bytes;
    bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << (bit % 8)));
    const auto parsed = parse_record(bad);
    ASSERT_FALSE(parsed && open_record(*parsed, key)) << bit;
  }
  for (std::size_t size = 0; size < bytes.size(); ++size)
    EXPECT_FALSE(parse_record(bytes.substr(0, size)));
  EXPECT_EQ(*RecordId::parse(header.id.text()), header.id);
  EXPECT_FALSE(RecordId::parse("2026-11-21"));
}

TEST(Vault, KeepsRecordsAndReadsThemWithTwoPeople) {
  World world(1);
  ASSERT_TRUE(world.open());
  const RecordId id = *world.append("acme", "the content");
  EXPECT_EQ(*world.read(id), "the content");
  ASSERT_EQ(world.evidence.accesses.size(), 1u);
  EXPECT_EQ(world.evidence.accesses[0].records[0], id.text());
  EXPECT_EQ(world.vault->header(id)->tenant, "acme");

  Access access = world.access();
  access.reviewers = {"ann", "ann"};
  EXPECT_EQ(world.vault->read(access, id).error().code, Code::forbidden);
  access = world.access();
  access.until = world.clock.wall();
  EXPECT_EQ(world.vault->read(access, id).error().code, Code::forbidden);
  world.evidence.down = true;
  EXPECT_EQ(world.read(id).error().code, Code::unavailable);
  world.evidence.down = false;
  RecordId unknown = id;
  unknown.random[0] ^= 1;
  EXPECT_EQ(world.read(unknown).error().code, Code::not_found);

  ASSERT_TRUE(world.open());
  EXPECT_EQ(*world.read(id), "the content");
  for (const std::string& path : world.files.paths()) {
    EXPECT_EQ(world.files.read(path, 1u << 20)->find("the content"), std::string::npos) << path;
  }
}

TEST(Vault, ADayIsDestroyedThirtyOneDaysOnAndNotBefore) {
  World world(2);
  ASSERT_TRUE(world.open());
  std::vector<RecordId> ids;
  for (int i = 0; i < 20; ++i)
    ids.push_back(*world.append(i % 2 == 0 ? "acme" : "bravo", "content " + std::to_string(i)));
  const Day day = ids[0].day;
  EXPECT_EQ(world.vault->shred(day).error().code, Code::invalid);
  world.clock.set_wall(start_of(shred_day(day)) - std::chrono::minutes(11));
  ASSERT_TRUE(world.open());
  world.clock.advance(std::chrono::minutes(10));
  ASSERT_TRUE(world.vault->maintain());
  EXPECT_TRUE(world.read(ids[3]));
  world.clock.advance(std::chrono::minutes(1));
  ASSERT_TRUE(world.vault->maintain());
  for (const RecordId& id : ids) EXPECT_EQ(world.read(id).error().code, Code::not_found);
  const Certificate& certificate = world.evidence.certificates.at(to_string(day));
  EXPECT_EQ(certificate.stored, 20u);
  EXPECT_EQ(certificate.shredded, 20u);
  EXPECT_EQ(certificate.held, 0u);
  EXPECT_EQ(certificate.custody, "file");
  EXPECT_EQ(certificate.keys.size(), 1u);
  for (const std::string& path : world.files.paths())
    EXPECT_EQ(path.find(to_string(day)), std::string::npos) << path;
  const auto audit = world.vault->audit(10);
  ASSERT_TRUE(audit);
  EXPECT_TRUE(audit->ok);
  EXPECT_EQ(audit->shredded_days, 1u);
}

TEST(Vault, ARestoredBackupBringsNothingBack) {
  World world(3);
  ASSERT_TRUE(world.open());
  std::vector<RecordId> ids;
  for (int i = 0; i < 10; ++i) ids.push_back(*world.append("acme", "content"));
  SimFiles backup;  // of everything: even the keys, against all advice
  backup.restore(world.files, "/data");
  backup.restore(world.files, "/keys/days");
  world.pass_days(32);
  ASSERT_TRUE(world.vault->maintain());
  world.files.restore(backup, "/data");
  world.files.restore(backup, "/keys/days");
  for (const RecordId& id : ids) EXPECT_EQ(world.read(id).error().code, Code::not_found);
  const auto audit = world.vault->audit(10);
  ASSERT_TRUE(audit) << audit.error().detail;
  EXPECT_EQ(audit->leftovers.size(), 1u);
  EXPECT_EQ(audit->resurrected, 0u);
  EXPECT_TRUE(audit->ok);
  ASSERT_TRUE(world.vault->remove_leftovers());
  EXPECT_TRUE(world.vault->audit(10)->leftovers.empty());
}

TEST(Vault, AnOldKeyringWithoutItsRootKeyIsWorthless) {
  World world(4);
  ASSERT_TRUE(world.open());
  ASSERT_TRUE(world.append("acme", "content"));
  SimFiles backup;
  for (const std::string folder : {"/data", "/keys/days", "/keys/keyring.a", "/keys/keyring.b"}) {
    backup.restore(world.files, folder);
  }
  world.pass_days(32);
  ASSERT_TRUE(world.vault->maintain());
  world.vault.reset();
  for (const std::string folder : {"/data", "/keys/days", "/keys/keyring.a", "/keys/keyring.b"}) {
    world.files.restore(backup, folder);
  }
  EXPECT_FALSE(world.open());
}

TEST(Vault, HoldsKeepWhatTheyNameAndNothingElse) {
  World world(5);
  ASSERT_TRUE(world.open());
  std::vector<RecordId> ids;
  for (int i = 0; i < 10; ++i) ids.push_back(*world.append("acme", "content " + std::to_string(i)));
  HoldRequest request = world.hold_request("case-1", {ids[2], ids[5]});
  request.approvers = {"ann", "ann"};
  EXPECT_EQ(world.vault->hold(request).error().code, Code::forbidden);
  ASSERT_TRUE(world.vault->hold(world.hold_request("case-1", {ids[2], ids[5]})));
  ASSERT_TRUE(world.vault->hold(world.hold_request("case-1", {ids[5], ids[6]})));
  ASSERT_TRUE(world.vault->hold(world.hold_request("case-2", {ids[6]})));
  world.pass_days(32);
  ASSERT_TRUE(world.vault->maintain());
  ASSERT_TRUE(world.open());
  for (int i = 0; i < 10; ++i) {
    const bool held = i == 2 || i == 5 || i == 6;
    const auto content = world.read(ids[static_cast<std::size_t>(i)]);
    EXPECT_EQ(content.has_value(), held) << i;
    EXPECT_EQ(content.value_or(""), held ? "content " + std::to_string(i) : "");
  }
  const Certificate& certificate = world.evidence.certificates.at(to_string(ids[0].day));
  EXPECT_EQ(certificate.stored, 10u);
  EXPECT_EQ(certificate.held, 3u);
  EXPECT_EQ(certificate.shredded, 7u);
  EXPECT_EQ(certificate.cases, (std::vector<std::string>{"case-1", "case-2"}));
  EXPECT_TRUE(world.vault->audit(5)->ok);
  EXPECT_EQ(world.vault->audit(5)->held, 4u);

  ASSERT_TRUE(world.vault->lift("case-1", {"ann", "bob"}));
  EXPECT_FALSE(world.read(ids[2]));
  EXPECT_FALSE(world.read(ids[5]));
  EXPECT_EQ(*world.read(ids[6]), "content 6");
  ASSERT_EQ(world.evidence.certificates.size(), 2u);
  const Certificate& lifted = world.evidence.certificates.rbegin()->second;
  EXPECT_EQ(lifted.cause, "hold_lifted");
  EXPECT_EQ(lifted.shredded, 2u);
  EXPECT_EQ(lifted.held, 1u);
  EXPECT_EQ(world.vault->lift("case-1", {"ann", "bob"}).error().code, Code::not_found);
}

TEST(Vault, AClockThatLeapsForAWhileDestroysNothingAndMovesNoRecord) {
  World world(6);
  ASSERT_TRUE(world.open());
  const RecordId before = *world.append("acme", "a");
  const WallTime then = world.clock.wall();
  world.clock.advance(std::chrono::minutes(20));
  world.clock.set_wall(then + std::chrono::hours(24 * 100));
  ASSERT_TRUE(world.vault->maintain());
  const RecordId during = *world.append("acme", "b");
  EXPECT_EQ(during.day, before.day);
  EXPECT_TRUE(world.vault->clock_suspect());
  world.clock.advance(std::chrono::minutes(30));
  ASSERT_TRUE(world.vault->maintain());
  EXPECT_TRUE(world.read(before));
  world.clock.set_wall(then - std::chrono::hours(24 * 3));
  EXPECT_EQ(world.append("acme", "c")->day, before.day);
  EXPECT_TRUE(world.evidence.certificates.empty());
}

TEST(Vault, CertificatesWaitForTheLedgerAndAreNotForgotten) {
  World world(7);
  ASSERT_TRUE(world.open());
  const RecordId id = *world.append("acme", "a");
  world.pass_days(32);
  world.evidence.down = true;
  EXPECT_FALSE(world.vault->maintain());
  world.evidence.down = false;
  EXPECT_FALSE(world.read(id));
  EXPECT_TRUE(world.evidence.certificates.empty());
  ASSERT_TRUE(world.open());
  EXPECT_EQ(world.evidence.certificates.size(), 1u);
}

TEST(Vault, AFullOrReadOnlyDiskRefusesAndThenGoesOn) {
  World world(8);
  ASSERT_TRUE(world.open());
  const RecordId first = *world.append("acme", "first");
  for (const std::uint64_t room : {1u, 60u, 200u}) {
    world.files.set_capacity(world.files.used_bytes() + room);
    EXPECT_FALSE(world.append("tenant " + std::to_string(room), std::string(100, 'x')));
    world.files.set_capacity(0);
    const auto id = world.append("tenant " + std::to_string(room), "after");
    ASSERT_TRUE(id) << id.error().detail;
    EXPECT_EQ(*world.read(*id), "after");
  }
  world.files.set_read_only(true);
  EXPECT_EQ(world.append("acme", "x").error().code, Code::forbidden);
  world.files.set_read_only(false);
  world.files.fail_syncs(1);
  EXPECT_FALSE(world.append("acme", "x"));
  EXPECT_TRUE(world.append("acme", "y"));
  EXPECT_EQ(*world.read(first), "first");
  ASSERT_TRUE(world.open());
  for (const auto& [id, content] : world.stored) EXPECT_EQ(*world.read(id), content);
}

TEST(Vault, FlippedBitsAreFoundInEveryFile) {
  SeededRandom pick(9);
  int refused = 0;
  int found = 0;
  int harmless = 0;
  for (int round = 0; round < 300; ++round) {
    World world(9);
    ASSERT_TRUE(world.open());
    std::vector<RecordId> ids;
    for (int i = 0; i < 6; ++i)
      ids.push_back(*world.append(i < 3 ? "acme" : "bravo", "content " + std::to_string(i)));
    ASSERT_TRUE(world.vault->hold(world.hold_request("case-1", {ids[1]})));
    world.pass_days(1);
    ASSERT_TRUE(world.vault->maintain());
    world.vault.reset();
    const std::vector<std::string> paths = world.files.paths();
    const std::string path = paths[pick.below(paths.size())];
    const std::uint64_t size = **world.files.size(path);
    if (size == 0) continue;
    world.files.flip_bit(path, pick.below(size * 8));
    SCOPED_TRACE(path);
    if (!world.open()) {
      ++refused;
      continue;
    }
    const auto audit = world.vault->audit(100);
    if (!audit || !audit->ok) {
      ++found;
    } else {
      ++harmless;  // a keyring's other copy, a lock, or nothing that a record needs
      for (const RecordId& id : ids) EXPECT_TRUE(world.read(id));
    }
  }
  EXPECT_GT(found, 50);
  EXPECT_GT(refused + found + harmless, 200);
}

}  // namespace
}  // namespace sallyport::vault
