#include "http/message.h"

#include <algorithm>

#include "http/scan.h"

namespace sallyport::http {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

}  // namespace

bool equals_ignore_case(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (lower(a[i]) != lower(b[i])) return false;
  }
  return true;
}

bool is_token(std::string_view text) { return !text.empty() && skip_token(text) == text.size(); }

bool is_field_value(std::string_view text) {
  while (true) {
    text.remove_prefix(skip_text(text));
    if (text.empty()) return true;
    if (text.front() != '\t') return false;
    text.remove_prefix(1);
  }
}

std::string_view trim_blanks(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

bool list_has_token(std::string_view list, std::string_view token) {
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    if (equals_ignore_case(trim_blanks(list.substr(0, comma)), token)) return true;
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return false;
}

void Headers::set(std::string_view name, std::string_view value) {
  for (Header& header : list_) {
    if (!equals_ignore_case(header.name, name)) continue;
    // The first takes the value, later ones go.
    header.value = value;
    Header* const first = &header;
    std::erase_if(list_, [first, name](const Header& other) {
      return &other > first && equals_ignore_case(other.name, name);
    });
    return;
  }
  add(name, value);
}

void Headers::remove(std::string_view name) {
  std::erase_if(list_,
                [name](const Header& header) { return equals_ignore_case(header.name, name); });
}

const std::string* Headers::find(std::string_view name) const {
  for (const Header& header : list_) {
    if (equals_ignore_case(header.name, name)) return &header.value;
  }
  return nullptr;
}

std::string_view Headers::get(std::string_view name) const {
  const std::string* const value = find(name);
  return value == nullptr ? std::string_view() : std::string_view(*value);
}

std::size_t Headers::count(std::string_view name) const {
  return static_cast<std::size_t>(std::count_if(
      list_.begin(), list_.end(),
      [name](const Header& header) { return equals_ignore_case(header.name, name); }));
}

}  // namespace sallyport::http
