#include "base/files.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "base/random.h"
#include "base/sim_files.h"

namespace sallyport {
namespace {

class Folder {
 public:
  Folder() {
    SystemRandom random;
    path_ =
        std::filesystem::temp_directory_path().string() + "/" + make_id("sallyport_files_", random);
    std::filesystem::create_directory(path_);
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  std::string operator/(std::string_view name) const { return path_ + "/" + std::string(name); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// The same story, told to both file systems.
void exercise(Files& files, const std::string& root) {
  ASSERT_TRUE(files.write(root + "/a/b/one", "first"));
  EXPECT_EQ(*files.read(root + "/a/b/one", 100), "first");
  EXPECT_EQ(files.read(root + "/a/b/one", 4).error().code, Code::too_large);
  EXPECT_EQ(files.read(root + "/a/b/two", 4).error().code, Code::not_found);
  EXPECT_EQ(*files.read_at(root + "/a/b/one", 1, 3), "irs");
  EXPECT_EQ(files.read_at(root + "/a/b/one", 3, 3).error().code, Code::corrupt);
  ASSERT_TRUE(files.write(root + "/a/b/one", "2nd"));
  EXPECT_EQ(**files.size(root + "/a/b/one"), 3u);
  EXPECT_FALSE(files.size(root + "/a/b/two")->has_value());

  const auto file = files.open_append(root + "/a/log");
  ASSERT_TRUE(file);
  ASSERT_TRUE((*file)->append("xyz"));
  ASSERT_TRUE((*file)->append("123"));
  ASSERT_TRUE((*file)->sync());
  ASSERT_TRUE((*file)->truncate(4));
  ASSERT_TRUE((*file)->append("!"));
  EXPECT_EQ((*file)->size(), 5u);
  EXPECT_EQ(*files.read(root + "/a/log", 100), "xyz1!");

  ASSERT_TRUE(replace_file(files, root + "/a/state", "new"));
  ASSERT_TRUE(files.rename(root + "/a/b/one", root + "/a/state"));
  EXPECT_EQ(*files.read(root + "/a/state", 100), "2nd");
  EXPECT_EQ(*files.list(root + "/a"), (std::vector<std::string>{"b", "log", "state"}));
  EXPECT_TRUE(files.list(root + "/none")->empty());
  EXPECT_TRUE(files.sync(root + "/a/log"));
  EXPECT_TRUE(files.sync_folder(root + "/a"));
  EXPECT_TRUE(files.remove(root + "/a/none"));
  EXPECT_TRUE(files.remove(root + "/a/log"));
  EXPECT_TRUE(files.remove_folder(root + "/a"));
  EXPECT_TRUE(files.list(root + "/a")->empty());

  {
    const auto lock = files.lock(root);
    ASSERT_TRUE(lock);
    EXPECT_EQ(files.lock(root).error().code, Code::conflict);
  }
  EXPECT_TRUE(files.lock(root));
}

TEST(Files, RealOnesKeepTheContract) {
  const Folder folder;
  RealFiles files;
  exercise(files, folder.path());
}

TEST(Files, SimulatedOnesKeepTheContract) {
  SimFiles files;
  ASSERT_TRUE(files.make_folders("/root"));
  exercise(files, "/root");
}

TEST(Files, NewFilesAreForTheirOwnerOnly) {
  const Folder folder;
  RealFiles files;
  ASSERT_TRUE(files.write(folder / "key", "k"));
  EXPECT_EQ(std::filesystem::status(folder / "key").permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

TEST(SimFiles, WhatWasSyncedSurvivesAndWhatWasNotMayGo) {
  int kept = 0;
  int lost = 0;
  int torn = 0;
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    SeededRandom random(seed);
    SimFiles files;
    ASSERT_TRUE(files.make_folders("/d"));
    ASSERT_TRUE(files.sync_folder("/"));
    auto file = files.open_append("/d/log");
    ASSERT_TRUE((*file)->append("safe"));
    ASSERT_TRUE((*file)->sync());
    ASSERT_TRUE(files.sync_folder("/d"));
    ASSERT_TRUE((*file)->append("maybe"));
    ASSERT_TRUE(files.write("/d/unsynced", "x"));
    files.crash(random);
    const std::string bytes = *files.read("/d/log", 100);
    EXPECT_TRUE(bytes.starts_with("safe")) << bytes;
    kept += bytes == "safemaybe";
    lost += bytes == "safe";
    torn += bytes != "safe" && bytes != "safemaybe";
    EXPECT_FALSE((*file)->append("late"));
  }
  EXPECT_GT(kept, 30);
  EXPECT_GT(lost, 30);
  EXPECT_GT(torn, 30);
}

TEST(SimFiles, ReplaceFileIsOldOrNewAtEveryPowerCut) {
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    SeededRandom random(seed);
    SimFiles files;
    ASSERT_TRUE(files.make_folders("/d"));
    ASSERT_TRUE(files.sync_folder("/"));
    ASSERT_TRUE(replace_file(files, "/d/state", "old state"));
    files.power_off_at(1 + random.below(6));
    const bool acknowledged = replace_file(files, "/d/state", "a new state").has_value();
    files.crash(random);
    const std::string bytes = *files.read("/d/state", 100);
    EXPECT_TRUE(bytes == "a new state" || (!acknowledged && bytes == "old state")) << bytes;
  }
}

TEST(SimFiles, FullAndReadOnlyDisksSayWhich) {
  SimFiles files;
  files.set_capacity(10);
  EXPECT_EQ(files.write("/a", "0123456789ab").error().code, Code::over_budget);
  files.set_capacity(0);
  files.set_read_only(true);
  EXPECT_EQ(files.write("/a", "x").error().code, Code::forbidden);
  files.set_read_only(false);
  files.fail_syncs(1);
  EXPECT_EQ(files.sync("/a").error().code, Code::io);
  EXPECT_TRUE(files.sync("/a"));
}

}  // namespace
}  // namespace sallyport
