#pragma once

#include <cstdint>

namespace sallyport::dialect {

// Token counts of one attempt, in the Anthropic meaning: input_tokens excludes what was written to
// or read from the prompt cache (OpenAI's prompt_tokens include the cached ones; the decoders
// subtract them).
struct Usage {
  std::int64_t input_tokens = 0;
  std::int64_t output_tokens = 0;
  std::int64_t cache_creation_input_tokens = 0;
  std::int64_t cache_read_input_tokens = 0;
  std::int64_t cache_creation_5m_tokens =
      0;  // parts of cache_creation_input_tokens, where the upstream says
  std::int64_t cache_creation_1h_tokens = 0;
  std::int64_t thinking_tokens = 0;  // part of output_tokens
  bool operator==(const Usage&) const = default;

  std::int64_t total_input() const {
    return input_tokens + cache_creation_input_tokens + cache_read_input_tokens;
  }
};

}  // namespace sallyport::dialect
