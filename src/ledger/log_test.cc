#include "ledger/log.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/sim_files.h"
#include "ledger/entry.h"
#include "ledger/verify.h"

namespace sallyport::ledger {
namespace {

constexpr WallTime kNow{std::chrono::seconds(1'780'000'000)};

std::vector<std::string> some_entries(std::size_t count, std::uint64_t from) {
  std::vector<std::string> entries;
  for (std::size_t i = 0; i < count; ++i) {
    entries.push_back("{\"n\":" + std::to_string(from + i) + "}");
  }
  return entries;
}

// A log on a simulated disk, and what its users were told.
struct World {
  SimFiles files;
  LogOptions options{"/log", "/keys/ledger", 8u << 20};
  std::vector<std::string> acknowledged;
  std::vector<std::string> unsure;  // the batch in flight when the power went
  std::vector<Checkpoint> seen;     // published
  VerifierKey first_key;
  SeededRandom random;

  explicit World(std::uint64_t seed) : random(seed) {
    EXPECT_TRUE(files.make_folders("/keys"));
    EXPECT_TRUE(files.make_folders("/log"));
    EXPECT_TRUE(files.sync_folder("/"));
    first_key =
        KeyRing::create(files, options.key_path, "log.example/test", random)->current().verifier();
  }

  bool commit(Log& log, std::size_t count) {
    const std::vector<std::string> entries = some_entries(count, acknowledged.size());
    const Log::Outcome outcome = log.commit(entries);
    if (!outcome.durable) {
      unsure = entries;
      return false;
    }
    EXPECT_GE(outcome.first, acknowledged.size());
    acknowledged.insert(acknowledged.end(), entries.begin(), entries.end());
    if (outcome.published) seen.push_back(log.head());
    return outcome.published.has_value();
  }

  // Everything that was acknowledged is there; what was seen is a prefix; an outsider can verify
  // all of it.
  void check(bool exact = false) {
    FolderSource source(files, options.folder + "/public");
    std::vector<std::string> entries;
    const auto report =
        verify_log(source, first_key, {},
                   [&](std::uint64_t, std::string_view entry) { entries.emplace_back(entry); });
    ASSERT_TRUE(report) << report.error().detail;
    std::vector<std::string> told;  // but for the log's own entries
    std::copy_if(entries.begin(), entries.end(), std::back_inserter(told),
                 [](const std::string& entry) { return entry.starts_with("{\"n\":"); });
    ASSERT_GE(told.size(), acknowledged.size());
    ASSERT_TRUE(std::equal(acknowledged.begin(), acknowledged.end(), told.begin()));
    const std::size_t more = told.size() - acknowledged.size();
    ASSERT_TRUE(more == 0 || (!exact && more == unsure.size())) << more;
    TileReader reader(source, report->checkpoint.checkpoint.size);
    for (const Checkpoint& old : seen) {
      ASSERT_LE(old.size, report->checkpoint.checkpoint.size);
      const auto proof = reader.consistency(old.size);
      ASSERT_TRUE(proof) << proof.error().detail;
      ASSERT_TRUE(crypto::verify_consistency(old.size, old.root, report->checkpoint.checkpoint.size,
                                             report->checkpoint.checkpoint.root, *proof));
    }
  }
};

TEST(Log, GrowsClosesAndContinues) {
  World world(1);
  world.options.roll_bytes = 4096;
  for (int life = 0; life < 4; ++life) {
    auto log = Log::open(world.files, world.options);
    ASSERT_TRUE(log) << log.error().detail;
    EXPECT_FALSE((*log)->was_unclean());
    for (const std::size_t count : {1u, 255u, 1u, 300u, 7u, 700u})
      EXPECT_TRUE(world.commit(**log, count));
    world.check(true);
    ASSERT_TRUE((*log)->close());
  }
  EXPECT_EQ(world.acknowledged.size(), 4u * 1264);
  EXPECT_EQ(world.files.list("/log")->size(), 2u);  // one journal and public, no leftovers
}

TEST(Log, IsLockedWhileOpen) {
  World world(2);
  const auto log = Log::open(world.files, world.options);
  ASSERT_TRUE(log);
  EXPECT_EQ(Log::open(world.files, world.options).error().code, Code::conflict);
}

TEST(Log, PartialTilesGoOnceTheFullOneIsThere) {
  World world(3);
  const auto log = Log::open(world.files, world.options);
  for (int i = 0; i < 600; ++i) ASSERT_TRUE(world.commit(**log, 1));
  ASSERT_TRUE((*log)->close());
  const std::vector<std::string> paths = world.files.paths();
  const auto partial = [](const std::string& path) {
    return path.find(".p/") != std::string::npos;
  };
  for (const std::string& path : paths) {
    EXPECT_TRUE(!partial(path) || path.find("/002.p/") != path.npos ||
                path.find("/1/000.p/") != path.npos)
        << path;
  }
  world.check(true);
}

TEST(Log, RotatesItsKeyAndOldKeysLeadToTheNewOne) {
  World world(4);
  auto log = Log::open(world.files, world.options);
  ASSERT_TRUE(world.commit(**log, 5));
  ASSERT_TRUE((*log)->rotate_key(world.random, kNow));
  ASSERT_TRUE(world.commit(**log, 5));
  ASSERT_TRUE((*log)->rotate_key(world.random, kNow));
  ASSERT_TRUE(world.commit(**log, 5));
  world.check(true);
  FolderSource source(world.files, "/log/public");
  const VerifierKey current = (*log)->keys().current().verifier();
  EXPECT_NE(current, world.first_key);
  EXPECT_EQ(verify_log(source, world.first_key)->keys.back(), current);
  EXPECT_TRUE(verify_log(source, current));
  const VerifierKey stranger =
      NoteSigner::generate("log.example/test", KeyType::ed25519, world.random)->verifier();
  EXPECT_EQ(verify_log(source, stranger).error().code, Code::unauthenticated);
}

TEST(Log, ProofsAndExportsVerifyElsewhere) {
  World world(5);
  auto log = Log::open(world.files, world.options);
  ASSERT_TRUE(world.commit(**log, 300));
  ASSERT_TRUE(world.commit(**log, 1));
  FolderSource source(world.files, "/log/public");
  const std::vector<VerifierKey> keys{world.first_key};
  for (const std::uint64_t index : {0ull, 255ull, 256ull, 300ull}) {
    const auto proof = prove_inclusion(source, index, keys);
    ASSERT_TRUE(proof) << proof.error().detail;
    const auto again = TlogProof::parse(proof->text());
    ASSERT_TRUE(again);
    EXPECT_TRUE(verify_proof(*again, world.acknowledged[index], keys));
    EXPECT_FALSE(verify_proof(*again, "another", keys));
  }
  EXPECT_FALSE(prove_inclusion(source, 301, keys));
  ASSERT_TRUE(export_log(source, keys, world.files, "/copy"));
  FolderSource copy(world.files, "/copy");
  EXPECT_EQ(verify_log(copy, world.first_key)->entries, 301u);
}

TEST(Log, EveryProofOfEverySizeHolds) {
  World world(6);
  auto log = Log::open(world.files, world.options);
  std::vector<Checkpoint> heads;
  while (world.acknowledged.size() < 1200) {
    ASSERT_TRUE(world.commit(**log, 1 + world.random.below(100)));
    heads.push_back((*log)->head());
  }
  FolderSource source(world.files, "/log/public");
  for (const Checkpoint& head : heads) {
    TileReader reader(source, head.size);
    ASSERT_EQ(reader.edge()->root(), head.root);
    const std::uint64_t index = world.random.below(head.size);
    const auto proof = reader.inclusion(index);
    ASSERT_TRUE(proof);
    ASSERT_EQ(*crypto::root_of_inclusion(index, head.size,
                                         crypto::merkle_leaf(*reader.entry(index)), *proof),
              head.root);
    const Checkpoint& old = heads[world.random.below(heads.size())];
    if (old.size > head.size) continue;
    ASSERT_TRUE(crypto::verify_consistency(old.size, old.root, head.size, head.root,
                                           *reader.consistency(old.size)));
  }
}

// Power cuts at random changes of random lives: thousands of them.
TEST(LogCrash, NothingAcknowledgedIsLostAtAnyStep) {
  int crashes = 0;
  int recovered_unsure = 0;
  for (std::uint64_t seed = 0; seed < 500; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    World world(seed);
    world.options.roll_bytes = 300 + world.random.below(20'000);
    for (int life = 0; life < 4; ++life) {
      world.files.power_off_at(1 + world.random.below(120));
      {
        auto log = Log::open(world.files, world.options);
        bool alive = log.has_value();
        while (alive) {
          const std::uint64_t what = world.random.below(20);
          if (what == 0) {
            alive = (*log)->rotate_key(world.random, kNow).has_value();
          } else if (what == 1) {
            const bool closed = (*log)->close().has_value();
            (*log).reset();
            if (closed) log = Log::open(world.files, world.options);
            alive = closed && log.has_value();
          } else {
            alive = world.commit(**log, 1 + world.random.below(what == 2 ? 400 : 5));
          }
        }
        ASSERT_TRUE(world.files.powered_off());
      }
      world.files.crash(world.random);
      ++crashes;
      {
        auto log = Log::open(world.files, world.options);
        ASSERT_TRUE(log) << log.error().detail;
        world.check();
        if (HasFatalFailure()) return;
      }
      // The batch in flight is either whole or gone; from here on we know which.
      FolderSource source(world.files, "/log/public");
      std::vector<std::string> told;
      ASSERT_TRUE(
          verify_log(source, world.first_key, {}, [&](std::uint64_t, std::string_view entry) {
            if (entry.starts_with("{\"n\":")) told.emplace_back(entry);
          }));
      recovered_unsure += told.size() != world.acknowledged.size();
      world.acknowledged = told;
      world.unsure.clear();
    }
  }
  EXPECT_EQ(crashes, 2000);
  EXPECT_GT(recovered_unsure, 20);
}

TEST(LogCrash, RecoveryItselfMayCrash) {
  for (std::uint64_t seed = 0; seed < 150; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    World world(seed);
    world.options.roll_bytes = 2000;
    {
      auto log = Log::open(world.files, world.options);
      for (int i = 0; i < 10; ++i) world.commit(**log, 1 + world.random.below(100));
    }
    world.files.crash(world.random);
    for (std::uint64_t step = 1; step < 40; ++step) {
      world.files.power_off_at(step);
      const bool opened = Log::open(world.files, world.options).has_value();
      world.files.crash(world.random);
      if (opened) break;
    }
    auto log = Log::open(world.files, world.options);
    ASSERT_TRUE(log) << log.error().detail;
    EXPECT_TRUE((*log)->was_unclean());
    world.check(true);
    if (HasFatalFailure()) return;
  }
}

TEST(LogFaults, AFullDiskRefusesAndThenGoesOn) {
  World world(8);
  auto log = Log::open(world.files, world.options);
  ASSERT_TRUE(world.commit(**log, 50));
  for (const std::uint64_t room : {0u, 10u, 700u, 3000u}) {
    world.files.set_capacity(world.files.used_bytes() + room);
    const std::vector<std::string> entries = some_entries(20, world.acknowledged.size());
    const Log::Outcome outcome = (*log)->commit(entries);
    EXPECT_FALSE(outcome.published);
    if (outcome.durable)
      world.acknowledged.insert(world.acknowledged.end(), entries.begin(), entries.end());
    EXPECT_FALSE((*log)->broken());
    world.files.set_capacity(0);
    ASSERT_TRUE(world.commit(**log, 5));
    world.check(true);
  }
}

TEST(LogFaults, AReadOnlyFolderIsSaidSo) {
  World world(9);
  auto log = Log::open(world.files, world.options);
  ASSERT_TRUE(world.commit(**log, 5));
  world.files.set_read_only(true);
  EXPECT_EQ((*log)->commit(some_entries(1, 5)).durable.error().code, Code::forbidden);
  world.files.set_read_only(false);
  if ((*log)->broken()) return;  // a journal that could not be cut back asks for a restart
  ASSERT_TRUE(world.commit(**log, 5));
  world.check(true);
}

TEST(LogFaults, AFailedSyncNeedsARestart) {
  World world(10);
  {
    auto log = Log::open(world.files, world.options);
    ASSERT_TRUE(world.commit(**log, 5));
    world.files.fail_syncs(1);
    EXPECT_FALSE(world.commit(**log, 3));
    EXPECT_TRUE((*log)->broken());
    EXPECT_EQ((*log)->commit(some_entries(1, 5)).durable.error().code, Code::unavailable);
  }
  auto log = Log::open(world.files, world.options);
  ASSERT_TRUE(log);
  EXPECT_TRUE((*log)->was_unclean());
  world.check();
}

// Every file, many bits: either the log opens and verifies as it was, or it is refused; never does
// it go on otherwise.
TEST(LogFaults, FlippedBitsAreFoundOrDoNoHarm) {
  int refused = 0;
  int unseen = 0;
  SeededRandom pick(11);
  for (int round = 0; round < 400; ++round) {
    World world(11);
    world.options.roll_bytes = 5000;
    {
      auto log = Log::open(world.files, world.options);
      for (int i = 0; i < 8; ++i) ASSERT_TRUE(world.commit(**log, 70));
      ASSERT_TRUE(round % 2 == 1 || (*log)->close());
    }
    const std::vector<std::string> paths = world.files.paths();
    const std::string path = paths[pick.below(paths.size())];
    const std::uint64_t size = **world.files.size(path);
    if (size == 0) continue;
    world.files.flip_bit(path, pick.below(size * 8));
    SCOPED_TRACE(path);
    auto log = Log::open(world.files, world.options);
    FolderSource source(world.files, "/log/public");
    if (!log) {
      ++refused;
      EXPECT_TRUE(log.error().code == Code::corrupt || log.error().code == Code::malformed ||
                  log.error().code == Code::unauthenticated || log.error().code == Code::conflict)
          << log.error().detail;
      continue;
    }
    // Tiles from before the journal are not read at start; the verifier finds them.
    const auto report = verify_log(source, world.first_key);
    if (report) {
      EXPECT_EQ(report->entries, 560u);
      world.check(true);
      ++unseen;
    } else {
      ++refused;
    }
  }
  EXPECT_GT(refused, 100);
  EXPECT_GT(unseen, 20);
}

TEST(Entry, IsCanonicalAndClosed) {
  const auto encoded = Entry(Kind::scan, kNow)
                           .set("version", "1")
                           .set("request", "req_1")
                           .set("classifier", "cbrn-input")
                           .set("segment", "messages/0")
                           .set("ranges", std::vector<Range>{{0, 10}, {20, 30}})
                           .set("score_millionths", std::int64_t{12})
                           .set("verdict", "pass")
                           .encode();
  ASSERT_TRUE(encoded) << encoded.error().detail;
  EXPECT_EQ(*encoded,
            "{\"at\":1780000000000,\"classifier\":\"cbrn-input\",\"kind\":\"scan\",\"ranges\":[[0,"
            "10],[20,30]],"
            "\"request\":\"req_1\",\"score_millionths\":12,\"segment\":\"messages/"
            "0\",\"v\":1,\"verdict\":\"pass\","
            "\"version\":\"1\"}");
  EXPECT_FALSE(Entry(Kind::gap, kNow).set("reason", "unclean").encode());
  EXPECT_FALSE(
      Entry(Kind::gap, kNow).set("reason", "two words").set("after", std::int64_t{1}).encode());
  EXPECT_FALSE(Entry(Kind::gap, kNow)
                   .set("reason", "x")
                   .set("after", std::int64_t{1})
                   .set("text", "hello")
                   .encode());
  EXPECT_NE(commitment("salt", "a", "b"), commitment("salt2", "a", "b"));
  EXPECT_NE(commitment("salt", "a", "b"), commitment("salt", "ab", ""));
}

}  // namespace
}  // namespace sallyport::ledger
