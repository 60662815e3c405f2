#include "sim/traffic.h"

#include "json/writer.h"
#include "sim/world.h"

namespace sallyport::sim {
namespace {

using dialect::Api;

template <std::size_t N>
std::string_view pick(World& world, const std::array<std::string_view, N>& options) {
  return options[world.random.below(N)];
}

constexpr std::array<std::string_view, 6> kModels = {"fable", "opus",  "sonnet",
                                                     "gpt",   "small", "auto"};

std::string directive(World& world) {
  std::string out = "[[sim: tokens=" + std::to_string(world.random.below(30));
  if (world.chance(40)) {
    out +=
        " refuse=" + std::string(pick(world, std::array<std::string_view, 4>{
                                                 "cyber", "bio", "reasoning_extraction", "null"}));
    out += " refuse_after=" + std::to_string(world.chance(50) ? 0 : world.random.below(12));
    if (world.chance(70)) out += " refuse_model=fable,auto,gpt";
  }
  if (world.chance(15)) out += " thinking=" + std::to_string(1 + world.random.below(6));
  if (world.chance(30)) out += " pace=" + std::to_string(world.random.below(40)) + "ms";
  if (world.chance(10)) out += " delay=" + std::to_string(world.random.below(3000)) + "ms";
  switch (world.random.below(24)) {
    case 0:
      out += " reset=" + std::to_string(world.random.below(900));
      break;
    case 1:
      out += " stall=" + std::to_string(world.random.below(900));
      break;
    case 2:
      out += " truncate=" + std::to_string(world.random.below(900));
      break;
    case 3:
      out += " status=" +
             std::string(pick(world, std::array<std::string_view, 4>{"429", "500", "529", "400"}));
      break;
    case 4:
      out += " malformed=" + std::to_string(world.random.below(8));
      break;
    case 5:
      out += " error_after=" + std::to_string(world.random.below(8));
      break;
    case 6:
      out += " content_type=text/plain";
      break;
    default:
      break;
  }
  return out + "]]";
}

void add_history(World& world, json::Writer& w) {
  w.begin_object().key("role").string("user").key("content").string("earlier").end_object();
  w.begin_object().key("role").string("assistant").key("content").begin_array();
  if (world.chance(50)) {
    w.raw(
        R"({"type":"fallback","from":{"model":"fable"},"to":{"model":"opus"},"trigger":{"type":"refusal","category":"cyber"}})");
  }
  w.begin_object().key("type").string("text").key("text").string("an answer").end_object();
  w.end_array().end_object();
}

std::string anthropic_body(World& world, std::string_view model, bool stream, bool fallbacks,
                           const std::string& text) {
  std::string body;
  json::Writer w(body);
  w.begin_object().key("model").string(model).key("max_tokens").integer(100);
  if (stream) w.key("stream").boolean(true);
  if (fallbacks && world.chance(50)) {
    w.key("fallbacks").string("default");
  } else if (fallbacks) {
    w.key("fallbacks")
        .raw(model == "fable" ? R"([{"model":"opus"},{"model":"sonnet","max_tokens":50}])"
                              : R"([{"model":"sonnet"}])");
  }
  if (world.chance(20)) {
    w.key("tools").raw(
        R"([{"name":"look_up","input_schema":{"type":"object","properties":{"q":{"type":"string"}}}}])");
  }
  w.key("messages").begin_array();
  if (world.chance(30)) add_history(world, w);
  w.begin_object().key("role").string("user").key("content").string(text).end_object();
  w.end_array().end_object();
  return body;
}

std::string chat_body(World& world, std::string_view model, bool stream, const std::string& text) {
  std::string body;
  json::Writer w(body);
  w.begin_object().key("model").string(model);
  if (stream) w.key("stream").boolean(true);
  if (stream && world.chance(50)) w.key("stream_options").raw(R"({"include_usage":true})");
  w.key("messages").begin_array();
  w.begin_object().key("role").string("user").key("content").string(text).end_object();
  w.end_array().end_object();
  return body;
}

std::string responses_body(std::string_view model, bool stream, const std::string& text) {
  std::string body;
  json::Writer w(body);
  w.begin_object().key("model").string(model).key("input").string(text);
  if (stream) w.key("stream").boolean(true);
  w.end_object();
  return body;
}

// One byte changed, or the end cut off.
void spoil(World& world, std::string& body) {
  if (body.empty()) return;
  if (world.chance(50)) {
    body.resize(world.random.below(body.size()));
  } else {
    body[world.random.below(body.size())] = static_cast<char>(world.random.below(256));
  }
}

}  // namespace

Ask make_ask(World& world) {
  Ask ask;
  const std::uint64_t kind = world.random.below(10);
  ask.api = kind < 6 ? Api::anthropic : kind < 8 ? Api::openai_chat : Api::openai_responses;
  ask.stream = world.chance(65);
  const bool fallbacks = ask.api == Api::anthropic && world.chance(60);
  const std::string_view model =
      fallbacks ? (world.chance(70) ? "fable" : "opus") : pick(world, kModels);
  std::string text = directive(world) + " hello";
  if (world.chance(5)) text += std::string(world.random.below(6000), 'x');
  ask.head.method = "POST";
  ask.head.path = ask.head.target =
      std::string(dialect::path_of(ask.api, dialect::Operation::create));
  ask.head.headers.add("content-type", "application/json");
  ask.head.headers.add("cookie", "session=of-the-client");
  const std::string& key = world.keys[world.random.below(world.keys.size())];
  if (ask.api == Api::anthropic) {
    ask.head.headers.add("anthropic-version", "2023-06-01");
    ask.head.headers.add("x-api-key", world.chance(97) ? key : "wrong");
    std::string betas = fallbacks ? "server-side-fallback-2026-07-01" : "";
    if (world.chance(20))
      betas += std::string(betas.empty() ? "" : ",") + "fallback-credit-2026-07-01";
    if (!betas.empty()) ask.head.headers.add("anthropic-beta", betas);
    ask.body = anthropic_body(world, model, ask.stream, fallbacks, text);
  } else {
    ask.head.headers.add("authorization", "Bearer " + key);
    ask.body = ask.api == Api::openai_chat ? chat_body(world, model, ask.stream, text)
                                           : responses_body(model, ask.stream, text);
  }
  if (world.chance(4)) spoil(world, ask.body);
  if (world.chance(8)) ask.leaves_after = std::chrono::milliseconds(world.random.below(2500));
  return ask;
}

}  // namespace sallyport::sim
