#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>

#include "policy/population.h"
#include "policy/test_support.h"

// One decision among 10,000 rules and 1,000,000 principals; a plan over all of them.
namespace {

using namespace sallyport;
using namespace sallyport::policy;
using namespace sallyport::policy::test;

constexpr int kModels = 10;
constexpr int kDirectives = 100;
constexpr int kGrants = 9'900;
constexpr int kOrganisations = 2'000;
constexpr std::size_t kPrincipals = 1'000'000;

std::shared_ptr<const Policy> make_policy() {
  Policy policy = read_policy({}).value();
  policy.provider = "provider";
  policy.surfaces = {"a", "b", "c", "d"};
  Programme programme;
  programme.id = "bench";
  programme.holders = {"organisation"};
  for (int i = 0; i < kModels; ++i) {
    ModelRule model;
    model.id = "m" + std::to_string(i);
    model.by_programme = i % 2 == 1;
    policy.models.push_back(model);
    programme.models.push_back(model.id);
  }
  policy.programmes.push_back(programme);
  for (int i = 0; i < kGrants; ++i) {
    Grant grant;
    grant.id = "g" + std::to_string(i);
    grant.programme = "bench";
    grant.holder_kind = "organisation";
    grant.holder = "o" + std::to_string(i % 100);
    grant.project = "p" + std::to_string(i / 100);
    grant.until = at("2030-01-01");
    policy.grants.push_back(grant);
  }
  for (int i = 0; i < kDirectives; ++i) {
    Directive directive;
    directive.id = "d" + std::to_string(i);
    directive.scope.models = {"m" + std::to_string(i % (kModels - 1) + 1)};
    directive.acts = {"release"};
    directive.definition = i % 2 == 0 ? "june-2026@1" : "doj-202@1";
    directive.who.ask = Ask::foreign_person;
    directive.effect = Effect::substitute;
    directive.successors[directive.scope.models[0]] = "m0";
    policy.directives.push_back(directive);
  }
  return std::make_shared<const Policy>(std::move(policy));
}

Principal make_principal(std::size_t i) {
  static constexpr std::string_view kCodes[] = {"US", "FR", "CN", "IN", "DE", "GB", "JP", "BR"};
  Person holder = i % 3 == 0 ? resident("u" + std::to_string(i), {kCodes[i % 8]})
                             : citizen("u" + std::to_string(i), {kCodes[i % 8]});
  if (i % 5 != 0) state(holder.attributes.location, country(kCodes[i / 8 % 8]));
  const std::size_t number = i / 64 % kOrganisations;
  return staff(std::move(holder), organisation("o" + std::to_string(number), kCodes[number % 3]));
}

struct World {
  std::shared_ptr<const Policy> policy = make_policy();
  Program before = Program::compile(std::make_shared<const Policy>([&] {
                                      Policy out = *policy;
                                      out.directives.clear();
                                      return out;
                                    }()),
                                    at("2026-11-01"));
  Program program = Program::compile(policy, at("2026-11-01"));
  Population population{before, program};
  std::vector<VectorId> rows;
  World() {
    rows.reserve(kPrincipals);
    for (std::size_t i = 0; i < kPrincipals; ++i) rows.push_back(population.add(make_principal(i)));
  }
};

World& world() {
  static World out;
  return out;
}

// Percentiles of single calls, the clock's own cost included.
template <class Call>
void measure(benchmark::State& state, Call call) {
  std::vector<std::int64_t> times;
  times.reserve(1u << 20);
  SeededRandom random(3);
  for (auto _ : state) {
    const std::uint64_t draw = random.next_u64();
    const auto begin = std::chrono::steady_clock::now();
    call(draw);
    const auto end = std::chrono::steady_clock::now();
    if (times.size() < times.capacity()) times.push_back((end - begin).count());
  }
  std::sort(times.begin(), times.end());
  const auto at_share = [&](double share) {
    const auto index = static_cast<std::size_t>(share * static_cast<double>(times.size() - 1));
    return static_cast<double>(times[index]);
  };
  state.counters["p50_ns"] = at_share(0.5);
  state.counters["p99_ns"] = at_share(0.99);
  state.counters["vectors"] = static_cast<double>(world().population.vectors().size());
}

void whole_decision(benchmark::State& state) {
  World& w = world();
  measure(state, [&](std::uint64_t draw) {
    const auto& facts = w.population.vectors()[w.rows[draw % kPrincipals]].facts;
    benchmark::DoNotOptimize(
        w.program.decide(facts, w.policy->models[draw / kPrincipals % kModels].id, "a"));
  });
}
BENCHMARK(whole_decision);

void remembered_decision(benchmark::State& state) {
  World& w = world();
  DecisionMemo memo(w.program, w.population);
  for (VectorId v = 0; v < w.population.vectors().size(); ++v)
    for (std::size_t m = 0; m < kModels; ++m)
      for (std::size_t s = 0; s < 4; ++s) benchmark::DoNotOptimize(memo.decide(v, m, s).effect);
  measure(state, [&](std::uint64_t draw) {
    const Decision& decision =
        memo.decide(w.rows[draw % kPrincipals], draw / kPrincipals % kModels, draw >> 62);
    benchmark::DoNotOptimize(decision.effect);
  });
}
BENCHMARK(remembered_decision);

void whole_plan(benchmark::State& state) {
  World& w = world();
  for (auto _ : state) benchmark::DoNotOptimize(plan(w.before, w.program, w.population));
  state.counters["vectors"] = static_cast<double>(w.population.vectors().size());
}
BENCHMARK(whole_plan)->Unit(benchmark::kMillisecond)->Iterations(1);

}  // namespace
