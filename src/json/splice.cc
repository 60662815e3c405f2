#include "json/splice.h"

#include <algorithm>

#include "json/writer.h"

namespace sallyport::json {
namespace {

// Elements of a container from the first byte of each (of a member: its key) to the last.
std::vector<Span> element_spans(Value container) {
  std::vector<Span> spans;
  spans.reserve(container.size());
  for (const Value item : container.items()) spans.push_back(item.span());
  for (const Member member : container.members()) {
    spans.push_back({member.key.span().begin, member.value.span().end});
  }
  return spans;
}

// Index of the member; size() where there is none.
std::size_t member_index(Value object, std::string_view key) {
  std::size_t index = 0;
  for (const Member member : object.members()) {
    if (member.key.equals(key)) return index;
    ++index;
  }
  return index;
}

}  // namespace

void Splice::replace(Span span, std::string_view json) {
  edits_.push_back({span, std::string(json)});
}

Splice::Container& Splice::container(Value value) {
  return containers_.try_emplace(value.span().begin, Container{value, {}, {}, {}}).first->second;
}

void Splice::remove_member(Value object, std::string_view key) {
  if (!object.is_object()) return;
  Container& edited = container(object);
  std::erase_if(edited.appended, [key](const Added& added) { return added.key == key; });
  const std::size_t index = member_index(object, key);
  if (index < object.size()) edited.removed.push_back(index);
}

void Splice::remove_items(Value array, const std::vector<std::size_t>& indices) {
  if (!array.is_array() || indices.empty()) return;
  Container& edited = container(array);
  for (const std::size_t index : indices) {
    if (index < array.size()) edited.removed.push_back(index);
  }
}

void Splice::append_item(Value array, std::string_view json) {
  if (array.is_array()) container(array).appended.push_back({"", std::string(json)});
}

void Splice::prepend_item(Value array, std::string_view json) {
  if (array.is_array()) container(array).prepended.push_back({"", std::string(json)});
}

void Splice::append_member(Value object, std::string_view key, std::string_view json) {
  set_member(object, key, json);
}

void Splice::set_member(Value object, std::string_view key, std::string_view json) {
  if (!object.is_object()) return;
  const std::size_t index = member_index(object, key);
  if (index < object.size()) {
    // A removal asked for before is taken back.
    const auto known = containers_.find(object.span().begin);
    if (known != containers_.end()) std::erase(known->second.removed, index);
    return replace(object[key].span(), json);
  }
  Container& edited = container(object);
  for (Added& added : edited.appended) {
    if (added.key != key) continue;
    added.text = quoted(key) + ":" + std::string(json);
    return;
  }
  edited.appended.push_back({std::string(key), quoted(key) + ":" + std::string(json)});
}

void Splice::resolve(const Container& container, std::vector<Edit>& edits) {
  const std::vector<Span> spans = element_spans(container.value);
  std::vector<bool> removed(spans.size(), false);
  for (const std::size_t index : container.removed) removed[index] = true;
  std::size_t kept = spans.size();
  // A run of removed elements goes with the comma before it, or at the very front with the comma
  // after it.
  for (std::size_t first = 0; first < spans.size(); ++first) {
    if (!removed[first]) continue;
    std::size_t last = first;
    while (last + 1 < spans.size() && removed[last + 1]) ++last;
    kept -= last - first + 1;
    if (first > 0) {
      edits.push_back({{spans[first - 1].end, spans[last].end}, ""});
    } else if (last + 1 < spans.size()) {
      edits.push_back({{spans[first].begin, spans[last + 1].begin}, ""});
    } else {
      edits.push_back({{spans[first].begin, spans[last].end}, ""});
    }
    first = last;
  }

  const std::size_t inside = container.value.span().begin + 1;
  const std::size_t front = spans.empty() ? inside : spans.front().begin;
  const std::size_t back = spans.empty() ? inside : spans.back().end;
  std::string text;
  for (std::size_t i = container.prepended.size(); i-- > 0;) {
    text += container.prepended[i].text;
    if (kept > 0 || i > 0) text += ',';
  }
  if (!text.empty()) edits.push_back({{front, front}, text});
  text.clear();
  bool needs_comma = kept > 0 || !container.prepended.empty();
  for (const Added& added : container.appended) {
    if (needs_comma) text += ',';
    text += added.text;
    needs_comma = true;
  }
  if (!text.empty()) edits.push_back({{back, back}, text});
}

std::string Splice::apply() const {
  std::vector<Edit> edits = edits_;
  for (const auto& [begin, container] : containers_) resolve(container, edits);
  // Insertions before what starts at the same byte, outer parts before inner ones, later edits
  // after earlier ones.
  std::stable_sort(edits.begin(), edits.end(), [](const Edit& a, const Edit& b) {
    if (a.span.begin != b.span.begin) return a.span.begin < b.span.begin;
    const bool a_inserts = a.span.begin == a.span.end;
    const bool b_inserts = b.span.begin == b.span.end;
    if (a_inserts != b_inserts) return a_inserts;
    return a.span.end > b.span.end;
  });
  std::string out;
  out.reserve(source_.size() + 64);
  std::size_t done = 0;
  for (std::size_t i = 0; i < edits.size(); ++i) {
    const Span span = edits[i].span;
    const bool replaced_later =
        i + 1 < edits.size() && span.begin != span.end && edits[i + 1].span == span;
    if (span.begin < done || replaced_later) continue;
    out.append(source_.substr(done, span.begin - done));
    out.append(edits[i].text);
    done = span.end;
  }
  out.append(source_.substr(done));
  return out;
}

}  // namespace sallyport::json
