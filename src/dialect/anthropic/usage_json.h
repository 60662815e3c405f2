#pragma once

#include "dialect/usage.h"
#include "json/document.h"
#include "json/writer.h"

// Source: @anthropic-ai/sdk 1.11.0, BetaUsage and BetaMessageDeltaUsage.
namespace sallyport::dialect::anthropic {

// Takes the counts that are there into `usage` and leaves the others: the counts of a stream are
// cumulative, and a later event may name only some. A count that is no integer or below 0 is left
// out too.
void read_usage(json::Value value, Usage& usage);

// Writes the members of a usage object, without its braces.
void write_usage_members(const Usage& usage, json::Writer& w);

}  // namespace sallyport::dialect::anthropic
