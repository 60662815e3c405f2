#include "vault/writer.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>

#include "vault/vault_test_world.h"

namespace sallyport::vault {
namespace {

NewRecord record(std::string content) {
  return {"acme", "mythos-5", "provider_30d", std::move(content)};
}

TEST(VaultWriter, StoresFromManyThreadsAndSaysWhere) {
  World world(1);
  ASSERT_TRUE(world.open());
  std::mutex mutex;
  std::map<std::string, std::string> stored;
  {
    Writer writer(*world.vault, {});
    std::vector<std::thread> threads;
    for (int t = 0; t < 3; ++t) {
      threads.emplace_back([&, t] {
        for (int i = 0; i < 60; ++i) {
          const std::string content = std::to_string(t) + "/" + std::to_string(i);
          const Result<void> queued =
              writer.append(record(content), [&, content](Result<OpenDay::Appended> done) {
                ASSERT_TRUE(done);
                const std::lock_guard lock(mutex);
                stored[done->id.text()] = content;
              });
          ASSERT_TRUE(queued);
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    writer.stop();
    EXPECT_EQ(writer.status().stored, 180u);
    EXPECT_EQ(writer.append(record("late")).error().code, Code::unavailable);
  }
  ASSERT_EQ(stored.size(), 180u);
  for (const auto& [id, content] : stored) EXPECT_EQ(*world.read(id), content);
}

TEST(VaultWriter, AFullBufferRefusesAndAFailingDiskIsSaidSo) {
  World world(2);
  ASSERT_TRUE(world.open());
  WriterOptions options;
  options.max_bytes = 100;
  Writer writer(*world.vault, options);
  EXPECT_EQ(writer.append(record(std::string(101, 'x'))).error().code, Code::overloaded);
  EXPECT_EQ(writer.status().state, State::full);
  world.files.set_read_only(true);
  const auto store = [&](NewRecord item) {
    std::promise<Result<OpenDay::Appended>> promise;
    EXPECT_TRUE(writer.append(std::move(item), [&](Result<OpenDay::Appended> done) {
      promise.set_value(std::move(done));
    }));
    return promise.get_future().get();
  };
  EXPECT_FALSE(store(record("x")));
  EXPECT_EQ(writer.status().state, State::failing);
  world.files.set_read_only(false);
  EXPECT_TRUE(store(record("y")));
  EXPECT_EQ(writer.status().state, State::open);
  // A record that cannot be stored is its own fault, not the vault's.
  EXPECT_EQ(store({"", "m", "c", "x"}).error().code, Code::invalid);
  EXPECT_EQ(writer.status().state, State::open);
}

}  // namespace
}  // namespace sallyport::vault
