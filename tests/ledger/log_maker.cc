// Writes a log on the real file system, for checks by programs that are not ours:
//   log_maker FOLDER COUNT [rotate]
// Appends up to COUNT entries, says after each acknowledged thousand how many there are, and prints
// the present verification key at the end. Made to be killed at any moment and started again.
#include <charconv>
#include <cstdlib>
#include <future>
#include <string>

#include "base/clock.h"
#include "base/files.h"
#include "base/log.h"
#include "ledger/writer.h"

namespace {

using namespace sallyport;          // NOLINT: a program of one file
using namespace sallyport::ledger;  // NOLINT

int complain(const Error& error) {
  log::error("log_maker_failed", {{"error", error.detail}});
  log::stop();
  return 1;
}

Entry some_entry(const Clock& clock, std::uint64_t n) {
  return Entry(Kind::fallback, clock.wall())
      .set("request", "req_" + std::to_string(n))
      .set("from", "fable-5")
      .set("to", "opus-5")
      .set("reason", "refusal");
}

// Appends in thousands; the last of each waits until the log is durable.
Result<void> fill(Writer& writer, const Clock& clock, std::uint64_t count, Files& files,
                  const std::string& report) {
  while (writer.status().size < count) {
    const std::uint64_t size = writer.status().size;
    const std::uint64_t more = std::min<std::uint64_t>(1000, count - size);
    for (std::uint64_t i = 0; i + 1 < more; ++i) {
      if (Result<void> r = writer.append(some_entry(clock, size + i)); !r) return r;
    }
    std::promise<Result<std::uint64_t>> promise;
    const Result<void> queued =
        writer.append(some_entry(clock, size + more - 1), Wait::published,
                      [&](Result<std::uint64_t> result) { promise.set_value(std::move(result)); });
    if (!queued) return queued;
    const Result<std::uint64_t> index = promise.get_future().get();
    if (!index) return Failure(index.error());
    if (Result<void> r = replace_file(files, report, std::to_string(*index + 1)); !r) return r;
  }
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  std::uint64_t count = 0;
  if (argc < 3 || std::from_chars(argv[2], argv[2] + std::string_view(argv[2]).size(), count).ec !=
                      std::errc()) {
    return 2;
  }
  log::start(log::Level::error, {});
  const std::string folder = argv[1];
  RealFiles files;
  SystemClock clock;
  WriterOptions options;
  options.log = {folder + "/log", folder + "/keys/ledger"};
  if (!files.size(options.log.key_path)->has_value()) {
    SystemRandom random;
    if (const auto ring = KeyRing::create(files, options.log.key_path, "log.example/fsck", random);
        !ring) {
      return complain(ring.error());
    }
  }
  auto writer = Writer::start(files, options, clock);
  if (!writer) return complain(writer.error());
  if (argc > 3) {
    if (const Result<void> r = (*writer)->rotate_key(); !r) return complain(r.error());
  }
  if (const Result<void> r = fill(**writer, clock, count, files, folder + "/acknowledged"); !r) {
    return complain(r.error());
  }
  (*writer)->stop();
  const Result<void> told =
      replace_file(files, folder + "/key", (*writer)->verifiers().front().text());
  return told ? 0 : complain(told.error());
}
