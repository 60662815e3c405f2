#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "cli/listen_address.h"
#include "cli/local_pages.h"
#include "cli/settings.h"
#include "cli/telemetry.h"
#include "cli/terminal.h"

namespace sallyport::cli {
namespace {

config::Environment environment(std::map<std::string, std::string> values) {
  return [values = std::move(values)](const std::string& name) -> std::optional<std::string> {
    const auto it = values.find(name);
    if (it == values.end()) return std::nullopt;
    return it->second;
  };
}

std::string all(const config::Document& document) {
  std::string out;
  for (const config::Problem& problem : document.problems())
    out += describe(document.file_name(), problem) + "\n";
  return out;
}

std::string read(const std::string& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST(DefaultConfig, IsGoodWithAndWithoutKeys) {
  for (const auto& values : {std::map<std::string, std::string>{},
                             {{"ANTHROPIC_API_KEY", "a"},
                              {"OPENAI_API_KEY", "b"},
                              {"SALLYPORT_LOCAL_URL", "http://127.0.0.1:1"}}}) {
    auto document = config::Document::parse(default_config(), "default", environment(values));
    const auto settings = read_settings(document);
    ASSERT_TRUE(settings) << all(document);
    EXPECT_EQ(settings->server.listeners.at(0).address, "127.0.0.1");
    EXPECT_EQ(settings->server.listeners.at(0).port, 8787);
    EXPECT_EQ(settings->metrics_listeners, std::vector<std::string>{"main"});
  }
}

// Reads a file that uses what the default one does not, so that every key is asked for.
constexpr char kEverything[] = R"(
[[listener]]
name = "tls"
address = "[::1]:8443"
tls = {cert_file = "c.pem", key_file = "k.pem", client_ca_file = "ca.pem", require_client_cert = true}
[[listener]]
name = "inside"
unix_path = "s.sock"
local_only = true
[[upstream]]
name = "u"
kind = "openai"
base_url = "http://h"
proxy = "http://p:1"
[[capabilities]]
name = "c"
json = "{}"
[[model]]
id = "m"
routes = [{upstream = "u"}]
prices = [{input = 1, output = 2}]
[[model]]
id = "n"
routes = [{upstream = "u"}]
availability = {allowed = false, reason = "by order", successor = "m", substitute = true}
[[default_fallback]]
model = "m"
target = "n"
[[refusal_billing]]
billed_before_output = true
)";

TEST(Reference, DescribesEveryKeyAndNoOther) {
  auto document = config::Document::parse(kEverything, "f", environment({}));
  ASSERT_TRUE(read_settings(document)) << all(document);
  std::set<std::string> known;
  for (const std::string& key : document.known_keys()) {
    const bool inner = key.ends_with(".env") || key.ends_with(".file") || key.ends_with(".default");
    const bool group = key.ends_with("[]") || key.find('.') == std::string::npos;
    if ((!inner || key == "log.file") && !group) known.insert(key);
  }
  const std::string reference = read(SALLYPORT_SOURCE_DIR "/docs/configuration.md");
  std::set<std::string> described;
  std::istringstream lines(reference);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("| `")) continue;
    const std::string key = line.substr(3, line.find('`', 3) - 3);
    if (key.find('.') != std::string::npos) described.insert(key);
  }
  EXPECT_EQ(described, known);
}

TEST(Settings, ProblemsOfEveryPartAreToldTogether) {
  auto document = config::Document::parse(
      "[[listener]]\nname = \"control\"\naddress = \"nowhere\"\n[log]\nlevel = "
      "\"loud\"\n[exchange]\nping_interval = \"10m\"\n"
      "[stroe]\n[[upstream]]\nname = \"s\"\nkind = \"simulator\"\n[[model]]\nid = \"m\"\nroutes = "
      "[{upstream = \"s\"}]\n",
      "f.toml", environment({}));
  EXPECT_FALSE(read_settings(document));
  EXPECT_EQ(all(document),
            "f.toml:2:1: listener[].name: every listener needs a name of its own, other than "
            "'control' (add name = \"…\")\n"
            "f.toml:3:1: listener[].address: is not an address with a port (write "
            "\"127.0.0.1:8787\" or \"[::1]:8787\")\n"
            "f.toml:5:1: log.level: must be one of info, debug, warn, error, off\n"
            "f.toml:7:1: exchange.ping_interval: must be from 1s to 290s, found 10m\n"
            "f.toml:8:2: stroe: unknown key (did you mean 'store'?)\n");
}

