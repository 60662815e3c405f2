#include "policy/decision.h"

#include "json/writer.h"

namespace sallyport::policy {
namespace {

void write_all(json::Writer& w, std::string_view key, const std::vector<std::string>& texts) {
  w.key(key).begin_array();
  for (const std::string& text : texts) w.string(text);
  w.end_array();
}

}  // namespace

std::string to_json(const Decision& d) {
  std::string out;
  json::Writer w(out);
  w.begin_object().key("effect").string(to_string(d.effect)).key("model").string(d.model);
  w.key("served_model");
  if (d.served_model.empty())
    w.null();
  else
    w.string(d.served_model);
  write_all(w, "obligations", d.obligations);
  write_all(w, "grants", d.grants);
  write_all(w, "widens", d.widens);
  write_all(w, "reasons", d.reasons);
  write_all(w, "missing_facts", d.missing_facts);
  if (!d.notice.empty()) w.key("notice").string(d.notice);
  if (d.effect == Effect::deny) w.key("status").integer(d.status);
  if (d.valid_until) w.key("valid_until").string(rfc3339(*d.valid_until));
  w.key("epoch").integer(static_cast<std::int64_t>(d.epoch));
  w.key("policy_hash").string(d.policy_hash).end_object();
  return out;
}

}  // namespace sallyport::policy
