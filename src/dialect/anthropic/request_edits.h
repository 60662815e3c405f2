#pragma once

#include "dialect/upstream_request.h"
#include "json/splice.h"

// The edits that the gateway makes in a Messages request on its way to an upstream.
namespace sallyport::dialect::anthropic {

// overrides.cc: what the entry of `fallbacks` says about max_tokens, thinking, output_config and
// speed.
void apply_overrides(json::Value request, json::Value entry, json::Splice& splice);

// echo_repair.cc: drops `fallback` blocks and what may not stand before the last one of a turn.
void repair_echoes(json::Value messages, json::Splice& splice);

// continuation.cc: takes up the text that the attempts before have released.
void append_continuation(json::Value messages, const UpstreamAsk& ask, json::Splice& splice);

}  // namespace sallyport::dialect::anthropic
