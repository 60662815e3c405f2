#include <set>

#include "cli/listen_address.h"
#include "cli/settings.h"

namespace sallyport::cli {
namespace {

using config::Section;
using std::chrono::hours;
using std::chrono::milliseconds;

// Names that serve takes for listeners of its own.
constexpr std::string_view kControl = "control";

void read_tls(Section section, runtime::ListenerConfig& listener) {
  runtime::TlsServerConfig tls;
  tls.cert_file = section.required_string("cert_file");
  tls.key_file = section.required_string("key_file");
  tls.client_ca_file = section.string("client_ca_file");
  tls.require_client_cert = section.boolean("require_client_cert", false);
  if (tls.require_client_cert && tls.client_ca_file.empty()) {
    section.problem("require_client_cert",
                    "there is no client_ca_file to check certificates against", "add it");
  }
  listener.tls = std::move(tls);
}

void read_limits(Section section, runtime::ListenerLimits& limits) {
  const auto time = [&](const char* key, Duration& value) {
    value = section.duration(key, value, milliseconds(10), hours(24));
  };
  limits.max_head_bytes = section.size_bytes("max_head", limits.max_head_bytes, 1u << 10, 1u << 20);
  limits.max_header_count = static_cast<std::size_t>(section.integer(
      "max_headers", static_cast<std::int64_t>(limits.max_header_count), 8, 10'000));
  limits.max_connections = static_cast<std::size_t>(section.integer(
      "max_connections", static_cast<std::int64_t>(limits.max_connections), 1, 1'000'000));
  time("handshake_timeout", limits.handshake_timeout);
  time("header_timeout", limits.header_timeout);
  time("body_timeout", limits.body_timeout);
  time("body_stall_timeout", limits.body_stall_timeout);
  time("idle_timeout", limits.idle_timeout);
  time("write_timeout", limits.write_timeout);
  limits.high_water_bytes =
      section.size_bytes("high_water", limits.high_water_bytes, 4u << 10, 1u << 30);
  limits.low_water_bytes =
      section.size_bytes("low_water", limits.low_water_bytes, 1u << 10, 1u << 30);
  if (limits.low_water_bytes > limits.high_water_bytes)
    section.problem("low_water", "is above high_water");
}

void read_listener(Section section, Settings& settings, std::set<std::string>& names) {
  runtime::ListenerConfig listener;
  listener.name = section.string("name", names.empty() ? "main" : "");
  if (listener.name.empty() || listener.name == kControl || !names.insert(listener.name).second) {
    section.problem("name", "every listener needs a name of its own, other than 'control'",
                    "add name = \"…\"");
  }
  const std::string address = section.string("address");
  listener.unix_path = section.string("unix_path");
  if (address.empty() == listener.unix_path.empty()) {
    section.problem("address", "a listener has either an address or a unix_path",
                    "write address = \"127.0.0.1:8787\"");
  } else if (!address.empty() && !split_listen_address(address, listener.address, listener.port)) {
    section.problem("address", "is not an address with a port",
                    "write \"127.0.0.1:8787\" or \"[::1]:8787\"");
  }
  listener.local_only = section.boolean("local_only", false);
  if (section.boolean("metrics", listener.local_only))
    settings.metrics_listeners.push_back(listener.name);
  if (section.has("tls")) read_tls(section.table("tls"), listener);
  listener.proxy_protocol_from = section.strings("proxy_protocol_from");
  listener.balance = section.one_of("balance", {"kernel", "least_connections"}) == "kernel"
                         ? runtime::Balance::kernel
                         : runtime::Balance::least_connections;
  listener.half_close_is_gone = section.boolean("half_close_is_gone", false);
  listener.backlog = static_cast<int>(section.integer("backlog", listener.backlog, 1, 65'535));
  read_limits(section.table("limits"), listener.limits);
  listener.limits.max_body_bytes = settings.exchange.max_body_bytes;
  settings.server.listeners.push_back(std::move(listener));
}

}  // namespace

void read_listeners(Section root, Settings& settings) {
  std::set<std::string> names;
  for (const Section& section : root.tables("listener")) read_listener(section, settings, names);
  if (settings.server.listeners.empty()) {
    root.problem("listener", "there is no listener",
                 "add [[listener]] with address = \"127.0.0.1:8787\"");
  }
}

}  // namespace sallyport::cli
