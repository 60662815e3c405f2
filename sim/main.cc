#include <charconv>
#include <cstdio>
#include <cstring>
#include <map>
#include <string>
#include <string_view>

#include "sim/checks.h"
#include "sim/network.h"
#include "sim/traffic.h"
#include "sim/world.h"

namespace sallyport::sim {
namespace {

constexpr std::size_t kExchanges = 60;

// How often each outcome was seen, over all runs: a simulation that never falls back proves nothing
// about falling back.
using Tally = std::map<std::string, std::uint64_t, std::less<>>;

// One run. True where every check held.
bool run_seed(std::uint64_t seed, bool trace, Tally& tally) {
  World world(seed);
  std::vector<std::shared_ptr<Connection>> connections;
  for (std::size_t i = 0; i < kExchanges && world.problems.empty(); ++i) {
    connections.push_back(std::make_shared<Connection>(world, make_ask(world), i, trace));
    const Duration when = std::chrono::milliseconds(world.random.below(3000));
    world.timeline.after(when, [connection = connections.back()] { connection->start(); });
  }
  if (!world.timeline.run(std::chrono::minutes(30)))
    world.problem("time runs on after every patience has ended");
  for (const auto& connection : connections) check_answer(world, *connection);
  check_records(world, connections);
  for (const metering::ExchangeRecord& record : world.sink.records) {
    ++tally[std::string(metering::to_string(record.outcome))];
    if (record.attempts.size() > 1) ++tally["several attempts"];
  }
  for (const std::string& problem : world.problems) {
    std::printf("seed %llu: %s\n", static_cast<unsigned long long>(seed), problem.c_str());
  }
  return world.problems.empty();
}

bool covers_everything(const Tally& tally) {
  bool all = true;
  for (const std::string_view wanted :
       {"answered", "refused", "fallback_served", "denied", "client_error", "upstream_error",
        "client_gone", "several attempts"}) {
    if (tally.contains(wanted)) continue;
    std::printf("never seen: %s\n", std::string(wanted).c_str());
    all = false;
  }
  return all;
}

bool parse_number(std::string_view text, std::uint64_t& out) {
  const auto result = std::from_chars(text.data(), text.data() + text.size(), out);
  return result.ec == std::errc() && result.ptr == text.data() + text.size();
}

int usage() {
  std::fprintf(stderr, "usage: sallyport_sim --seeds N|FROM-TO | --seed N [--trace]\n");
  return 2;
}

int run(int argc, char** argv) {
  std::uint64_t from = 1;
  std::uint64_t to = 100;
  bool trace = false;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    const std::string_view value = i + 1 < argc ? argv[i + 1] : "";
    if (argument == "--trace") {
      trace = true;
    } else if (argument == "--seed" && parse_number(value, from)) {
      to = from;
      ++i;
    } else if (argument == "--seeds") {
      const std::size_t dash = value.find('-');
      from = 1;
      const bool given = dash == std::string_view::npos
                             ? parse_number(value, to)
                             : parse_number(value.substr(0, dash), from) &&
                                   parse_number(value.substr(dash + 1), to);
      if (!given) return usage();
      ++i;
    } else {
      return usage();
    }
  }
  std::uint64_t failed = 0;
  Tally tally;
  for (std::uint64_t seed = from; seed <= to; ++seed)
    failed += run_seed(seed, trace, tally) ? 0 : 1;
  for (const auto& [what, count] : tally) {
    std::printf("%-18s %llu\n", what.c_str(), static_cast<unsigned long long>(count));
  }
  if (to - from >= 20 && !covers_everything(tally)) ++failed;
  std::printf("%llu passed, %llu failed\n", static_cast<unsigned long long>(to - from + 1 - failed),
              static_cast<unsigned long long>(failed));
  return failed == 0 ? 0 : 1;
}

}  // namespace
}  // namespace sallyport::sim

int main(int argc, char** argv) { return sallyport::sim::run(argc, argv); }
