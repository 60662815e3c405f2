#include "sse/parser.h"

#include "sse/lines.h"

namespace sallyport::sse {
namespace {

constexpr std::string_view kBom = "\xef\xbb\xbf";
constexpr std::size_t kNotYet = std::string_view::npos;

// The value of the line where its field is `name`: without the colon and one space behind it.
bool field(std::string_view line, std::string_view name, std::string_view& value) {
  if (!line.starts_with(name)) return false;
  line.remove_prefix(name.size());
  if (!line.empty() && line.front() != ':') return false;
  if (!line.empty()) line.remove_prefix(1);
  if (!line.empty() && line.front() == ' ') line.remove_prefix(1);
  value = line;
  return true;
}

}  // namespace

Result<void> Parser::feed(std::string_view bytes, const std::function<void(const Event&)>& sink) {
  if (failed_) return stop();
  while (!bytes.empty()) {
    const std::size_t length = scan(bytes);
    const std::size_t taken = length == kNotYet ? bytes.size() : length;
    if (taken > max_event_bytes_ - pending_.size()) return stop();
    if (length == kNotYet) {
      pending_.append(bytes);
      return {};
    }
    if (pending_.empty()) {
      hand_over(bytes.substr(0, length), sink);
    } else {
      pending_.append(bytes.substr(0, length));
      hand_over(pending_, sink);
      pending_.clear();
    }
    bytes.remove_prefix(length);
  }
  return {};
}

Result<void> Parser::finish() {
  if (failed_) return stop();
  if (pending_.empty()) return {};
  return fail(Code::malformed, "event stream: ends within an event", Source::upstream);
}

void Parser::reset() {
  const std::size_t max_event_bytes = max_event_bytes_;
  std::string pending = std::move(pending_), joined = std::move(joined_);
  *this = Parser(max_event_bytes);
  pending.clear();
  pending_ = std::move(pending);
  joined_ = std::move(joined);
}

Result<void> Parser::stop() {
  failed_ = true;
  return fail(Code::too_large,
              "event stream: an event exceeds " + std::to_string(max_event_bytes_) + " bytes",
              Source::upstream);
}

std::size_t Parser::scan(std::string_view bytes) {
  std::size_t at = bom_bytes_ < kBom.size() ? scan_start_of_stream(bytes) : 0;
  while (at < bytes.size()) {
    if (after_cr_) {
      after_cr_ = false;
      const bool ends_event = blank_cr_;
      blank_cr_ = false;
      lone_cr_ = bytes[at] != '\n';
      if (!lone_cr_) ++at;
      if (ends_event) return at;
      continue;
    }
    if (bytes[at] != '\n' && bytes[at] != '\r') {
      line_empty_ = false;
      at = static_cast<std::size_t>(find_line_end(bytes.substr(at)) - bytes.data());
      continue;
    }
    const bool is_cr = bytes[at++] == '\r';
    if (line_empty_ && (!is_cr || lone_cr_)) return at;
    blank_cr_ = line_empty_;
    after_cr_ = is_cr;
    if (!is_cr) lone_cr_ = false;
    line_empty_ = true;
  }
  return kNotYet;
}

// A BOM at the very start is no part of the first line, which may be blank.
std::size_t Parser::scan_start_of_stream(std::string_view bytes) {
  std::size_t at = 0;
  while (at < bytes.size() && bom_bytes_ < kBom.size()) {
    if (bytes[at] != kBom[bom_bytes_]) {
      line_empty_ = bom_bytes_ == 0;
      bom_bytes_ = kBom.size();
      break;
    }
    ++at;
    ++bom_bytes_;
  }
  return at;
}

void Parser::hand_over(std::string_view wire, const std::function<void(const Event&)>& sink) {
  Event event;
  event.wire = wire;
  if (first_event_ && wire.starts_with(kBom)) wire.remove_prefix(kBom.size());
  first_event_ = false;
  std::size_t data_lines = 0;
  bool named = false;
  while (!wire.empty()) {
    const char* const end = find_line_end(wire);
    const std::string_view line = wire.substr(0, static_cast<std::size_t>(end - wire.data()));
    wire.remove_prefix(line.size());
    wire.remove_prefix(line_end_length(wire));
    std::string_view value;
    if (field(line, "data", value)) {
      if (++data_lines == 1) {
        event.data = value;
        continue;
      }
      if (data_lines == 2) joined_ = event.data;
      joined_ += '\n';
      joined_ += value;
    } else if (field(line, "event", value)) {
      event.name = value;
      named = true;
    }
  }
  if (data_lines > 1) event.data = joined_;
  event.comment_only = data_lines == 0 && !named;
  sink(event);
}

}  // namespace sallyport::sse
