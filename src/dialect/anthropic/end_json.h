#pragma once

#include "dialect/response_writer.h"
#include "json/document.h"
#include "json/splice.h"
#include "json/writer.h"

// How an answer of the Messages API ends: stop members, usage, and the marks of fallback and
// credit; written anew, or spliced into what the upstream said so that its other members stay.
// Source: @anthropic-ai/sdk 1.11.0, BetaMessage, BetaRefusalStopDetails, BetaUsage.
namespace sallyport::dialect::anthropic {

// The content block that marks a hop.
std::string fallback_block_json(const Hop& hop);

// Members only, without braces: stop_reason, stop_sequence, stop_details.
void write_stop_members(const Finish& finish, bool show_credit, json::Writer& w);
// The usage object.
void write_usage(const Finish& finish, bool show_fallback, json::Writer& w);

// `holder` has stop_reason and its companions: the delta of a message_delta, or a whole message.
// Edits only what differs.
void splice_stop(json::Value holder, const Finish& finish, bool show_credit, json::Splice& splice);
// `owner` has the usage. `told` is what was read from it; only counts that differ are edited, and
// where `complete` those that are missing are added.
void splice_usage(json::Value owner, const Usage& told, const Finish& finish, bool show_fallback,
                  bool complete, json::Splice& splice);
// Takes an upstream's own credit token out of a relayed end.
void splice_out_credit(json::Value holder, bool show_credit, json::Splice& splice);

}  // namespace sallyport::dialect::anthropic
