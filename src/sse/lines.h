#pragma once

#include <cstddef>
#include <string_view>

// Lines as event streams have them: ended by LF, CRLF or CR.
namespace sallyport::sse {

// The first CR or LF of `text`; its end where there is none.
const char* find_line_end(std::string_view text);

// Bytes of the line end that `text` starts with: 0, 1, or 2 for CRLF.
std::size_t line_end_length(std::string_view text);

}  // namespace sallyport::sse
