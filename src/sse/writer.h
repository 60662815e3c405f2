#pragma once

#include <string>
#include <string_view>

namespace sallyport::sse {

// Appends "event: <name>\ndata: <data>\n\n"; no event line where the name is empty, one data line
// for each line of `data`. A name must be one line: what follows a line end in it is left out.
void append_event(std::string& out, std::string_view name, std::string_view data);

// Appends ": <text>\n\n", which keeps a connection alive and says nothing. One line, as above.
void append_comment(std::string& out, std::string_view text);

}  // namespace sallyport::sse
