#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "catalog/load.h"
#include "catalog/routing.h"
#include "catalog/url.h"

namespace sallyport::catalog {
namespace {

using namespace std::chrono_literals;

config::Environment environment(std::map<std::string, std::string> values) {
  return [values = std::move(values)](const std::string& name) -> std::optional<std::string> {
    const auto it = values.find(name);
    if (it == values.end()) return std::nullopt;
    return it->second;
  };
}

std::string read(const std::string& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

config::Document default_document(std::map<std::string, std::string> values = {}) {
  const std::string path = SALLYPORT_SOURCE_DIR "/src/cli/default_config.toml";
  return config::Document::parse(read(path), "default_config.toml", environment(std::move(values)));
}

std::string all(const config::Document& document) {
  std::string out;
  for (const config::Problem& problem : document.problems()) {
    out += config::describe(document.file_name(), problem) + "\n";
  }
  return out;
}

Catalog load_default(std::map<std::string, std::string> values = {}) {
  auto document = default_document(std::move(values));
  auto catalog = load(document);
  EXPECT_TRUE(catalog) << all(document);
  return std::move(*catalog);
}

WallTime day(int year, unsigned month, unsigned d) {
  return {std::chrono::sys_days(std::chrono::year(year) / month / d).time_since_epoch()};
}

TEST(DefaultCatalog, WithoutKeysTheSimulatorServesAndTakesPrefill) {
  const Catalog catalog = load_default();
  ASSERT_EQ(catalog.upstreams().size(), 1u);
  EXPECT_EQ(catalog.upstreams()[0].kind, UpstreamKind::simulator);
  const Model* fable = catalog.find_model("claude-fable-5-1");
  ASSERT_NE(fable, nullptr);
  EXPECT_EQ(fable->continues, Continue::prefill);
  ASSERT_EQ(fable->routes.size(), 1u);
  EXPECT_EQ(fable->routes[0].upstream, "simulator");
  EXPECT_EQ(fable->routes[0].upstream_model, "claude-fable-5-1");
  EXPECT_EQ(catalog.find_model("gpt-5.6")->routes[0].upstream_model, "sim-gpt");
  EXPECT_EQ(catalog.find_model("local"), nullptr);
  EXPECT_EQ(catalog.find_model("nothing"), nullptr);
}

TEST(DefaultCatalog, AKeyPutsTheRealUpstreamInPlaceOfTheSimulator) {
  const Catalog catalog = load_default({{"ANTHROPIC_API_KEY", "k1"},
                                        {"OPENAI_API_KEY", "k2"},
                                        {"SALLYPORT_LOCAL_URL", "http://127.0.0.1:8000/v1"},
                                        {"SALLYPORT_LOCAL_MODEL", "llama"}});
  const Model* fable = catalog.find_model("claude-fable-5-1");
  ASSERT_EQ(fable->routes.size(), 1u);
  EXPECT_EQ(fable->routes[0].upstream, "anthropic");
  EXPECT_EQ(fable->continues, Continue::restate);
  const Upstream* anthropic = catalog.find_upstream("anthropic");
  EXPECT_EQ(anthropic->host, "api.anthropic.com");
  EXPECT_EQ(anthropic->port, 443);
  EXPECT_TRUE(anthropic->tls);
  EXPECT_EQ(anthropic->credential, "k1");
  EXPECT_EQ(catalog.find_upstream("openai")->path_prefix, "");
  EXPECT_TRUE(catalog.find_upstream("openai")->responses);
  const Upstream* local = catalog.find_upstream("local");
  EXPECT_EQ(local->host, "127.0.0.1");
  EXPECT_EQ(local->port, 8000);
  EXPECT_FALSE(local->tls);
  EXPECT_EQ(catalog.find_model("local")->routes[0].upstream_model, "llama");
}

TEST(DefaultCatalog, FallbacksFollowTheirDates) {
  const Catalog catalog = load_default();
  const auto to = [&](const char* model, std::optional<std::string> category, WallTime at) {
    return catalog.default_fallback(model, category, at).value_or("-");
  };
  EXPECT_EQ(to("claude-fable-5", "bio", day(2026, 6, 10)), "claude-opus-4-8");
  EXPECT_EQ(to("claude-fable-5", "bio", day(2026, 8, 1)), "claude-opus-5");
  EXPECT_EQ(to("claude-fable-5", "cyber", day(2026, 11, 1)), "claude-opus-4-8");
  EXPECT_EQ(to("claude-fable-5", "cyber", day(2026, 6, 8)), "-");
  EXPECT_EQ(to("claude-fable-5-1", "frontier_llm", day(2026, 11, 1)), "claude-opus-5");
  EXPECT_EQ(to("claude-fable-5-1", "reasoning_extraction", day(2026, 11, 1)), "-");
  EXPECT_EQ(to("claude-fable-5-1", std::nullopt, day(2026, 11, 1)), "-");
  EXPECT_EQ(to("claude-opus-5", "cyber", day(2026, 11, 1)), "claude-opus-4-8");
  EXPECT_EQ(to("claude-opus-5", "bio", day(2026, 11, 1)), "-");
  EXPECT_EQ(to("nothing", "bio", day(2026, 11, 1)), "-");
  EXPECT_TRUE(catalog.has_default_fallback("claude-fable-5", day(2026, 11, 1)));
  EXPECT_FALSE(catalog.has_default_fallback("claude-fable-5", day(2026, 6, 1)));
  EXPECT_FALSE(catalog.has_default_fallback("claude-opus-4-8", day(2026, 11, 1)));
}

TEST(DefaultCatalog, RefusalsAreBilledByCategorySinceSeptember) {
  const Catalog catalog = load_default();
  for (const char* category : {"bio", "frontier_llm", "reasoning_extraction"}) {
    EXPECT_FALSE(catalog.refusal_billed(category, false, day(2026, 8, 31)));
    EXPECT_TRUE(catalog.refusal_billed(category, false, day(2026, 9, 1)));
  }
  EXPECT_FALSE(catalog.refusal_billed("cyber", false, day(2026, 11, 1)));
  EXPECT_FALSE(catalog.refusal_billed("general_harms", false, day(2026, 11, 1)));
  EXPECT_FALSE(catalog.refusal_billed(std::nullopt, false, day(2026, 11, 1)));
  EXPECT_TRUE(catalog.refusal_billed("cyber", true, day(2026, 6, 9)));
}

TEST(DefaultCatalog, PricesArePerToken) {
  const Catalog catalog = load_default();
  const Price* fable = catalog.price(*catalog.find_model("claude-fable-5"), day(2026, 11, 1));
  ASSERT_NE(fable, nullptr);
  EXPECT_EQ(fable->input_nano_usd, 10'000);
  EXPECT_EQ(fable->output_nano_usd, 50'000);
  EXPECT_EQ(fable->cache_write_5m_nano_usd, 12'500);
  EXPECT_EQ(fable->cache_write_1h_nano_usd, 20'000);
  EXPECT_EQ(fable->cache_read_nano_usd, 1'000);
  EXPECT_EQ(catalog.price(*catalog.find_model("claude-fable-5"), day(2026, 6, 1)), nullptr);
  EXPECT_EQ(
      catalog.price(*catalog.find_model("claude-opus-4-8"), day(2026, 11, 1))->output_nano_usd,
      25'000);
}

// One row a mistake: what is wrong in the file, and the line that says so.
struct Mistake {
  const char* text;
  const char* message;
};

class Mistakes : public testing::TestWithParam<Mistake> {};

TEST_P(Mistakes, AreExplained) {
  const std::string head = "[[upstream]]\nname = \"sim\"\nkind = \"simulator\"\n";
  auto document = config::Document::parse(head + GetParam().text, "f.toml", environment({}));
  EXPECT_FALSE(load(document));
  document.note_unknown_keys();
  EXPECT_EQ(all(document), std::string(GetParam().message) + "\n");
}

INSTANTIATE_TEST_SUITE_P(
    Catalog, Mistakes,
    testing::Values(
        Mistake{"",
                "f.toml:1:1: model: no model can be served (declare an [[upstream]] and a "
                "[[model]] with a route to it)"},
        Mistake{"[[model]]\nid = \"a b\"\nroutes = [{upstream = \"sim\"}]",
                "f.toml:5:1: model[].id: is not a model id (use letters, digits and - _ . : / @, "
                "at most 128 of them)"},
        Mistake{"[[model]]\nid = \"a\"\nroutes = [{upstream = \"simm\"}]",
                "f.toml:6:12: model[].routes[].upstream: there is no upstream named 'simm' "
                "(declare it as [[upstream]] or "
                "correct the name)"},
        Mistake{"[[model]]\nid = \"a\"\nrouts = [{upstream = \"sim\"}]",
                "f.toml:4:1: model[]: model 'a' has no routes (add routes = [{upstream = \"…\"}])\n"
                "f.toml:6:1: model[].routs: unknown key (did you mean 'routes'?)"},
        Mistake{
            "[[model]]\nid = \"a\"\nroutes = [{upstream = \"sim\"}]\nallowed_fallbacks = [\"b\"]",
            "f.toml:7:1: model[].allowed_fallbacks: there is no model 'b' (declare it as [[model]] "
            "or remove it)"},
        Mistake{"[[model]]\nid = \"a\"\nroutes = [{upstream = \"sim\"}]\navailability = {allowed = "
                "false}",
                "f.toml:7:17: model[].availability.allowed: a model that is not allowed needs a "
                "reason (add reason = \"…\": "
                "clients are shown it)"},
        Mistake{"[[model]]\nid = \"a\"\nroutes = [{upstream = \"sim\"}]\nprices = [{input = "
                "\"0.0001\", output = 1}]",
                "f.toml:7:12: model[].prices[].input: is finer than a thousandth of a dollar per "
                "million tokens (round it to "
                "three decimals)"},
        Mistake{"[[model]]\nid = \"a\"\nroutes = [{upstream = "
                "\"sim\"}]\n[[default_fallback]]\nmodel = \"a\"\ntarget = \"a\"",
                "f.toml:9:1: default_fallback[].target: a model cannot fall back to itself"},
        Mistake{"[[model]]\nid = \"a\"\naliases = [\"a\"]\nroutes = [{upstream = \"sim\"}]",
                "f.toml:6:1: model[].aliases: a second model answers to 'a' (every id and alias "
                "names one model)"},
        Mistake{"[[upstream]]\nname = \"x\"\nkind = \"openai\"\nbase_url = "
                "\"api.x.com\"\n[[model]]\nid = \"a\"\nroutes = "
                "[{upstream = \"sim\"}]",
                "f.toml:7:1: upstream[].base_url: is not a base URL (write \"https://host\" or "
                "\"http://host:port\", with a "
                "path where the API lies below one)"}));

TEST(Load, SuccessorsMayNotRunInACircle) {
  auto document = config::Document::parse(
      "[[upstream]]\nname = \"s\"\nkind = \"simulator\"\n"
      "[[model]]\nid = \"a\"\nroutes = [{upstream = \"s\"}]\navailability = {allowed = false, "
      "reason = \"r\", successor = \"b\"}\n"
      "[[model]]\nid = \"b\"\nroutes = [{upstream = \"s\"}]\navailability = {allowed = false, "
      "reason = \"r\", successor = \"a\"}\n",
      "f.toml", environment({}));
  EXPECT_FALSE(load(document));
  EXPECT_NE(all(document).find("run in a circle"), std::string::npos);
}

TEST(BaseUrl, IsReadStrictly) {
  const auto url = parse_base_url("http://[::1]:8080/api/");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->host, "::1");
  EXPECT_EQ(url->port, 8080);
  EXPECT_EQ(url->path_prefix, "/api");
  EXPECT_EQ(parse_base_url("https://a.example")->port, 443);
  for (const char* bad :
       {"", "a.example", "ftp://a", "http://", "http://u@a", "http://a:0", "http://a:99999",
        "http://a:", "http://a b", "http://a/?q", "http://a/#f", "http://[::1", "http://a/\x01"}) {
    EXPECT_FALSE(parse_base_url(bad)) << bad;
  }
}

Model model_with(std::vector<Route> routes) {
  Model model;
  model.id = "m";
  model.routes = std::move(routes);
  return model;
}

Catalog three_upstreams(std::vector<Route> routes) {
  std::vector<Upstream> upstreams(3);
  upstreams[0].name = "a";
  upstreams[1].name = "b";
  upstreams[2].name = "c";
  return *Catalog::make(std::move(upstreams), {model_with(std::move(routes))}, {}, {});
}

std::string names(const std::vector<Candidate>& plan) {
  std::string out;
  for (const Candidate& candidate : plan)
    out += candidate.route->upstream + (candidate.healthy ? "" : "!");
  return out;
}

TEST(Routing, OrderThenWeight) {
  const Catalog catalog = three_upstreams({{"a", "m", 0, 3}, {"b", "m", 0, 1}, {"c", "m", 1, 1}});
  const auto health = HealthBoard::make(catalog, nullptr);
  int a_first = 0;
  for (std::uint64_t seed = 0; seed < 2000; ++seed) {
    const std::string plan = names(route_plan(catalog, catalog.models()[0], *health, {}, seed));
    ASSERT_TRUE(plan == "abc" || plan == "bac") << plan;
    if (plan == "abc") ++a_first;
  }
  EXPECT_NEAR(a_first, 1500, 100);
}

TEST(Routing, WhatCoolsDownComesLast) {
  const Catalog catalog = three_upstreams({{"a", "m", 0, 1}, {"b", "m", 1, 1}, {"c", "m", 2, 1}});
  const auto health = HealthBoard::make(catalog, nullptr);
  const Model& model = catalog.models()[0];
  const Instant start{1s};
  for (int i = 0; i < 4; ++i) health->find("a")->failed(start);
  EXPECT_EQ(names(route_plan(catalog, model, *health, start, 1)), "abc");
  health->find("a")->failed(start);
  EXPECT_EQ(names(route_plan(catalog, model, *health, start + Duration(4s), 1)), "bca!");
  // One trial per second, the rest waits.
  EXPECT_EQ(names(route_plan(catalog, model, *health, start + Duration(5s), 1)), "abc");
  EXPECT_EQ(names(route_plan(catalog, model, *health, start + Duration(5s), 1)), "bca!");
  // The trial fails: twice as long.
  health->find("a")->failed(start + Duration(5s));
  EXPECT_EQ(names(route_plan(catalog, model, *health, start + Duration(14s), 1)), "bca!");
  EXPECT_EQ(names(route_plan(catalog, model, *health, start + Duration(15s), 1)), "abc");
  health->find("a")->succeeded();
  EXPECT_EQ(names(route_plan(catalog, model, *health, start + Duration(15s), 1)), "abc");
  EXPECT_EQ(names(route_plan(catalog, model, *health, start + Duration(15s), 1)), "abc");
}

TEST(Health, RetryAfterIsObeyedWithinItsBound) {
  UpstreamHealth health;
  const Instant now{1s};
  health.overloaded(now, 1h);
  EXPECT_FALSE(health.admit(now + Duration(59s)));
  EXPECT_TRUE(health.admit(now + Duration(60s)));
  health.succeeded();
  EXPECT_TRUE(health.healthy(now));
}

TEST(Health, SurvivesAReloadOfTheSameUpstream) {
  const Catalog catalog = three_upstreams({{"a", "m", 0, 1}});
  const auto before = HealthBoard::make(catalog, nullptr);
  const auto after = HealthBoard::make(catalog, before.get());
  EXPECT_EQ(before->find("a"), after->find("a"));
  EXPECT_EQ(after->find("nothing"), nullptr);
}

TEST(Upstream, SpeaksTheNearestApi) {
  using dialect::Api;
  Upstream upstream;
  EXPECT_EQ(upstream.api_for(Api::openai_chat), Api::anthropic);
  upstream.kind = UpstreamKind::openai;
  EXPECT_EQ(upstream.api_for(Api::openai_responses), Api::openai_chat);
  EXPECT_EQ(upstream.api_for(Api::anthropic), Api::openai_chat);
  upstream.responses = true;
  EXPECT_EQ(upstream.api_for(Api::openai_responses), Api::openai_responses);
  upstream.kind = UpstreamKind::simulator;
  EXPECT_EQ(upstream.api_for(Api::anthropic), Api::anthropic);
}

}  // namespace
}  // namespace sallyport::catalog
