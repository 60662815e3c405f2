#include "sim/world.h"

#include "access/key_text.h"
#include "access/pepper.h"

namespace sallyport::sim {
namespace {

crypto::Aead fixed_aead() {
  return *crypto::Aead::from_key(
      crypto::SecretBytes(std::string_view("0123456789abcdef0123456789abcdef")));
}

catalog::Upstream upstream(std::string name, catalog::UpstreamKind kind, bool responses) {
  catalog::Upstream made;
  made.name = std::move(name);
  made.kind = kind;
  made.host = made.name + ".test";
  made.credential = "upstream-credential-" + made.name;
  made.responses = responses;
  made.first_byte_timeout = std::chrono::seconds(30);
  made.idle_timeout = std::chrono::seconds(30);
  return made;
}

catalog::Model model(std::string id, std::vector<std::string> fallbacks,
                     catalog::Continue continues, std::vector<std::string> upstreams,
                     std::string upstream_name) {
  catalog::Model made;
  made.id = std::move(id);
  made.display_name = made.id;
  made.max_tokens = 128'000;
  made.max_input_tokens = 1'000'000;
  made.allowed_fallbacks = std::move(fallbacks);
  made.continues = continues;
  int order = 0;
  for (std::string& name : upstreams) {
    made.routes.push_back(
        {std::move(name), upstream_name.empty() ? made.id : upstream_name, order++ / 2, 1});
  }
  made.prices.push_back({{}, 10'000, 50'000, 12'500, 20'000, 1'000});
  return made;
}

std::shared_ptr<const catalog::Catalog> make_catalog() {
  using catalog::Continue;
  std::vector<catalog::Upstream> upstreams = {
      upstream("a1", catalog::UpstreamKind::anthropic, false),
      upstream("a2", catalog::UpstreamKind::anthropic, false),
      upstream("o1", catalog::UpstreamKind::openai, true),
      upstream("o2", catalog::UpstreamKind::openai, false)};
  std::vector<catalog::Model> models = {
      model("fable", {"opus", "sonnet", "gpt"}, Continue::refuse, {"a1", "a2"}, ""),
      model("opus", {"sonnet"}, Continue::prefill, {"a1", "a2"}, "opus-upstream-name"),
      model("sonnet", {}, Continue::restate, {"a2"}, ""),
      model("gpt", {"small"}, Continue::restate, {"o1", "o2"}, ""),
      model("small", {}, Continue::refuse, {"o2"}, ""),
      model("auto", {"opus"}, Continue::refuse, {"a1", "a2"}, "")};
  models.back().automatic_fallback = catalog::AutomaticFallback::by_default;
  std::vector<catalog::DefaultFallback> defaults = {{{}, "fable", "cyber", "opus"},
                                                    {{}, "fable", "bio", "sonnet"},
                                                    {{}, "opus", "*", "sonnet"},
                                                    {{}, "gpt", "*", "small"},
                                                    {{}, "auto", "*", "opus"}};
  std::vector<catalog::RefusalBilling> billing = {
      {{}, "bio", true}, {{}, "*", false}, {{}, "null", false}};
  auto made = catalog::Catalog::make(std::move(upstreams), std::move(models), std::move(defaults),
                                     std::move(billing));
  return made ? std::make_shared<const catalog::Catalog>(std::move(*made)) : nullptr;
}

}  // namespace

void Timeline::after(Duration delay, std::function<void()> run) {
  due_.push({clock_.now() + delay, next_order_++, std::move(run)});
}

bool Timeline::run(Duration limit) {
  const Instant end = clock_.now() + limit;
  while (!due_.empty()) {
    if (due_.top().at > end) return false;
    Due next = due_.top();
    due_.pop();
    if (next.at > clock_.now()) clock_.advance(next.at - clock_.now());
    next.run();
  }
  return true;
}

bool Sink::accept(metering::ExchangeRecord&& record) {
  records.push_back(std::move(record));
  return true;
}

World::World(std::uint64_t seed)
    : random(seed),
      credit(fixed_aead()),
      sticky(crypto::SecretBytes(std::string_view("sticky key of the sim")), 500) {
  services.clock = &clock;
  services.random = &random;
  services.limiter = &limiter;
  services.records = &sink;
  services.credit = &credit;
  if (chance(50)) services.sticky = &sticky;
  services.catalog = make_catalog();
  if (!services.catalog) {
    problem("the catalog of the simulation is refused");
    return;
  }
  services.health = catalog::HealthBoard::make(*services.catalog, nullptr);
  services.settings.offload_body_bytes = 2048;

  auto pepper = std::make_shared<const access::Pepper>(
      crypto::SecretBytes(std::string_view("fedcba9876543210fedcba9876543210")));
  std::vector<access::KeyringEntry> entries;
  for (int i = 0; i < 3; ++i) {
    keys.push_back(*access::make_key_text("sim", random));
    access::KeyringEntry entry;
    entry.hash = pepper->hash(keys.back());
    entry.principal.organisation = "org_" + std::to_string(i / 2);
    entry.principal.workspace = "ws_" + std::to_string(i);
    entry.principal.key_id = "key_" + std::to_string(i);
    entry.principal.allowed_models = {"*"};
    if (i == 2) entry.principal.allowed_models = {"fable", "sonnet"};
    if (i == 1) entry.principal.key_limits.concurrent_streams = 3;
    entries.push_back(std::move(entry));
  }
  services.keyring = std::make_shared<const access::Keyring>(pepper, std::move(entries));
}

}  // namespace sallyport::sim
