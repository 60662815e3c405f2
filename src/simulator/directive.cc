#include "simulator/directive.h"

#include <charconv>
#include <map>

#include "config/units.h"

namespace sallyport::simulator {
namespace {

constexpr std::string_view kOpen = "[[sim:";
constexpr std::string_view kClose = "]]";
constexpr std::uint32_t kMaxTokens = 200'000;
constexpr std::size_t kMaxPlace = 1u << 30;

template <class Int>
bool read_number(std::string_view text, Int& out, Int max) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size() && out <= max;
}

template <class Int>
bool read_optional(std::string_view text, std::optional<Int>& out, Int max) {
  Int value = 0;
  if (!read_number<Int>(text, value, max)) return false;
  out = value;
  return true;
}

bool read_duration(std::string_view text, Duration& out) {
  const auto value = config::parse_duration(text);
  if (!value || *value > std::chrono::hours(1)) return false;
  out = *value;
  return true;
}

bool read_models(std::string_view text, std::vector<std::string>& out) {
  out.clear();
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    if (comma == 0) return false;
    out.emplace_back(text.substr(0, comma));
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return !out.empty();
}

using Setter = bool (*)(Directive&, std::string_view);

const std::map<std::string_view, Setter>& setters() {
  static const std::map<std::string_view, Setter> table = {
      {"say", [](Directive& d, std::string_view v) { return d.say = std::string(v), true; }},
      {"tokens",
       [](Directive& d, std::string_view v) { return read_optional(v, d.tokens, kMaxTokens); }},
      {"thinking",
       [](Directive& d, std::string_view v) { return read_optional(v, d.thinking, kMaxTokens); }},
      {"tool", [](Directive& d,
                  std::string_view v) { return d.tool_name = std::string(v), d.tool = true; }},
      {"args", [](Directive& d, std::string_view v) { return d.tool_args = std::string(v), true; }},
      {"stop", [](Directive& d, std::string_view v) { return d.stop = std::string(v), true; }},
      {"cached", [](Directive& d, std::string_view v) { return d.cached = v.empty(); }},
      {"refuse",
       [](Directive& d, std::string_view v) {
         return d.refuse = std::string(v.empty() ? "null" : v), true;
       }},
      {"refuse_model",
       [](Directive& d, std::string_view v) { return read_models(v, d.refuse_models); }},
      {"refuse_after",
       [](Directive& d, std::string_view v) { return read_number(v, d.refuse_after, kMaxTokens); }},
      {"refuse_in_tool",
       [](Directive& d, std::string_view v) { return d.refuse_in_tool = v.empty(); }},
      {"explanation",
       [](Directive& d, std::string_view v) { return d.explanation = std::string(v), true; }},
      {"delay", [](Directive& d, std::string_view v) { return read_duration(v, d.delay); }},
      {"pace", [](Directive& d, std::string_view v) { return read_duration(v, d.pace); }},
      {"chunk",
       [](Directive& d, std::string_view v) { return read_number(v, d.chunk_bytes, kMaxPlace); }},
      {"reset",
       [](Directive& d, std::string_view v) { return read_optional(v, d.reset_at, kMaxPlace); }},
      {"stall",
       [](Directive& d, std::string_view v) { return read_optional(v, d.stall_at, kMaxPlace); }},
      {"truncate",
       [](Directive& d, std::string_view v) { return read_optional(v, d.truncate_at, kMaxPlace); }},
      {"malformed",
       [](Directive& d, std::string_view v) {
         return read_optional(v, d.malformed_after, kMaxTokens);
       }},
      {"error_after",
       [](Directive& d, std::string_view v) {
         return read_optional(v, d.error_after, kMaxTokens);
       }},
      {"status",
       [](Directive& d, std::string_view v) {
         return read_number(v, d.status, 599) && d.status >= 400;
       }},
      {"retry_after",
       [](Directive& d, std::string_view v) { return read_number(v, d.retry_after_s, 86'400u); }},
      {"content_type",
       [](Directive& d, std::string_view v) {
         return d.content_type = std::string(v), !v.empty();
       }},
      {"gzip", [](Directive& d, std::string_view v) { return d.gzip = v.empty(); }},
      {"connect_failed",
       [](Directive& d, std::string_view v) { return d.connect_failed = v.empty(); }},
  };
  return table;
}

// Takes one value off the front: bare up to white space, or between quotes of either kind.
std::string_view take_value(std::string_view& text) {
  if (!text.empty() && (text.front() == '"' || text.front() == '\'')) {
    const char quote = text.front();
    text.remove_prefix(1);
    const std::string_view value = text.substr(0, text.find(quote));
    text.remove_prefix(std::min(value.size() + 1, text.size()));
    return value;
  }
  const std::string_view value = text.substr(0, text.find_first_of(" \t\n"));
  text.remove_prefix(value.size());
  return value;
}

std::optional<std::string> apply(std::string_view inside, Directive& directive) {
  while (true) {
    const std::size_t start = inside.find_first_not_of(" \t\n");
    if (start == std::string_view::npos) return std::nullopt;
    inside.remove_prefix(start);
    const std::string_view key = inside.substr(0, inside.find_first_of("= \t\n"));
    inside.remove_prefix(key.size());
    std::string_view value;
    if (inside.starts_with('=')) {
      inside.remove_prefix(1);
      value = take_value(inside);
    }
    const auto it = setters().find(key);
    if (it == setters().end())
      return "unknown simulator directive '" + std::string(key.substr(0, 40)) + "'";
    if (!it->second(directive, value))
      return "simulator directive '" + std::string(key) + "' has an unusable value";
  }
}

// The end of the directive that begins at `from`; quotes may hold the closing brackets.
std::size_t find_close(std::string_view text, std::size_t from) {
  char quote = 0;
  for (std::size_t i = from; i < text.size(); ++i) {
    const char c = text[i];
    if (quote != 0) {
      if (c == quote) quote = 0;
    } else if ((c == '"' || c == '\'') && i > 0 && text[i - 1] == '=') {
      quote = c;
    } else if (text.substr(i).starts_with(kClose)) {
      return i;
    }
  }
  return std::string_view::npos;
}

}  // namespace

std::optional<std::string> take_directives(std::string& text, Directive& directive) {
  std::size_t at = 0;
  while ((at = text.find(kOpen, at)) != std::string::npos) {
    const std::size_t inside = at + kOpen.size();
    const std::size_t close = find_close(text, inside);
    if (close == std::string::npos) return "a simulator directive is not closed with ']]'";
    if (auto error = apply(std::string_view(text).substr(inside, close - inside), directive))
      return error;
    text.erase(at, close + kClose.size() - at);
  }
  return std::nullopt;
}

}  // namespace sallyport::simulator
