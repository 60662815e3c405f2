#include "dialect/openai/usage_json.h"

#include <algorithm>

#include "json/writer.h"

namespace sallyport::dialect::openai {
namespace {

std::int64_t count(json::Value object, std::string_view key) {
  return std::max<std::int64_t>(0, object[key].integer().value_or(0));
}

Usage from_counts(std::int64_t input, std::int64_t output, json::Value input_details,
                  json::Value output_details) {
  Usage usage;
  usage.cache_read_input_tokens = std::min(input, count(input_details, "cached_tokens"));
  usage.cache_creation_input_tokens =
      std::min(input - usage.cache_read_input_tokens, count(input_details, "cache_write_tokens"));
  usage.input_tokens = input - usage.cache_read_input_tokens - usage.cache_creation_input_tokens;
  usage.output_tokens = output;
  usage.thinking_tokens = count(output_details, "reasoning_tokens");
  return usage;
}

std::int64_t later(std::int64_t start, std::int64_t end) { return end != 0 ? end : start; }

}  // namespace

Usage read_chat_usage(json::Value usage) {
  return from_counts(count(usage, "prompt_tokens"), count(usage, "completion_tokens"),
                     usage["prompt_tokens_details"], usage["completion_tokens_details"]);
}

Usage read_responses_usage(json::Value usage) {
  return from_counts(count(usage, "input_tokens"), count(usage, "output_tokens"),
                     usage["input_tokens_details"], usage["output_tokens_details"]);
}

void append_chat_usage(std::string& out, const Usage& usage) {
  json::Writer w(out);
  w.begin_object().key("prompt_tokens").integer(usage.total_input());
  w.key("completion_tokens").integer(usage.output_tokens);
  w.key("total_tokens").integer(usage.total_input() + usage.output_tokens);
  w.key("prompt_tokens_details").begin_object();
  w.key("cached_tokens").integer(usage.cache_read_input_tokens);
  w.key("cache_write_tokens").integer(usage.cache_creation_input_tokens).end_object();
  w.key("completion_tokens_details").begin_object();
  w.key("reasoning_tokens").integer(usage.thinking_tokens).end_object();
  w.end_object();
}

void append_responses_usage(std::string& out, const Usage& usage) {
  json::Writer w(out);
  w.begin_object().key("input_tokens").integer(usage.total_input());
  w.key("input_tokens_details").begin_object();
  w.key("cached_tokens").integer(usage.cache_read_input_tokens);
  w.key("cache_write_tokens").integer(usage.cache_creation_input_tokens).end_object();
  w.key("output_tokens").integer(usage.output_tokens);
  w.key("output_tokens_details").begin_object();
  w.key("reasoning_tokens").integer(usage.thinking_tokens).end_object();
  w.key("total_tokens").integer(usage.total_input() + usage.output_tokens).end_object();
}

Usage merge_usage(const Usage& start, const Usage& end) {
  Usage usage;
  usage.input_tokens = later(start.input_tokens, end.input_tokens);
  usage.output_tokens = later(start.output_tokens, end.output_tokens);
  usage.cache_creation_input_tokens =
      later(start.cache_creation_input_tokens, end.cache_creation_input_tokens);
  usage.cache_read_input_tokens = later(start.cache_read_input_tokens, end.cache_read_input_tokens);
  usage.cache_creation_5m_tokens =
      later(start.cache_creation_5m_tokens, end.cache_creation_5m_tokens);
  usage.cache_creation_1h_tokens =
      later(start.cache_creation_1h_tokens, end.cache_creation_1h_tokens);
  usage.thinking_tokens = later(start.thinking_tokens, end.thinking_tokens);
  return usage;
}

}  // namespace sallyport::dialect::openai
