#include "dialect/openai/body_writer.h"

#include "json/splice.h"
#include "json/writer.h"

namespace sallyport::dialect::openai {

void BodyWriter::relay(const Event& event, std::string& out) {
  // An upstream's own body is kept by the event that has it; of that one only the ending matters.
  if (!same_ || event.kind == EventKind::message_delta) collected_.note(event);
  if (event.kind == EventKind::error) {
    PublicError error;
    error.type = event.error_type;
    error.message = event.error_message;
    fail(error, out);
  }
  if (event.kind != EventKind::message_stop) return;
  Finish ending = collected_.ending();
  ending.hops = hops_;
  // A plain relay adds nothing to what the upstream says of its own refusal.
  if (same_ && hops_.empty()) ending.stop_reason.clear();
  write(same_ ? event.wire : std::string_view(), ending, out);
}

void BodyWriter::hop(const Hop& hop, std::string&) {
  hops_.push_back(hop);
  collected_.clear();
}

void BodyWriter::finish(const Event* last, const Finish& finish, std::string& out) {
  write(same_ && last != nullptr ? last->wire : std::string_view(), finish, out);
}

void BodyWriter::write(std::string_view body, const Finish& finish, std::string& out) {
  json::Document document;
  json::Limits limits;
  limits.max_bytes = body.size() + 1;
  if (body.empty() || !document.reparse(body, limits) ||
      (finish.stop_reason == "refusal" && !is_refusal(document.root()))) {
    out += make_body(finish);
    return;
  }
  json::Splice splice(body);
  const json::Value root = document.root();
  if (!root["model"].equals(model_)) splice.set_member(root, "model", json::quoted(model_));
  const std::string said = extension(finish);
  if (!said.empty()) splice.set_member(root, kExtensionKey, said);
  out += splice.empty() ? std::string(body) : splice.apply();
}

}  // namespace sallyport::dialect::openai
