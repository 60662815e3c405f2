#include <gtest/gtest.h>

#include "base/random.h"
#include "runtime/file_watch.h"
#include "runtime/out_buffer.h"
#include "runtime/response_framing.h"
#include "runtime/workers.h"

#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <fstream>

namespace sallyport::runtime {
namespace {

TEST(OutBuffer, GivesBackWhatCameInWhateverThePieces) {
  SeededRandom random(5);
  for (int round = 0; round < 200; ++round) {
    OutBuffer buffer;
    std::string expected;
    std::string got;
    for (int i = 0; i < 40; ++i) {
      const std::string piece(random.below(random.below(4) == 0 ? 100'000 : 300),
                              static_cast<char>('a' + i % 26));
      expected += piece;
      switch (random.below(3)) {
        case 0:
          buffer.append(std::string_view(piece));
          break;
        case 1:
          buffer.append(std::string(piece));
          break;
        default:
          buffer.append(std::make_shared<const std::string>(piece));
      }
      if (random.below(2) == 0 && !buffer.empty()) {
        iovec pieces[3];
        const std::size_t used = buffer.gather(pieces);
        ASSERT_GT(used, 0u);
        EXPECT_EQ(buffer.front(),
                  std::string_view(static_cast<char*>(pieces[0].iov_base), pieces[0].iov_len));
        std::string seen;
        for (std::size_t k = 0; k < used; ++k)
          seen.append(static_cast<char*>(pieces[k].iov_base), pieces[k].iov_len);
        const std::size_t taken = random.below(seen.size() + 1);
        got += seen.substr(0, taken);
        buffer.consume(taken);
      }
      ASSERT_EQ(buffer.size(), expected.size() - got.size());
    }
    while (!buffer.empty()) {
      got += buffer.front();
      buffer.consume(buffer.front().size());
    }
    EXPECT_EQ(got, expected);
  }
}

TEST(OutBuffer, SmallPiecesGoOutAsOne) {
  OutBuffer buffer;
  for (int i = 0; i < 100; ++i) buffer.append(std::string("data: x\n\n"));
  EXPECT_EQ(buffer.front().size(), 900u);
}

std::string frame(http::ResponseHead head, const std::vector<std::string>& pieces,
                  int minor_version, ResponseFraming& framing) {
  framing.start(false, minor_version, minor_version >= 1);
  EXPECT_TRUE(framing.head(std::move(head), "now"));
  std::string out = framing.take();
  for (const std::string& piece : pieces) {
    framing.body(piece);
    out += framing.take();
  }
  framing.end();
  return out + framing.take();
}

TEST(ResponseFraming, ChoosesByHeadAndVersion) {
  http::ResponseHead head;
  head.status = 200;
  ResponseFraming framing;
  EXPECT_TRUE(frame(head, {"ab", "", "cde"}, 1, framing)
                  .ends_with("\r\n\r\n2\r\nab\r\n3\r\ncde\r\n0\r\n\r\n"));
  EXPECT_TRUE(framing.keep_alive());
  EXPECT_TRUE(frame(head, {"ab", "cde"}, 0, framing).ends_with("\r\n\r\nabcde"));
  EXPECT_FALSE(framing.keep_alive());
  head.content_length = 5;
  EXPECT_TRUE(frame(head, {"ab", "cde"}, 1, framing).ends_with("\r\n\r\nabcde"));
  EXPECT_FALSE(framing.broken());
}

TEST(ResponseFraming, ALengthThatIsNotKeptIsBroken) {
  http::ResponseHead head;
  head.status = 200;
  head.content_length = 5;
  ResponseFraming framing;
  frame(head, {"four"}, 1, framing);
  EXPECT_TRUE(framing.broken());
  frame(head, {"sixsix"}, 1, framing);
  EXPECT_TRUE(framing.broken());
}

TEST(ResponseFraming, NothingCanBeInjected) {
  http::ResponseHead head;
  head.status = 200;
  head.headers.add("x", "a\r\nSet-Cookie: b");
  ResponseFraming framing;
  framing.start(false, 1, true);
  EXPECT_FALSE(framing.head(head, "now"));
  EXPECT_FALSE(framing.begun());
}

TEST(Workers, AreBoundedAndStopWithoutRunningTheRest) {
  std::atomic<bool> go{false};
  std::atomic<int> ran{0};
  Workers workers(1, 2);
  ASSERT_TRUE(workers.submit([&] {
    while (!go) std::this_thread::yield();
    ++ran;
  }));
  while (workers.queued() > 0) std::this_thread::yield();
  EXPECT_TRUE(workers.submit([&] { ++ran; }));
  EXPECT_TRUE(workers.submit([&] { ++ran; }));
  EXPECT_FALSE(workers.submit([&] { ++ran; }));
  go = true;
  while (ran < 3) std::this_thread::yield();
  workers.stop();
  EXPECT_FALSE(workers.submit([&] { ++ran; }));
  EXPECT_EQ(ran, 3);
}

TEST(FileWatch, SeesWritesAndRenames) {
  const std::string path = ::testing::TempDir() + "sallyport_watch_test";
  const auto write = [](const std::string& to, const std::string& text) {
    std::ofstream(to) << text;
  };
  write(path, "one");
  FileWatch watch({path, path + ".missing"});
  EXPECT_FALSE(watch.changed());
  write(path, "longer");
  EXPECT_TRUE(watch.changed());
  EXPECT_FALSE(watch.changed());
  write(path + ".new", "third!");
  ASSERT_EQ(std::rename((path + ".new").c_str(), path.c_str()), 0);
  EXPECT_TRUE(watch.changed());
  ASSERT_EQ(::unlink(path.c_str()), 0);
  EXPECT_FALSE(watch.changed());
}

}  // namespace
}  // namespace sallyport::runtime
