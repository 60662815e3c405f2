#include "dialect/anthropic/request_edits.h"
#include "dialect/restate.h"
#include "json/writer.h"

namespace sallyport::dialect::anthropic {
namespace {

constexpr std::string_view kBlank = " \t\r\n\f\v";

// The released text as content blocks: blank ones dropped, the last without trailing white space,
// which the API does not permit there. Empty where nothing is left.
std::string content_of(const std::vector<std::string>& released) {
  std::size_t count = released.size();
  const auto blank = [](const std::string& text) {
    return text.find_first_not_of(kBlank) == std::string::npos;
  };
  while (count > 0 && blank(released[count - 1])) --count;
  if (count == 0) return {};
  std::string out;
  json::Writer w(out);
  w.begin_array();
  for (std::size_t i = 0; i < count; ++i) {
    if (blank(released[i])) continue;
    std::string_view text = released[i];
    if (i + 1 == count) text = text.substr(0, text.find_last_not_of(kBlank) + 1);
    w.begin_object().key("type").string("text").key("text").string(text).end_object();
  }
  w.end_array();
  return out;
}

}  // namespace

void append_continuation(json::Value messages, const UpstreamAsk& ask, json::Splice& splice) {
  const std::string content = content_of(ask.released_text);
  if (content.empty()) return;
  splice.append_item(messages, R"({"role":"assistant","content":)" + content + "}");
  if (ask.continuation != Continuation::restate) return;
  splice.append_item(messages,
                     R"({"role":"user","content":)" + json::quoted(kRestateRequest) + "}");
}

}  // namespace sallyport::dialect::anthropic