TEST(ListenAddress, IsReadStrictly) {
  std::string address;
  std::uint16_t port = 1;
  EXPECT_TRUE(split_listen_address("[::1]:0", address, port));
  EXPECT_EQ(address, "::1");
  EXPECT_EQ(port, 0);
  for (const char* bad :
       {"", "8787", ":8787", "127.0.0.1", "127.0.0.1:", "127.0.0.1:99999", "::1:80", "h:8x"}) {
    EXPECT_FALSE(split_listen_address(bad, address, port)) << bad;
  }
}

TEST(Terminal, TablesAndMoney) {
  EXPECT_EQ(format_table({{"A", "COST"}, {"größer", "1"}}, {1}), "A       COST\ngrößer     1\n");
  EXPECT_EQ(format_usd(0), "$0.00");
  EXPECT_EQ(format_usd(1'500'000'000), "$1.50");
  EXPECT_EQ(format_usd(1'234), "$0.000001234");
  EXPECT_EQ(format_usd(-2'000'000'000), "-$2.00");
}

exchange::Arrival arrival(const char* listener, const char* method, const char* path) {
  exchange::Arrival made;
  made.listener = listener;
  made.head.method = method;
  made.head.path = path;
  return made;
}

TEST(LocalPages, AnswerOnlyWhereTheyBelong) {
  metrics::Registry registry;
  bool ready = true;
  LocalPages pages;
  pages.registry = &registry;
  pages.metrics_listeners = {"main"};
  pages.ready = [&] { return ready; };
  pages.reload_keys = []() -> Result<std::string> { return fail(Code::io, "the disk is gone"); };
  const auto handler = make_local_handler(std::move(pages));
  EXPECT_EQ(handler(arrival("main", "GET", "/healthz"))->status, 200);
  EXPECT_EQ(handler(arrival("main", "GET", "/readyz"))->status, 200);
  ready = false;
  EXPECT_EQ(handler(arrival("main", "GET", "/readyz"))->status, 503);
  EXPECT_TRUE(handler(arrival("main", "GET", "/metrics"))->later);
  EXPECT_FALSE(handler(arrival("other", "GET", "/metrics")));
  EXPECT_FALSE(handler(arrival("main", "POST", "/v1/messages")));
  EXPECT_FALSE(handler(arrival("main", "POST", "/reload-keys")));
  EXPECT_EQ(handler(arrival("control", "POST", "/reload-keys"))->later().status, 503);
  EXPECT_EQ(handler(arrival("control", "POST", "/other"))->status, 404);
  EXPECT_EQ(handler(arrival("control", "GET", "/healthz"))->status, 405);
}

TEST(Telemetry, CountsRefusalsAndFallbacksAndBoundsSeries) {
  metrics::Registry registry;
  Telemetry telemetry(registry, false);
  metering::ExchangeRecord record;
  record.outcome = metering::Outcome::fallback_served;
  record.requested_model = "a";
  record.served_model = "b";
  record.category = "cyber";
  record.attempts.resize(2);
  record.attempts[0].model = "a";
  record.attempts[0].outcome = metering::AttemptOutcome::refused;
  record.attempts[1].model = "b";
  record.attempts[1].outcome = metering::AttemptOutcome::served;
  record.attempts[1].usage.output_tokens = 7;
  record.attempts[1].cost_nano_usd = 500'000'000;
  telemetry.observe(record);
  const std::string page = registry.expose();
  EXPECT_NE(page.find("sallyport_refusals_total{model=\"a\",category=\"cyber\"} 1"),
            std::string::npos)
      << page;
  EXPECT_NE(
      page.find(
          "sallyport_fallbacks_served_total{requested=\"a\",served=\"b\",category=\"cyber\"} 1"),
      std::string::npos);
  EXPECT_NE(page.find("sallyport_cost_usd_total{model=\"b\"} 0.5"), std::string::npos);
  for (int i = 0; i < 2000; ++i) {
    metering::ExchangeRecord denied;
    denied.outcome = metering::Outcome::denied;
    denied.reason = "r" + std::to_string(i);
    telemetry.observe(denied);
  }
  EXPECT_NE(registry.expose().find("sallyport_denied_total{reason=\"other\"} 1500"),
            std::string::npos);
}

}  // namespace
}  // namespace sallyport::cli
