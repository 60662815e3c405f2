#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// What an HTTP/1.1 message says, apart from how its bytes arrive. Source: RFC 9110, RFC 9112.
namespace sallyport::http {

bool equals_ignore_case(std::string_view a, std::string_view b);
bool is_token(std::string_view text);        // RFC 9110, 5.6.2: what a method or a field name is
bool is_field_value(std::string_view text);  // no control character but the tab
std::string_view trim_blanks(std::string_view text);  // spaces and tabs at both ends
// Whether the comma-separated `list` has `token`, without regard to case.
bool list_has_token(std::string_view list, std::string_view token);

struct Header {
  std::string name;  // as received
  std::string value;
};

// Field lines in order; names compare without regard to case.
class Headers {
 public:
  void add(std::string_view name, std::string_view value) {
    list_.emplace_back(Header{std::string(name), std::string(value)});
  }
  void set(std::string_view name, std::string_view value);  // replaces all of that name
  void remove(std::string_view name);
  // The first value of that name; nullptr where there is none.
  const std::string* find(std::string_view name) const;
  std::string_view get(std::string_view name) const;  // "" where there is none
  std::size_t count(std::string_view name) const;
  const std::vector<Header>& list() const { return list_; }
  std::vector<Header>& list() { return list_; }
  void clear() { list_.clear(); }

 private:
  std::vector<Header> list_;
};

struct RequestHead {
  std::string method;
  std::string target;  // origin form, as received
  std::string path;    // target up to '?', not percent-decoded
  std::string query;   // after '?'
  int minor_version = 1;
  Headers headers;
  bool keep_alive = true;
  bool expects_continue = false;
  bool chunked = false;
  std::optional<std::uint64_t> content_length;
};

struct ResponseHead {
  int status = 0;
  std::string reason;
  int minor_version = 1;
  Headers headers;
  bool keep_alive = true;
  bool chunked = false;
  std::optional<std::uint64_t> content_length;
};

}  // namespace sallyport::http
