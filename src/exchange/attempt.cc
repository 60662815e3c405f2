#include "exchange/attempt.h"

#include <algorithm>

namespace sallyport::exchange {

OwnedEvent::OwnedEvent(const dialect::Event& event)
    : wire_(event.wire), json_(event.json), block_json_(event.block_json), event_(event) {
  event_.wire = wire_;
  event_.json = json_;
  event_.block_json = block_json_;
}

void merge_usage(dialect::Usage& into, const dialect::Usage& later) {
  const auto take = [](std::int64_t& own, std::int64_t other) {
    if (other > 0) own = other;
  };
  take(into.input_tokens, later.input_tokens);
  take(into.output_tokens, later.output_tokens);
  take(into.cache_creation_input_tokens, later.cache_creation_input_tokens);
  take(into.cache_read_input_tokens, later.cache_read_input_tokens);
  take(into.cache_creation_5m_tokens, later.cache_creation_5m_tokens);
  take(into.cache_creation_1h_tokens, later.cache_creation_1h_tokens);
  take(into.thinking_tokens, later.thinking_tokens);
}

}  // namespace sallyport::exchange
