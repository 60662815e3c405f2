#pragma once

#include <string>
#include <string_view>

// The inside of JSON strings. Source: RFC 8259, section 7.
namespace sallyport::json {

// Where the run of plain characters that starts at `at` ends: at a quote, a backslash, a control
// character or `end`.
const char* skip_plain(const char* at, const char* end);

// Length in bytes of the escape that starts at the backslash `at`; 0 where it is not one that has a
// single reading (unknown letter, bad hex, lone surrogate). A surrogate pair counts as one escape.
std::size_t escape_length(const char* at, const char* end);

// Appends the text of `inner`, the checked bytes between the quotes.
void append_unescaped(std::string& out, std::string_view inner);

}  // namespace sallyport::json
