#include "dialect/openai/extension.h"

#include "json/writer.h"

namespace sallyport::dialect::openai {
namespace {

void write_optional(json::Writer& w, std::string_view key, const std::optional<std::string>& text) {
  w.key(key);
  if (text) {
    w.string(*text);
  } else {
    w.null();
  }
}

void write_refusal(json::Writer& w, const std::optional<StopDetails>& details) {
  w.key("stop_reason").string("refusal").key("stop_details").begin_object();
  w.key("type").string("refusal");
  write_optional(w, "category", details ? details->category : std::nullopt);
  write_optional(w, "explanation", details ? details->explanation : std::nullopt);
  if (details && details->recommended_model) {
    w.key("recommended_model").string(*details->recommended_model);
  }
  w.end_object();
}

void write_iteration(json::Writer& w, const Iteration& iteration) {
  const Usage& usage = iteration.usage;
  w.begin_object().key("type").string(iteration.served_as_fallback ? "fallback_message"
                                                                   : "message");
  w.key("model").string(iteration.model);
  w.key("input_tokens").integer(usage.input_tokens);
  w.key("output_tokens").integer(usage.output_tokens);
  w.key("cache_read_input_tokens").integer(usage.cache_read_input_tokens);
  w.key("cache_creation_input_tokens").integer(usage.cache_creation_input_tokens).end_object();
}

}  // namespace

bool needs_extension(const Finish& finish) {
  return finish.stop_reason == "refusal" || !finish.hops.empty();
}

std::string extension_json(const Finish& finish, std::string_view requested_model) {
  std::string out;
  json::Writer w(out);
  w.begin_object();
  const bool refused = finish.stop_reason == "refusal";
  if (refused) write_refusal(w, finish.stop_details);
  if (!finish.hops.empty()) {
    w.key("requested_model").string(requested_model);
    w.key("served_by_fallback").boolean(!refused);
    w.key("hops").begin_array();
    for (const Hop& hop : finish.hops) {
      w.begin_object().key("from").string(hop.from).key("to").string(hop.to);
      write_optional(w, "category", hop.category);
      w.end_object();
    }
    w.end_array();
    w.key("iterations").begin_array();
    for (const Iteration& iteration : finish.iterations) write_iteration(w, iteration);
    w.end_array();
  }
  w.end_object();
  return out;
}

}  // namespace sallyport::dialect::openai
