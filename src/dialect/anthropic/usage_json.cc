#include "dialect/anthropic/usage_json.h"

namespace sallyport::dialect::anthropic {
namespace {

constexpr std::int64_t kMaxTokens = std::int64_t{1} << 40;  // sums of them never overflow

void take(json::Value value, std::int64_t& count) {
  const auto number = value.integer();
  if (number && *number >= 0 && *number <= kMaxTokens) count = *number;
}

}  // namespace

void read_usage(json::Value value, Usage& usage) {
  for (const json::Member member : value.members()) {
    if (member.key.equals("input_tokens")) take(member.value, usage.input_tokens);
    if (member.key.equals("output_tokens")) take(member.value, usage.output_tokens);
    if (member.key.equals("cache_creation_input_tokens")) {
      take(member.value, usage.cache_creation_input_tokens);
    }
    if (member.key.equals("cache_read_input_tokens")) {
      take(member.value, usage.cache_read_input_tokens);
    }
    if (member.key.equals("cache_creation")) {
      take(member.value["ephemeral_5m_input_tokens"], usage.cache_creation_5m_tokens);
      take(member.value["ephemeral_1h_input_tokens"], usage.cache_creation_1h_tokens);
    }
    if (member.key.equals("output_tokens_details")) {
      take(member.value["thinking_tokens"], usage.thinking_tokens);
    }
  }
}

void write_usage_members(const Usage& usage, json::Writer& w) {
  w.key("input_tokens").integer(usage.input_tokens);
  w.key("output_tokens").integer(usage.output_tokens);
  w.key("cache_creation_input_tokens").integer(usage.cache_creation_input_tokens);
  w.key("cache_read_input_tokens").integer(usage.cache_read_input_tokens);
  w.key("cache_creation").begin_object();
  w.key("ephemeral_5m_input_tokens").integer(usage.cache_creation_5m_tokens);
  w.key("ephemeral_1h_input_tokens").integer(usage.cache_creation_1h_tokens);
  w.end_object();
  if (usage.thinking_tokens > 0) {
    w.key("output_tokens_details").begin_object();
    w.key("thinking_tokens").integer(usage.thinking_tokens).end_object();
  }
}

}  // namespace sallyport::dialect::anthropic
