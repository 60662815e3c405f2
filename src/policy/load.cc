#include <algorithm>

#include "base/encoding.h"
#include "policy/policy.h"
#include "policy/seed.h"
#include "policy/toml_text.h"

namespace sallyport::policy {
namespace {

bool ends_with(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

void read_model(Reader& reader, ModelRule& out) {
  out.id = reader.id("id", true);
  out.by_programme = reader.one_of("access", {"open", "programme"}, true) == 1;
  out.capability_class = reader.id("capability_class");
  out.upstream = reader.id("upstream");
  out.vendor = reader.id("vendor");
  out.retention_min_days = reader.integer("retention_min_days", 0, 0, 36'500);
  out.released = reader.time("released");
  out.evaluators = reader.ids("evaluators");
  if (!out.evaluators.empty() && !out.released)
    reader.problem("evaluators", "need a time of release beside them");
  reader.finish();
}

void read_key(Reader& reader, Policy& out) {
  const std::string id = reader.id("id", true);
  const auto bytes = base64_decode(reader.id("ed25519", true));
  crypto::Ed25519PublicKey key{};
  if (!bytes || bytes->size() != key.size())
    reader.problem("ed25519", "must be 32 bytes in base64");
  else
    std::copy(bytes->begin(), bytes->end(), key.begin());
  reader.finish();
  if (!out.directive_keys.emplace(id, key).second) reader.problem("id", "is there already");
}

template <class T, class Read>
void read_all(Reader& root, std::string_view key, std::vector<T>& out, Read read) {
  for (Reader& reader : root.objects(key)) read(reader, out.emplace_back());
}

Result<void> read_part(const PolicyText& part, Policy& out) {
  std::string converted;
  std::string_view text = part.text;
  if (ends_with(part.name, ".toml")) {
    auto json = toml_to_json(part.text);
    if (!json) return fail_within(part.name, json.error());
    converted = std::move(*json);
    text = converted;
  }
  json::Limits limits;
  limits.max_bytes = kMaxPolicyBytes;
  const auto document = json::Document::parse(text, limits);
  if (!document) return fail_within(part.name, document.error());
  Problems problems;
  Reader root(document->root(), "", problems);
  if (const std::string provider = root.id("provider"); !provider.empty()) {
    if (!out.provider.empty() && out.provider != provider)
      root.problem("provider", "is another one than in a file before");
    out.provider = provider;
  }
  for (std::string& surface : root.ids("surfaces")) out.surfaces.push_back(std::move(surface));
  for (Reader& key : root.objects("directive_keys")) read_key(key, out);
  read_all(root, "models", out.models, read_model);
  read_all(root, "definitions", out.definitions, read_definition);
  read_all(root, "programmes", out.programmes, read_programme);
  read_all(root, "grants", out.grants, read_grant);
  read_all(root, "directives", out.directives, read_directive);
  root.finish();
  if (!problems.empty()) return fail_within(part.name, fail_with(problems).value());
  return {};
}

void verify_signatures(Policy& policy) {
  if (policy.directive_keys.empty()) return;
  for (Directive& directive : policy.directives) {
    const auto key = policy.directive_keys.find(directive.signing_key);
    if (directive.signature.empty())
      directive.broken = "unsigned";
    else if (key == policy.directive_keys.end())
      directive.broken = "signed by an unknown key";
    else if (!signature_holds(directive, key->second))
      directive.broken = "signature does not hold";
  }
}

}  // namespace

Result<Policy> read_policy(const std::vector<PolicyText>& parts) {
  Policy out;
  std::vector<PolicyText> all = {
      {"built-in definitions", std::string(seed_definitions())},
      {"built-in programmes", std::string(seed_programmes())},
  };
  all.insert(all.end(), parts.begin(), parts.end());
  for (const PolicyText& part : all)
    if (auto read = read_part(part, out); !read) return Failure(read.error());
  std::sort(out.surfaces.begin(), out.surfaces.end());
  out.surfaces.erase(std::unique(out.surfaces.begin(), out.surfaces.end()), out.surfaces.end());
  if (out.surfaces.empty()) out.surfaces.emplace_back("default");
  verify_signatures(out);
  const Problems problems = check(out);
  if (!problems.empty()) return fail_within("reading a policy", fail_with(problems).value());
  return out;
}

Result<Policy> load_policy(Files& files, const std::string& path) {
  std::vector<PolicyText> parts;
  const auto names = files.list(path);
  if (names && !names->empty()) {
    for (const std::string& name : *names) {
      if (!ends_with(name, ".json") && !ends_with(name, ".toml")) continue;
      auto text = files.read(path + "/" + name, kMaxPolicyBytes);
      if (!text) return Failure(text.error());
      parts.push_back({name, std::move(*text)});
    }
    if (parts.empty()) return fail(Code::config, path + ": holds no .json and no .toml file");
    return read_policy(parts);
  }
  auto text = files.read(path, kMaxPolicyBytes);
  if (!text) return Failure(text.error());
  parts.push_back({path, std::move(*text)});
  return read_policy(parts);
}

}  // namespace sallyport::policy
