#include "dialect/anthropic/end_json.h"

#include <array>

#include "dialect/anthropic/usage_json.h"

namespace sallyport::dialect::anthropic {
namespace {

constexpr std::string_view kRefusal = "refusal";

std::string text_or_null(const std::optional<std::string>& text) {
  return text ? json::quoted(*text) : "null";
}

// null exactly where there is no token; empty, for no member, where the upstream made no claim.
std::string claim_json(const StopDetails& details) {
  if (!details.credit_token) return "null";
  if (!details.has_prefill_claim) return {};
  return *details.has_prefill_claim ? "true" : "false";
}

void write_credit_members(const std::optional<StopDetails>& details, json::Writer& w) {
  const StopDetails none;
  const StopDetails& shown = details ? *details : none;
  w.key("fallback_credit_token").raw(text_or_null(shown.credit_token));
  if (const std::string claim = claim_json(shown); !claim.empty()) {
    w.key("fallback_has_prefill_claim").raw(claim);
  }
  w.key("recommended_model").raw(text_or_null(shown.recommended_model));
}

std::string stop_details_json(const std::optional<StopDetails>& details, bool show_credit) {
  std::string out;
  json::Writer w(out);
  w.begin_object().key("type").string(kRefusal);
  w.key("category").raw(details ? text_or_null(details->category) : "null");
  w.key("explanation").raw(details ? text_or_null(details->explanation) : "null");
  if (show_credit) write_credit_members(details, w);
  w.end_object();
  return out;
}

std::string iterations_json(const std::vector<Iteration>& iterations) {
  std::string out;
  json::Writer w(out);
  w.begin_array();
  for (const Iteration& iteration : iterations) {
    const Usage& usage = iteration.usage;
    w.begin_object();
    w.key("type").string(iteration.served_as_fallback ? "fallback_message" : "message");
    w.key("model").string(iteration.model);
    w.key("input_tokens").integer(usage.input_tokens);
    w.key("output_tokens").integer(usage.output_tokens);
    w.key("cache_read_input_tokens").integer(usage.cache_read_input_tokens);
    w.key("cache_creation_input_tokens").integer(usage.cache_creation_input_tokens);
    w.key("cache_creation").begin_object();
    w.key("ephemeral_5m_input_tokens").integer(usage.cache_creation_5m_tokens);
    w.key("ephemeral_1h_input_tokens").integer(usage.cache_creation_1h_tokens);
    w.end_object().end_object();
  }
  w.end_array();
  return out;
}

std::string credit_json(const CreditOutcome& credit) {
  std::string out;
  json::Writer w(out);
  w.begin_object().key("status").begin_object();
  w.key("type").string(credit.redeemed ? "redeemed" : "not_applied");
  if (!credit.redeemed) w.key("reason").string(credit.reason);
  if (!credit.redeemed && !credit.remove_to_redeem.empty()) {
    w.key("remove_to_redeem").begin_array();
    for (const std::string& name : credit.remove_to_redeem) w.string(name);
    w.end_array();
  }
  w.end_object().end_object();
  return out;
}

// Sets a member to a string or to null, unless it is that already.
void set_text(json::Value object, std::string_view key, const std::optional<std::string>& text,
              json::Splice& splice) {
  const json::Value current = object[key];
  const bool same = text ? current.equals(*text) : current.is_null();
  if (!same) splice.set_member(object, key, text_or_null(text));
}

void set_credit(json::Value details, const std::optional<StopDetails>& ours, bool show_credit,
                json::Splice& splice) {
  if (!show_credit) {
    splice.remove_member(details, "fallback_credit_token");
    splice.remove_member(details, "fallback_has_prefill_claim");
    splice.remove_member(details, "recommended_model");
    return;
  }
  const StopDetails none;
  const StopDetails& shown = ours ? *ours : none;
  set_text(details, "fallback_credit_token", shown.credit_token, splice);
  const std::string claim = claim_json(shown);
  const json::Value current = details["fallback_has_prefill_claim"];
  if (claim.empty()) {
    splice.remove_member(details, "fallback_has_prefill_claim");
  } else if (!current || current.raw() != claim) {
    splice.set_member(details, "fallback_has_prefill_claim", claim);
  }
  set_text(details, "recommended_model", shown.recommended_model, splice);
}

}  // namespace

std::string fallback_block_json(const Hop& hop) {
  std::string out;
  json::Writer w(out);
  w.begin_object().key("type").string("fallback");
  w.key("from").begin_object().key("model").string(hop.from).end_object();
  w.key("to").begin_object().key("model").string(hop.to).end_object();
  w.key("trigger").begin_object().key("type").string(hop.trigger);
  w.key("category").raw(text_or_null(hop.category));
  w.end_object().end_object();
  return out;
}

void write_stop_members(const Finish& finish, bool show_credit, json::Writer& w) {
  w.key("stop_reason");
  finish.stop_reason.empty() ? w.null() : w.string(finish.stop_reason);
  w.key("stop_sequence").raw(text_or_null(finish.stop_sequence));
  w.key("stop_details");
  if (finish.stop_reason == kRefusal) {
    w.raw(stop_details_json(finish.stop_details, show_credit));
  } else {
    w.null();
  }
}

void write_usage(const Finish& finish, bool show_fallback, json::Writer& w) {
  w.begin_object();
  write_usage_members(finish.usage, w);
  if (show_fallback && !finish.iterations.empty()) {
    w.key("iterations").raw(iterations_json(finish.iterations));
  }
  if (finish.credit) w.key("fallback_credit").raw(credit_json(*finish.credit));
  w.end_object();
}

void splice_stop(json::Value holder, const Finish& finish, bool show_credit, json::Splice& splice) {
  const json::Value reason = holder["stop_reason"];
  const bool changed = !finish.stop_reason.empty() && !reason.equals(finish.stop_reason);
  if (changed) splice.set_member(holder, "stop_reason", json::quoted(finish.stop_reason));
  const json::Value sequence = holder["stop_sequence"];
  if (finish.stop_sequence || sequence.is_string()) {
    set_text(holder, "stop_sequence", finish.stop_sequence, splice);
  }

  const json::Value details = holder["stop_details"];
  const bool refused =
      finish.stop_reason.empty() ? reason.equals(kRefusal) : finish.stop_reason == kRefusal;
  if (refused && !details.is_object()) {
    splice.set_member(holder, "stop_details", stop_details_json(finish.stop_details, show_credit));
  } else if (refused) {
    if (finish.stop_details) {
      set_text(details, "category", finish.stop_details->category, splice);
      set_text(details, "explanation", finish.stop_details->explanation, splice);
    }
    set_credit(details, finish.stop_details, show_credit, splice);
  } else if (details.is_object() && changed) {
    splice.set_member(holder, "stop_details", "null");
  } else if (details.is_object()) {
    splice_out_credit(holder, show_credit, splice);
  }
}

void splice_usage(json::Value owner, const Usage& told, const Finish& finish, bool show_fallback,
                  bool complete, json::Splice& splice) {
  const json::Value usage = owner["usage"];
  if (!usage.is_object()) {
    std::string out;
    json::Writer w(out);
    write_usage(finish, show_fallback, w);
    return splice.set_member(owner, "usage", out);
  }
  struct Count {
    std::string_view key;
    std::int64_t told;
    std::int64_t due;
  };
  const Usage& due = finish.usage;
  const std::array counts = {
      Count{"input_tokens", told.input_tokens, due.input_tokens},
      Count{"output_tokens", told.output_tokens, due.output_tokens},
      Count{"cache_creation_input_tokens", told.cache_creation_input_tokens,
            due.cache_creation_input_tokens},
      Count{"cache_read_input_tokens", told.cache_read_input_tokens, due.cache_read_input_tokens},
  };
  for (const Count& count : counts) {
    if (count.told != count.due || (complete && !usage[count.key])) {
      splice.set_member(usage, count.key, std::to_string(count.due));
    }
  }
  if (told.cache_creation_5m_tokens != due.cache_creation_5m_tokens ||
      told.cache_creation_1h_tokens != due.cache_creation_1h_tokens) {
    std::string parts;
    json::Writer w(parts);
    w.begin_object();
    w.key("ephemeral_5m_input_tokens").integer(due.cache_creation_5m_tokens);
    w.key("ephemeral_1h_input_tokens").integer(due.cache_creation_1h_tokens).end_object();
    splice.set_member(usage, "cache_creation", parts);
  }
  if (told.thinking_tokens != due.thinking_tokens) {
    splice.set_member(usage, "output_tokens_details",
                      "{\"thinking_tokens\":" + std::to_string(due.thinking_tokens) + "}");
  }
  if (show_fallback && !finish.iterations.empty()) {
    splice.set_member(usage, "iterations", iterations_json(finish.iterations));
  }
  if (finish.credit) splice.set_member(usage, "fallback_credit", credit_json(*finish.credit));
}

void splice_out_credit(json::Value holder, bool show_credit, json::Splice& splice) {
  const json::Value details = holder["stop_details"];
  if (!details.is_object()) return;
  if (!show_credit) return set_credit(details, std::nullopt, false, splice);
  if (!details["fallback_credit_token"].is_string()) return;
  splice.set_member(details, "fallback_credit_token", "null");
  splice.set_member(details, "fallback_has_prefill_claim", "null");
}

}  // namespace sallyport::dialect::anthropic
