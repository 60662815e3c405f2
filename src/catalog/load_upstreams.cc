
#include "catalog/loader.h"
#include "catalog/url.h"

namespace sallyport::catalog {
namespace {

using config::Section;
using std::chrono::hours;
using std::chrono::milliseconds;

constexpr char kUrlHint[] =
    "write \"https://host\" or \"http://host:port\", with a path where the API lies below one";

UpstreamKind kind_of(const std::string& name) {
  if (name == "openai") return UpstreamKind::openai;
  return name == "simulator" ? UpstreamKind::simulator : UpstreamKind::anthropic;
}

void load_url(Section& section, Upstream& upstream) {
  if (upstream.kind == UpstreamKind::simulator) {
    upstream.tls = false;
    upstream.port = 0;
    return;
  }
  if (!section.has("base_url")) {
    section.problem("", "'base_url' is missing", kUrlHint);
    return;
  }
  const std::string text = section.string_or_env("base_url");
  const auto url = parse_base_url(text);
  if (!url) {
    if (!text.empty()) section.problem("base_url", "is not a base URL", kUrlHint);
    return;
  }
  upstream.tls = url->tls;
  upstream.host = url->host;
  upstream.port = url->port;
  upstream.path_prefix = url->path_prefix;
  // People copy the base URL of OpenAI's clients, which ends in /v1; our paths begin with it.
  if (upstream.path_prefix.ends_with("/v1"))
    upstream.path_prefix.resize(upstream.path_prefix.size() - 3);
}

void load_tls(Section& section, Upstream& upstream) {
  upstream.ca_file = section.string("ca_file");
  upstream.client_cert_file = section.string("client_cert_file");
  upstream.client_key_file = section.string("client_key_file");
  if (upstream.client_cert_file.empty() != upstream.client_key_file.empty()) {
    section.problem(upstream.client_cert_file.empty() ? "client_key_file" : "client_cert_file",
                    "client_cert_file and client_key_file belong together", "set both or neither");
  }
}

void load_proxy(Section& section, Upstream& upstream) {
  const std::string text = section.string_or_env("proxy");
  upstream.proxy_authorization = section.secret("proxy_authorization");
  if (text.empty()) return;
  const auto url = parse_base_url(text);
  if (!url || url->tls || !url->path_prefix.empty()) {
    section.problem("proxy", "is not the address of a CONNECT proxy", "write \"http://host:port\"");
    return;
  }
  upstream.proxy_host = url->host;
  upstream.proxy_port = url->port;
}

void load_bounds(Section& section, Upstream& upstream) {
  const auto time = [&](const char* key, Duration fallback) {
    return section.duration(key, fallback, milliseconds(10), hours(1));
  };
  upstream.connect_timeout = time("connect_timeout", upstream.connect_timeout);
  upstream.first_byte_timeout = time("first_byte_timeout", upstream.first_byte_timeout);
  upstream.idle_timeout = time("idle_timeout", upstream.idle_timeout);
  upstream.max_idle_connections = static_cast<std::uint32_t>(
      section.integer("max_idle_connections", upstream.max_idle_connections, 0, 100'000));
  upstream.max_connections = static_cast<std::uint32_t>(
      section.integer("max_connections", upstream.max_connections, 1, 100'000));
  upstream.retry_reused = section.boolean("retry_reused", upstream.retry_reused);
}

void load_apis(Section& section, Upstream& upstream) {
  const bool given = section.has("apis");
  const std::vector<std::string> apis = section.strings("apis", {"chat"});
  if (upstream.kind != UpstreamKind::openai) {
    if (given) section.problem("apis", "is only for upstreams of kind openai", "remove it");
    return;
  }
  upstream.chat = upstream.responses = false;
  for (const std::string& api : apis) {
    if (api == "chat") {
      upstream.chat = true;
    } else if (api == "responses") {
      upstream.responses = true;
    } else {
      section.problem("apis", "must hold only \"chat\" and \"responses\"");
    }
  }
  if (!upstream.chat && !upstream.responses)
    section.problem("apis", "names no API", "write [\"chat\"]");
}

void load_upstream(Section section, Loading& loading) {
  Upstream upstream;
  upstream.name = section.required_string("name");
  if (!upstream.name.empty() && !loading.declared_upstreams.insert(upstream.name).second) {
    section.problem("name", "a second upstream named '" + upstream.name + "'",
                    "give each a name of its own");
  }
  if (!section.enabled_by_env("when_env")) {
    section.ignore();
    loading.absent_upstreams.insert(upstream.name);
    return;
  }
  upstream.kind = kind_of(section.one_of("kind", {"anthropic", "openai", "simulator"}));
  if (!section.has("kind"))
    section.problem("", "'kind' is missing",
                    "add kind = \"anthropic\", \"openai\" or \"simulator\"");
  load_url(section, upstream);
  upstream.credential = section.secret("credential");
  load_apis(section, upstream);
  load_tls(section, upstream);
  load_proxy(section, upstream);
  load_bounds(section, upstream);
  loading.upstreams.push_back(std::move(upstream));
}

}  // namespace

void load_upstreams(Section root, Loading& loading) {
  for (const Section& section : root.tables("upstream")) load_upstream(section, loading);
}

}  // namespace sallyport::catalog
