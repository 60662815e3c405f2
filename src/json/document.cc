#include "json/document.h"

#include <simdjson.h>

#include <algorithm>
#include <charconv>

#include "json/escapes.h"
#include "json/walk.h"

namespace sallyport::json {

Result<Document> Document::parse(std::string_view source, const Limits& limits) {
  Document document;
  if (Result<void> read = document.reparse(source, limits); !read) {
    return Failure(std::move(read.error()));
  }
  return document;
}

Result<void> Document::reparse(std::string_view source, const Limits& limits) {
  nodes_.clear();
  source_ = {};
  // Offsets are 32 bits wide.
  if (source.size() > std::min<std::size_t>(limits.max_bytes, UINT32_MAX - 1)) {
    return fail(Code::too_large, "json: longer than the limit");
  }
  if (!simdjson::validate_utf8(source.data(), source.size())) {
    return fail(Code::malformed, "json: not valid utf-8");
  }
  source_ = source;
  Result<void> read = Walk(*this, limits).run();
  if (!read) {
    nodes_.clear();
    source_ = {};
  }
  return read;
}

Value Document::root() const { return nodes_.empty() ? Value() : Value(this, 0); }

Type Value::type() const { return exists() ? document_->nodes_[node_].type : Type::null; }

Span Value::span() const {
  if (!exists()) return {};
  const Document::Node& node = document_->nodes_[node_];
  return {node.begin, node.end};
}

std::string_view Value::raw() const {
  if (!exists()) return {};
  const Span at = span();
  return document_->source_.substr(at.begin, at.end - at.begin);
}

bool Value::has_escape() const { return exists() && document_->nodes_[node_].escaped; }

std::string Value::text() const {
  std::string out;
  append_text(out);
  return out;
}

void Value::append_text(std::string& out) const {
  if (!is_string()) return;
  const std::string_view quoted = raw();
  const std::string_view inner = quoted.substr(1, quoted.size() - 2);
  if (has_escape()) {
    append_unescaped(out, inner);
  } else {
    out.append(inner);
  }
}

bool Value::equals(std::string_view text) const {
  if (!is_string()) return false;
  if (has_escape()) return this->text() == text;
  const std::string_view quoted = raw();
  return quoted.substr(1, quoted.size() - 2) == text;
}

std::optional<bool> Value::boolean() const {
  if (!is(Type::boolean)) return std::nullopt;
  return raw().front() == 't';
}

std::optional<std::int64_t> Value::integer() const {
  if (!is(Type::number)) return std::nullopt;
  const std::string_view digits = raw();
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return value;
}

std::optional<double> Value::number() const {
  if (!is(Type::number)) return std::nullopt;
  const std::string_view digits = raw();
  double value = 0;
  // Overflow was refused on the way in; what is left out of range is too small for a double and
  // reads as zero.
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error == std::errc::result_out_of_range) return digits.front() == '-' ? -0.0 : 0.0;
  return value;
}

std::size_t Value::size() const { return exists() ? document_->nodes_[node_].count : 0; }

Value Value::operator[](std::string_view key) const {
  for (const Member member : members()) {
    if (member.key.equals(key)) return member.value;
  }
  return {};
}

Value Value::at(std::size_t index) const {
  if (!is_array() || index >= size()) return {};
  Items::Iterator item = items().begin();
  while (index-- > 0) ++item;
  return *item;
}

Items Value::items() const {
  Items items;
  if (is_array()) items.array_ = *this;
  return items;
}

Members Value::members() const {
  Members members;
  if (is_object()) members.object_ = *this;
  return members;
}

Items::Iterator Items::begin() const {
  Iterator at;
  at.document_ = array_.document_;
  at.node_ = array_.node_ + 1;
  at.left_ = static_cast<std::uint32_t>(array_.size());
  return at;
}

Items::Iterator& Items::Iterator::operator++() {
  node_ = document_->nodes_[node_].next;
  --left_;
  return *this;
}

Members::Iterator Members::begin() const {
  Iterator at;
  at.document_ = object_.document_;
  at.node_ = object_.node_ + 1;
  at.left_ = static_cast<std::uint32_t>(object_.size());
  return at;
}

Member Members::Iterator::operator*() const {
  return {Value(document_, node_), Value(document_, node_ + 1)};
}

Members::Iterator& Members::Iterator::operator++() {
  node_ = document_->nodes_[node_ + 1].next;
  --left_;
  return *this;
}

}  // namespace sallyport::json
