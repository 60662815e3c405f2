#include "dialect/cross/check.h"

#include <algorithm>

namespace sallyport::dialect::cross {
namespace {

constexpr std::size_t kMaxNameBytes = 128;

}  // namespace

Place Place::at(std::string_view member) const {
  std::string path = path_;
  if (!path.empty()) path += '.';
  // A client's own member name is shown, but not without end.
  path += member.substr(0, kMaxNameBytes);
  return {std::move(path), target_};
}

Failure Place::inexpressible(std::string_view hint) const {
  return wrong("cannot be expressed to this model's upstream, which speaks the " +
               std::string(to_string(target_)) + " dialect; " + std::string(hint));
}

Failure Place::wrong(std::string_view what) const {
  return fail(Code::invalid, path_ + ": " + std::string(what), Source::client);
}

Result<void> only(json::Value object, std::initializer_list<std::string_view> known,
                  const Place& place) {
  for (const json::Member member : object.members()) {
    if (!given(member.value)) continue;
    const bool is_known = std::any_of(
        known.begin(), known.end(), [&](std::string_view name) { return member.key.equals(name); });
    if (!is_known) return place.at(member.key.text()).inexpressible();
  }
  return {};
}

Result<std::string> text_of(json::Value object, std::string_view key, const Place& place) {
  const json::Value value = object[key];
  if (!value.exists()) return place.at(key).wrong("field required");
  if (!value.is_string()) return place.at(key).wrong("must be a string");
  return value.text();
}

Result<std::string> object_text(std::string_view json, const Place& place) {
  if (json.find_first_not_of(" \t\r\n") == std::string_view::npos) return std::string("{}");
  json::Limits limits;
  limits.max_bytes = json.size();
  const auto document = json::Document::parse(json, limits);
  if (!document || !document->root().is_object()) {
    return place.wrong("must be the JSON text of an object");
  }
  return std::string(document->root().raw());
}

}  // namespace sallyport::dialect::cross
