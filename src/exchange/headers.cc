#include "exchange/headers.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace sallyport::exchange {
namespace {

// Lower case, sorted by purpose: connection, body framing, credentials, addresses, accounts.
constexpr std::array kNeverToUpstream = {"connection",
                                         "keep-alive",
                                         "proxy-connection",
                                         "te",
                                         "trailer",
                                         "transfer-encoding",
                                         "upgrade",
                                         "expect",
                                         "http2-settings",
                                         "host",
                                         "via",
                                         "content-length",
                                         "content-encoding",
                                         "content-type",
                                         "content-md5",
                                         "digest",
                                         "content-digest",
                                         "accept-encoding",
                                         "accept",
                                         "range",
                                         "if-none-match",
                                         "if-modified-since",
                                         "authorization",
                                         "x-api-key",
                                         "api-key",
                                         "cookie",
                                         "cookie2",
                                         "proxy-authorization",
                                         "x-amz-security-token",
                                         "x-goog-api-key",
                                         "forwarded",
                                         "x-real-ip",
                                         "true-client-ip",
                                         "cf-connecting-ip",
                                         "x-client-ip",
                                         "anthropic-workspace-id",
                                         "anthropic-user-profile-id",
                                         "anthropic-organization-id",
                                         "openai-organization",
                                         "openai-project",
                                         "anthropic-beta",
                                         "origin",
                                         "referer"};

constexpr std::array kNeverPrefixes = {"x-forwarded-", "sallyport-", "sec-",
                                       "proxy-",       "cf-",        "x-amzn-"};

constexpr std::array kToClient = {"retry-after", "retry-after-ms", "x-should-retry",
                                  "openai-processing-ms"};

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

bool goes_upstream(std::string_view name) {
  const std::string wanted = lower(name);
  for (const std::string_view never : kNeverToUpstream) {
    if (wanted == never) return false;
  }
  for (const std::string_view prefix : kNeverPrefixes) {
    if (wanted.starts_with(prefix)) return false;
  }
  return true;
}

// Fields that the client's Connection header names are for this hop only (RFC 9110, section 7.6.1).
bool named_by_connection(const http::Headers& headers, std::string_view name) {
  for (const http::Header& header : headers.list()) {
    if (!http::equals_ignore_case(header.name, "connection")) continue;
    std::string_view rest = header.value;
    while (!rest.empty()) {
      const std::size_t comma = rest.find(',');
      std::string_view token = rest.substr(0, comma);
      while (!token.empty() && (token.front() == ' ' || token.front() == '\t'))
        token.remove_prefix(1);
      while (!token.empty() && (token.back() == ' ' || token.back() == '\t'))
        token.remove_suffix(1);
      if (http::equals_ignore_case(token, name)) return true;
      rest = comma == std::string_view::npos ? std::string_view() : rest.substr(comma + 1);
    }
  }
  return false;
}

std::string joined(const std::vector<std::string>& values) {
  std::string out;
  for (const std::string& value : values) {
    if (!out.empty()) out += ',';
    out += value;
  }
  return out;
}

}  // namespace

http::Headers headers_for_upstream(const http::Headers& client, bool same_dialect,
                                   const std::vector<std::string>& betas) {
  http::Headers out;
  if (same_dialect) {
    const bool has_connection = client.find("connection") != nullptr;
    for (const http::Header& header : client.list()) {
      if (!goes_upstream(header.name)) continue;
      if (has_connection && named_by_connection(client, header.name)) continue;
      out.add(header.name, header.value);
    }
    if (!betas.empty()) out.add("anthropic-beta", joined(betas));
  } else {
    out.add("user-agent", "sallyport/" SALLYPORT_VERSION);
  }
  out.add("content-type", "application/json");
  out.add("accept-encoding", "identity");
  return out;
}

void copy_response_headers(const http::Headers& upstream, http::Headers& out) {
  for (const std::string_view name : kToClient) {
    if (const std::string* value = upstream.find(name)) out.add(name, *value);
  }
}

std::string media_type(std::string_view content_type) {
  std::string_view type = content_type.substr(0, content_type.find(';'));
  while (!type.empty() && (type.back() == ' ' || type.back() == '\t')) type.remove_suffix(1);
  return lower(type);
}

}  // namespace sallyport::exchange
