#include "policy/toml_text.h"

#include "config/node.h"
#include "json/writer.h"

namespace sallyport::policy {
namespace {

// The parser bounds the depth of what it reads.
bool write(const config::Node& node, json::Writer& w) {
  switch (node.kind) {
    case config::Kind::string:
      w.string(node.text);
      return true;
    case config::Kind::integer:
      w.integer(node.integer);
      return true;
    case config::Kind::real:
      w.number(node.real);
      return true;
    case config::Kind::boolean:
      w.boolean(node.boolean);
      return true;
    case config::Kind::time:
      w.string(rfc3339(node.time));
      return true;
    case config::Kind::time_without_zone:
      return false;
    case config::Kind::array: {
      bool good = true;
      w.begin_array();
      for (const config::Node& item : node.items) good = good && write(item, w);
      w.end_array();
      return good;
    }
    default: {
      bool good = true;
      w.begin_object();
      for (const config::Member& member : node.members) {
        w.key(member.key);
        good = good && write(member.value, w);
      }
      w.end_object();
      return good;
    }
  }
}

}  // namespace

Result<std::string> toml_to_json(std::string_view toml) {
  std::vector<config::Problem> problems;
  const config::Node root = config::parse_toml(toml, problems);
  if (!problems.empty()) return fail(Code::config, config::describe("line", problems.front()));
  std::string out;
  json::Writer w(out);
  if (!write(root, w))
    return fail(Code::config, "a time has no zone; write it as 2026-06-12T17:21:00-04:00");
  return out;
}

}  // namespace sallyport::policy
