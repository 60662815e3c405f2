#include "config/document.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>

#include "config/node.h"
#include "config/state.h"

namespace sallyport::config {
namespace {

// The names known directly below `path`.
std::vector<std::string> known_below(const std::set<std::string>& known, const std::string& path) {
  const std::string prefix = path.empty() ? "" : path + ".";
  std::vector<std::string> names;
  for (auto it = known.lower_bound(prefix); it != known.end() && it->starts_with(prefix); ++it) {
    std::string name = it->substr(prefix.size());
    if (name.find('.') != std::string::npos) continue;
    if (name.ends_with("[]")) name.resize(name.size() - 2);
    names.push_back(std::move(name));
  }
  return names;
}

void note_unknown(State& state, const Node& table, const std::string& path);

void note_unknown_in(State& state, const Member& member, const std::string& path) {
  const std::string name = path.empty() ? member.key : path + "." + member.key;
  if (!member.read) {
    const std::string near = nearest(member.key, known_below(state.known_keys, path));
    state.problems.push_back(
        {member.line, member.column, name + ": unknown key",
         near.empty() ? "remove it, or see docs/configuration.md for the keys that exist"
                      : "did you mean '" + near + "'?"});
    return;
  }
  if (member.value.kind == Kind::table) {
    const bool named = state.known_keys.contains(name + ".<name>");
    for (const Member& inner : member.value.members) {
      if (named && inner.value.kind == Kind::table) {
        note_unknown(state, inner.value, name + ".<name>");
      } else {
        note_unknown_in(state, inner, name);
      }
    }
  }
  for (const Node& item : member.value.items) note_unknown(state, item, name + "[]");
}

void note_unknown(State& state, const Node& table, const std::string& path) {
  for (const Member& member : table.members) note_unknown_in(state, member, path);
}

std::uint64_t mix(std::uint64_t hash, std::string_view bytes) {
  for (const char c : bytes)
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;  // FNV-1a
  return (hash ^ bytes.size()) * 0x100000001b3u;
}

std::uint64_t digest_of(const Node& node, std::uint64_t hash) {
  hash = mix(hash, name_of(node.kind));
  hash = mix(hash, node.text);
  hash = mix(hash, std::to_string(node.integer) + "," + std::to_string(node.real) + "," +
                       std::to_string(node.time.since_epoch.count()) + (node.boolean ? "t" : "f"));
  for (const Node& item : node.items) hash = digest_of(item, hash);
  for (const Member& member : node.members) hash = digest_of(member.value, mix(hash, member.key));
  return hash;
}

}  // namespace

Environment process_environment() {
  return [](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());
    if (value == nullptr) return std::nullopt;
    return std::string(value);
  };
}

std::string describe(const std::string& file, const Problem& problem) {
  std::string out = file;
  if (problem.line > 0)
    out += ":" + std::to_string(problem.line) + ":" + std::to_string(problem.column);
  out += ": " + problem.what;
  if (!problem.hint.empty()) out += " (" + problem.hint + ")";
  // Keys and values of the file are quoted in messages: no control character reaches a terminal.
  for (char& c : out) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  }
  return out;
}

Document::Document(std::unique_ptr<State> state) : state_(std::move(state)) {}
Document::Document(Document&&) noexcept = default;
Document& Document::operator=(Document&&) noexcept = default;
Document::~Document() = default;

Document Document::parse(std::string_view text, std::string file_name, Environment environment) {
  auto state = std::make_unique<State>();
  state->file_name = std::move(file_name);
  state->environment = std::move(environment);
  if (text.size() > kMaxBytes) {
    state->problems.push_back(
        {0, 0, "larger than 1 MiB", "no configuration needs so much; is it the right file?"});
  } else {
    state->root = parse_toml(text, state->problems);
    state->readable = state->problems.empty();
  }
  return Document(std::move(state));
}

Document Document::read_file(const std::string& path, Environment environment) {
  std::ifstream file(path, std::ios::binary);
  std::string text;
  bool good = file.is_open();
  if (good) {
    text.resize(kMaxBytes + 1);
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    good = !file.bad() && (file.eof() || file.gcount() > 0);
    text.resize(static_cast<std::size_t>(std::max<std::streamsize>(file.gcount(), 0)));
  }
  if (good) return parse(text, path, std::move(environment));
  auto state = std::make_unique<State>();
  state->file_name = path;
  state->problems.push_back(
      {0, 0, "cannot be read", "check the path and that this user may read it"});
  return Document(std::move(state));
}

Section Document::root() { return Section(state_.get(), &state_->root, ""); }
const std::string& Document::file_name() const { return state_->file_name; }
bool Document::readable() const { return state_->readable; }

void Document::note_unknown_keys() {
  if (state_->readable) note_unknown(*state_, state_->root, "");
}

std::vector<Problem> Document::problems() const {
  std::vector<Problem> sorted = state_->problems;
  std::stable_sort(sorted.begin(), sorted.end(), [](const Problem& a, const Problem& b) {
    return std::pair(a.line, a.column) < std::pair(b.line, b.column);
  });
  return sorted;
}

std::uint64_t Document::digest(std::string_view top_level_key) const {
  const Member* member = state_->root.find(top_level_key);
  return member == nullptr ? 0 : digest_of(member->value, 0xcbf29ce484222325u);
}

const std::set<std::string>& Document::known_keys() const { return state_->known_keys; }

}  // namespace sallyport::config
