#include "dialect/anthropic/request_edits.h"
#include "json/writer.h"

// Absent keeps the request's value, a value replaces it, null falls back to the target's default.
// What the target can do at all (thinking types, effort levels, fast mode) is its server's to say.
// Source: @anthropic-ai/sdk 1.11.0, BetaFallbackParam.
namespace sallyport::dialect::anthropic {
namespace {

void override_max_tokens(json::Value request, json::Value value, json::Splice& splice) {
  if (!value || value.is_null()) return;
  splice.set_member(request, "max_tokens", value.raw());
}

// `thinking.display` of the request still applies where the override does not name one.
void override_thinking(json::Value request, json::Value value, json::Splice& splice) {
  if (!value) return;
  if (value.is_null()) return splice.remove_member(request, "thinking");
  const json::Value display = request["thinking"]["display"];
  if (!display || value["display"] || value["type"].equals("disabled")) {
    return splice.set_member(request, "thinking", value.raw());
  }
  std::string merged(value.raw());
  merged.pop_back();
  if (value.size() > 0) merged += ',';
  merged += "\"display\":";
  merged += display.raw();
  merged += '}';
  splice.set_member(request, "thinking", merged);
}

// Member by member: null takes one away.
void override_output_config(json::Value request, json::Value value, json::Splice& splice) {
  if (!value) return;
  // The older spelling of output_config.format.
  if (value.is_null() || value["format"]) splice.remove_member(request, "output_format");
  if (value.is_null()) return splice.remove_member(request, "output_config");
  const json::Value current = request["output_config"];
  std::string merged;
  json::Writer w(merged);
  w.begin_object();
  for (const json::Member member : current.members()) {
    const std::string key = member.key.text();
    if (!value[key]) w.key(key).raw(member.value.raw());
  }
  for (const json::Member member : value.members()) {
    if (!member.value.is_null()) w.key(member.key.text()).raw(member.value.raw());
  }
  w.end_object();
  if (merged == "{}") return splice.remove_member(request, "output_config");
  splice.set_member(request, "output_config", merged);
}

void override_speed(json::Value request, json::Value value, json::Splice& splice) {
  if (!value) return;
  if (value.is_null()) return splice.remove_member(request, "speed");
  splice.set_member(request, "speed", value.raw());
}

}  // namespace

void apply_overrides(json::Value request, json::Value entry, json::Splice& splice) {
  override_max_tokens(request, entry["max_tokens"], splice);
  override_thinking(request, entry["thinking"], splice);
  override_output_config(request, entry["output_config"], splice);
  override_speed(request, entry["speed"], splice);
}

}  // namespace sallyport::dialect::anthropic
