#include "simulator/answer.h"

#include <algorithm>

#include "simulator/credit.h"
#include "simulator/words.h"

namespace sallyport::simulator {
namespace {

constexpr std::string_view kLabel = "[sallyport simulator] ";
constexpr std::string_view kMagic = "ANTHROPIC_MAGIC_STRING_TRIGGER_REFUSAL_";
constexpr std::uint32_t kDefaultWords = 24;
constexpr std::uint32_t kDefaultThinking = 8;

bool is_hex(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

// The documented trigger, told by its prefix.
bool holds_magic(const std::string& text) {
  for (std::size_t at = text.find(kMagic); at != std::string::npos;
       at = text.find(kMagic, at + 1)) {
    const std::size_t next = at + kMagic.size();
    if (next < text.size() && is_hex(text[next])) return true;
  }
  return false;
}

bool refuses(const Ask& ask) {
  if (holds_magic(ask.user_text)) return true;
  const Directive& directive = ask.directive;
  if (!directive.refuse) return false;
  const auto& models = directive.refuse_models;
  return models.empty() || std::find(models.begin(), models.end(), ask.model) != models.end();
}

// A function of the user's text and the directive alone: any model would say the same, so one can
// continue another.
std::string full_text(const Ask& ask) {
  std::string text(kLabel);
  if (ask.directive.say) return text + *ask.directive.say;
  const std::uint32_t words = ask.directive.tokens.value_or(kDefaultWords);
  text += "No model ran. You wrote " + std::to_string(count_tokens(ask.user_text)) +
          " words; here are " + std::to_string(words) + " invented ones: ";
  return text + invent_words(seed_of(ask.user_text), words) + ".";
}

// What is left to say after `prefill`; all of it, with its label, where the prefill is no beginning
// of ours.
std::string continue_from(const std::string& text, std::string_view prefill) {
  while (!prefill.empty() && (prefill.back() == ' ' || prefill.back() == '\n'))
    prefill.remove_suffix(1);
  return text.starts_with(prefill) ? text.substr(prefill.size()) : text;
}

const Tool* chosen_tool(const Ask& ask) {
  if (!ask.directive.tool && !ask.must_call_tool) return nullptr;
  const std::string& wanted =
      ask.directive.tool_name.empty() ? ask.forced_tool : ask.directive.tool_name;
  for (const Tool& tool : ask.tools) {
    if (wanted.empty() || tool.name == wanted) return &tool;
  }
  return nullptr;
}

void add_blocks(const Ask& ask, Random& random, Answer& answer) {
  const std::uint32_t thinking =
      ask.directive.thinking.value_or(ask.thinking ? kDefaultThinking : 0);
  if (thinking > 0) {
    answer.blocks.push_back(
        {BlockKind::thinking, invent_words(seed_of(ask.user_text) + 1, thinking), {}, {}});
  }
  const Tool* tool = chosen_tool(ask);
  if (tool == nullptr || !ask.must_call_tool) {
    answer.blocks.push_back({BlockKind::text, continue_from(full_text(ask), ask.prefill), {}, {}});
  }
  if (tool != nullptr) {
    const std::string& args =
        ask.directive.tool_args.empty() ? tool->example_args : ask.directive.tool_args;
    answer.blocks.push_back({BlockKind::tool, args, make_id("toolu_sim", random), tool->name});
    answer.stop_reason = "tool_use";
  }
}

// Keeps the first `tokens` tokens of all blocks together; true where something was cut.
bool cut(std::vector<Block>& blocks, std::uint32_t tokens) {
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    const std::uint32_t size = count_tokens(blocks[i].text);
    if (size <= tokens) {
      tokens -= size;
      continue;
    }
    blocks[i].text = std::string(first_tokens(blocks[i].text, tokens));
    blocks.resize(blocks[i].text.empty() ? i : i + 1);
    return true;
  }
  return false;
}

void apply_bounds(const Ask& ask, Answer& answer) {
  for (Block& block : answer.blocks) {
    if (block.kind != BlockKind::text) continue;
    for (const std::string& sequence : ask.stop_sequences) {
      const std::size_t at = sequence.empty() ? std::string::npos : block.text.find(sequence);
      if (at == std::string::npos) continue;
      block.text.resize(at);
      answer.stop_reason = "stop_sequence";
      answer.stop_sequence = sequence;
    }
  }
  const auto bound = static_cast<std::uint32_t>(std::min<std::int64_t>(ask.max_tokens, UINT32_MAX));
  if (bound > 0 && cut(answer.blocks, bound)) {
    answer.stop_reason = "max_tokens";
    answer.stop_sequence.reset();
  }
  if (!ask.directive.stop.empty()) answer.stop_reason = ask.directive.stop;
}

std::uint32_t tokens_before_refusal(const Ask& ask, const Answer& answer) {
  if (!ask.directive.refuse_in_tool)
    return holds_magic(ask.user_text) ? 0 : ask.directive.refuse_after;
  std::uint32_t tokens = std::max(ask.directive.refuse_after, 1u);
  for (const Block& block : answer.blocks) {
    if (block.kind == BlockKind::tool) break;
    tokens += count_tokens(block.text);
  }
  return tokens;
}

void refuse(const Ask& ask, WallTime now, Answer& answer) {
  Refusal refusal;
  if (ask.directive.refuse && *ask.directive.refuse != "null" && !holds_magic(ask.user_text)) {
    refusal.category = *ask.directive.refuse;
    refusal.explanation = "Simulated refusal in category " + *refusal.category + ".";
  }
  if (!ask.directive.explanation.empty()) refusal.explanation = ask.directive.explanation;
  cut(answer.blocks, tokens_before_refusal(ask, answer));
  refusal.credit_members = ask.mints_credit;
  if (ask.mints_credit) {
    refusal.has_prefill_claim = !answer.blocks.empty();
    refusal.credit_token =
        mint_credit({ask.model, unix_seconds(now), ask.fingerprint, refusal.has_prefill_claim});
  }
  answer.stop_reason = "refusal";
  answer.stop_sequence.reset();
  answer.refusal = std::move(refusal);
}

void account(const Ask& ask, Answer& answer) {
  dialect::Usage& usage = answer.usage;
  usage.input_tokens = ask.input_tokens;
  // Of a prompt with cache marks four fifths are the cached prefix.
  const std::int64_t prefix = ask.input_tokens * 4 / 5;
  const bool from_cache = ask.directive.cached || (answer.credit && answer.credit->redeemed);
  if (ask.caches || from_cache) {
    usage.input_tokens -= prefix;
    (from_cache ? usage.cache_read_input_tokens : usage.cache_creation_input_tokens) = prefix;
    usage.cache_creation_5m_tokens = usage.cache_creation_input_tokens;
  }
  for (const Block& block : answer.blocks) {
    const std::int64_t tokens = count_tokens(block.text);
    usage.output_tokens += tokens;
    if (block.kind == BlockKind::thinking) usage.thinking_tokens += tokens;
  }
}

}  // namespace

std::optional<Answer> make_answer(const Ask& ask, Random& random, WallTime now,
                                  Rejected& rejected) {
  Answer answer;
  answer.model = ask.model;
  answer.created = unix_seconds(now);
  const char* prefix = ask.api == dialect::Api::anthropic     ? "msg_sim"
                       : ask.api == dialect::Api::openai_chat ? "chatcmpl-sim"
                                                              : "resp_sim";
  answer.id = make_id(prefix, random);
  if (ask.redemption) {
    answer.credit = redeem_credit(ask, now);
    if (!answer.credit->redeemed &&
        (ask.redemption->strict || answer.credit->reason == "malformed")) {
      rejected.message = "fallback_credit_token: " + credit_message(answer.credit->reason);
      return std::nullopt;
    }
  }
  add_blocks(ask, random, answer);
  apply_bounds(ask, answer);
  if (refuses(ask)) refuse(ask, now, answer);
  account(ask, answer);
  return answer;
}

}  // namespace sallyport::simulator
