#include "sse/writer.h"

#include "sse/lines.h"

namespace sallyport::sse {
namespace {

std::string_view first_line(std::string_view text) {
  return text.substr(0, static_cast<std::size_t>(find_line_end(text) - text.data()));
}

}  // namespace

void append_event(std::string& out, std::string_view name, std::string_view data) {
  if (!name.empty()) {
    out += "event: ";
    out += first_line(name);
    out += '\n';
  }
  for (bool more = true; more;) {
    const std::string_view line = first_line(data);
    out += "data: ";
    out += line;
    out += '\n';
    more = line.size() < data.size();
    data.remove_prefix(line.size());
    data.remove_prefix(line_end_length(data));
  }
  out += '\n';
}

void append_comment(std::string& out, std::string_view text) {
  out += ": ";
  out += first_line(text);
  out += "\n\n";
}

}  // namespace sallyport::sse
