#include "config/document.h"
#include "config/node.h"
#include "config/state.h"
#include "config/units.h"

namespace sallyport::config {
namespace {

std::string in_range(std::int64_t min, std::int64_t max) {
  return "must be from " + std::to_string(min) + " to " + std::to_string(max);
}

std::string duration_text(Duration d) {
  const auto millis = std::chrono::duration_cast<std::chrono::milliseconds>(d).count();
  return millis % 1000 == 0 ? std::to_string(millis / 1000) + "s" : std::to_string(millis) + "ms";
}

}  // namespace

std::string Section::name(std::string_view key) const {
  if (path_.empty()) return std::string(key);
  return key.empty() ? path_ : path_ + "." + std::string(key);
}

Node* Section::take(std::string_view key) {
  state_->known_keys.insert(name(key));
  if (node_ == nullptr) return nullptr;
  Member* member = node_->find(key);
  if (member == nullptr) return nullptr;
  member->read = true;
  return &member->value;
}

void Section::problem(std::string_view key, std::string what, std::string hint) {
  int line = node_ == nullptr ? 0 : node_->line;
  int column = node_ == nullptr ? 0 : node_->column;
  if (node_ != nullptr) {
    if (const Member* member = node_->find(key)) {
      line = member->line;
      column = member->column;
    }
  }
  const std::string where = name(key);
  state_->problems.push_back(
      {line, column, where.empty() ? what : where + ": " + what, std::move(hint)});
}

void Section::wrong_type(std::string_view key, const Node& node, std::string_view wanted,
                         std::string hint) {
  problem(key, "must be " + std::string(wanted) + ", found " + std::string(name_of(node.kind)),
          std::move(hint));
}

void Section::missing(std::string_view key) {
  problem("", "'" + std::string(key) + "' is missing", "add it");
}

bool Section::has(std::string_view key) const {
  state_->known_keys.insert(name(key));
  return node_ != nullptr && node_->find(key) != nullptr;
}

std::string Section::string(std::string_view key, std::string fallback) {
  const Node* node = take(key);
  if (node == nullptr) return fallback;
  if (node->kind != Kind::string) {
    wrong_type(key, *node, "a string", node->kind == Kind::table ? "" : "put it in quotes");
    return fallback;
  }
  return node->text;
}

std::string Section::required_string(std::string_view key) {
  const Node* node = take(key);
  if (node == nullptr) {
    missing(key);
    return {};
  }
  std::string text = string(key);
  if (node->kind == Kind::string && text.empty()) problem(key, "must not be empty");
  return text;
}

std::string Section::string_or_env(std::string_view key, std::string fallback) {
  Node* node = take(key);
  if (node == nullptr || node->kind != Kind::table) return string(key, std::move(fallback));
  Section source(state_, node, name(key));
  const std::string variable = source.required_string("env");
  const std::string spare = source.string("default");
  if (variable.empty()) return fallback;
  const auto value = state_->environment(variable);
  if (!value || value->empty()) {
    if (!spare.empty()) return spare;
    problem(key, "environment variable " + variable + " is not set",
            "export it before starting, or write the value");
    return fallback;
  }
  return *value;
}

bool Section::enabled_by_env(std::string_view key) {
  const std::string variable = string(key);
  if (variable.empty()) return true;
  const auto value = state_->environment(variable);
  return value && !value->empty();
}

void Section::ignore() {
  if (node_ != nullptr) node_->ignore();
}

std::int64_t Section::integer(std::string_view key, std::int64_t fallback, std::int64_t min,
                              std::int64_t max) {
  const Node* node = take(key);
  if (node == nullptr) return fallback;
  if (node->kind != Kind::integer) {
    wrong_type(key, *node, "an integer",
               node->kind == Kind::string ? "write it without quotes" : "");
    return fallback;
  }
  if (node->integer < min || node->integer > max) {
    problem(key, in_range(min, max) + ", found " + std::to_string(node->integer));
    return fallback;
  }
  return node->integer;
}

bool Section::boolean(std::string_view key, bool fallback) {
  const Node* node = take(key);
  if (node == nullptr) return fallback;
  if (node->kind == Kind::boolean) return node->boolean;
  wrong_type(key, *node, "true or false",
             node->kind == Kind::string ? "write it without quotes" : "");
  return fallback;
}

Duration Section::duration(std::string_view key, Duration fallback, Duration min, Duration max) {
  static constexpr char kHint[] =
      "write a number with its unit in quotes: \"250ms\", \"5s\", \"10m\", \"1h\", \"30d\"";
  const Node* node = take(key);
  if (node == nullptr) return fallback;
  if (node->kind != Kind::string) {
    wrong_type(key, *node, "a duration", kHint);
    return fallback;
  }
  const auto value = parse_duration(node->text);
  if (!value) {
    problem(key, "is not a duration", kHint);
    return fallback;
  }
  if (*value < min || *value > max) {
    problem(key, "must be from " + duration_text(min) + " to " + duration_text(max) + ", found " +
                     node->text);
    return fallback;
  }
  return *value;
}

std::uint64_t Section::size_bytes(std::string_view key, std::uint64_t fallback, std::uint64_t min,
                                  std::uint64_t max) {
  static constexpr char kHint[] =
      "write a number with its unit in quotes: \"64KiB\", \"32MiB\", \"10MB\"";
  const Node* node = take(key);
  if (node == nullptr) return fallback;
  if (node->kind != Kind::string) {
    wrong_type(key, *node, "a size", kHint);
    return fallback;
  }
  const auto value = parse_size(node->text);
  if (!value) {
    problem(key, "is not a size", kHint);
    return fallback;
  }
  if (*value < min || *value > max) {
    problem(key, "must be from " + std::to_string(min) + " to " + std::to_string(max) +
                     " bytes, found " + node->text);
    return fallback;
  }
  return *value;
}

std::int64_t Section::money_nano_usd(std::string_view key, std::int64_t fallback) {
  static constexpr char kHint[] =
      "write dollars as 10 or in quotes as \"0.25\", with at most nine decimals";
  const Node* node = take(key);
  if (node == nullptr) return fallback;
  const std::string text = node->kind == Kind::integer ? std::to_string(node->integer) : node->text;
  if (node->kind != Kind::integer && node->kind != Kind::string) {
    wrong_type(key, *node, "an amount of money", kHint);
    return fallback;
  }
  const auto value = parse_money(text);
  if (!value) {
    problem(key, "is not an amount of money", kHint);
    return fallback;
  }
  return *value;
}

WallTime Section::time(std::string_view key, WallTime fallback) {
  const Node* node = take(key);
  if (node == nullptr) return fallback;
  if (node->kind == Kind::time) return node->time;
  wrong_type(key, *node, "a date",
             "write 2026-06-09 (midnight UTC) or 2026-06-09T21:20:00Z, without quotes");
  return fallback;
}

std::vector<std::string> Section::strings(std::string_view key, std::vector<std::string> fallback) {
  const Node* node = take(key);
  if (node == nullptr) return fallback;
  if (node->kind != Kind::array) {
    wrong_type(key, *node, "a list of strings", "write [\"…\", \"…\"]");
    return fallback;
  }
  std::vector<std::string> out;
  for (const Node& item : node->items) {
    if (item.kind == Kind::string) {
      out.push_back(item.text);
    } else {
      wrong_type(key, item, "a list of strings only");
    }
  }
  return out;
}

std::string Section::one_of(std::string_view key, std::initializer_list<std::string_view> choices) {
  const std::string value = string(key, std::string(*choices.begin()));
  std::string list;
  std::vector<std::string> names;
  for (const std::string_view choice : choices) {
    if (value == choice) return value;
    list += (list.empty() ? "" : ", ") + std::string(choice);
    names.emplace_back(choice);
  }
  const std::string near = nearest(value, names);
  problem(key, "must be one of " + list, near.empty() ? "" : "did you mean '" + near + "'?");
  return std::string(*choices.begin());
}

Section Section::table(std::string_view key) {
  Node* node = take(key);
  if (node != nullptr && node->kind != Kind::table) {
    wrong_type(key, *node, "a table", "write [" + name(key) + "] on a line of its own");
    node = nullptr;
  }
  return Section(state_, node, name(key));
}

std::vector<Section> Section::tables(std::string_view key) {
  Node* node = take(key);
  state_->known_keys.insert(name(key) + "[]");
  std::vector<Section> out;
  if (node == nullptr) return out;
  if (node->kind != Kind::array) {
    wrong_type(key, *node, "a list of tables",
               "write [[" + name(key) + "]] on a line of its own, with two brackets");
    return out;
  }
  for (Node& item : node->items) {
    if (item.kind == Kind::table) {
      out.push_back(Section(state_, &item, name(key) + "[]"));
    } else {
      wrong_type(key, item, "a list of tables");
    }
  }
  return out;
}

std::vector<std::pair<std::string, Section>> Section::named_tables(std::string_view key) {
  Section parent = table(key);
  const std::string pattern = parent.path_ + ".<name>";
  state_->known_keys.insert(pattern);
  std::vector<std::pair<std::string, Section>> out;
  if (parent.node_ == nullptr) return out;
  for (Member& member : parent.node_->members) {
    member.read = true;
    if (member.value.kind == Kind::table) {
      out.emplace_back(member.key, Section(state_, &member.value, pattern));
    } else {
      parent.problem(member.key, "must be a table",
                     "write [" + parent.path_ + "." + member.key + "]");
    }
  }
  return out;
}

}  // namespace sallyport::config
