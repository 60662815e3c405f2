#include "simulator/script.h"

#include <algorithm>

#include "simulator/beats.h"
#include "simulator/gzip.h"
#include "simulator/render.h"

namespace sallyport::simulator {
namespace {

using dialect::Api;

// Without a pace, this much of a stream goes into one step.
constexpr std::size_t kBatchBytes = 8 * 1024;

struct Target {
  Api api = Api::anthropic;
  enum class What : std::uint8_t { create, count, models, nothing } what = What::nothing;
};

Target target_of(const http::RequestHead& head) {
  using What = Target::What;
  const bool anthropic = head.headers.find("anthropic-version") != nullptr;
  if (head.path == "/v1/models" || head.path.starts_with("/v1/models/")) {
    return {anthropic ? Api::anthropic : Api::openai_chat, What::models};
  }
  if (head.method != "POST") return {anthropic ? Api::anthropic : Api::openai_chat, What::nothing};
  if (head.path == "/v1/messages") return {Api::anthropic, What::create};
  if (head.path == "/v1/messages/count_tokens") return {Api::anthropic, What::count};
  if (head.path == "/v1/chat/completions") return {Api::openai_chat, What::create};
  if (head.path == "/v1/responses") return {Api::openai_responses, What::create};
  return {anthropic ? Api::anthropic : Api::openai_chat, What::nothing};
}

// Plays one answer: the head, then its body in pieces, with the faults where they were asked for.
class AnswerScript final : public Script {
 public:
  http::ResponseHead head;
  Ask ask;
  std::string body;  // of what is not streamed

  // Makes this a stream of `answer`.
  void play(Answer answer) {
    answer_ = std::move(answer);
    renderer_ = make_renderer(ask, answer_);
    if (ask.stream) {
      beats_.emplace(answer_, ask.directive);
    } else {
      body = renderer_->whole();
      if (ask.directive.malformed_after) body.resize(body.size() / 2);
    }
  }

  std::optional<Step> next() override {
    const Directive& directive = ask.directive;
    if (over_) return std::nullopt;
    if (directive.connect_failed) return last(Fault{Code::connect_failed, true, "simulated"});
    if (!headed_) {
      headed_ = true;
      finish_head();
      return Step{directive.delay, head};
    }
    Duration wait{0};
    while (pending_.empty() && !source_ended_) pull(wait);
    if (const auto bound = fault_place(); bound && sent_ + pending_.size() >= *bound)
      pending_.resize(*bound - sent_);
    if (!pending_.empty()) return send(wait);
    return end();
  }

 private:
  std::optional<Step> last(decltype(Step::what) what) {
    over_ = true;
    return Step{Duration(0), std::move(what)};
  }

  void finish_head() {
    if (!beats_ && ask.directive.gzip) body = gzip(body);
    if (ask.directive.gzip) head.headers.set("content-encoding", "gzip");
    if (!ask.directive.content_type.empty())
      head.headers.set("content-type", ask.directive.content_type);
    if (!beats_) head.content_length = body.size();
  }

  // The byte after which nothing more of the body comes.
  std::optional<std::size_t> fault_place() const {
    const Directive& d = ask.directive;
    std::optional<std::size_t> place;
    for (const auto& at : {d.reset_at, d.stall_at, d.truncate_at}) {
      if (at && (!place || *at < *place)) place = at;
    }
    return place;
  }

  void pull(Duration& wait) {
    if (!beats_) {
      pending_ = std::move(body);
      body.clear();
      source_ended_ = true;
      return;
    }
    while (pending_.size() < kBatchBytes) {
      const auto beat = beats_->next();
      if (!beat) {
        source_ended_ = true;
        if (ask.directive.gzip) pending_ = gzip(pending_);
        return;
      }
      renderer_->beat(*beat, pending_);
      const bool paced = ask.directive.pace > Duration(0) && beat->kind == BeatKind::delta;
      if (paced) wait = ask.directive.pace;
      if (paced && !pending_.empty()) return;
    }
  }

  Step send(Duration wait) {
    const std::size_t chunk = ask.directive.chunk_bytes;
    std::string bytes;
    if (chunk == 0 || pending_.size() <= chunk) {
      bytes.swap(pending_);
    } else {
      bytes = pending_.substr(0, chunk);
      pending_.erase(0, chunk);
    }
    sent_ += bytes.size();
    return Step{wait, std::move(bytes)};
  }

  std::optional<Step> end() {
    const Directive& d = ask.directive;
    const auto reached = [&](const std::optional<std::size_t>& at) { return at && sent_ >= *at; };
    if (reached(d.stall_at)) {
      over_ = true;
      return std::nullopt;
    }
    if (reached(d.reset_at)) return last(Fault{Code::reset, false, "simulated"});
    return last(End{});
  }

  Answer answer_;
  std::unique_ptr<Renderer> renderer_;
  std::optional<Beats> beats_;
  std::string pending_;
  std::size_t sent_ = 0;
  bool headed_ = false;
  bool source_ended_ = false;
  bool over_ = false;
};

void fail_with(AnswerScript& script, Api api, int status, const std::string& message,
               const std::string& request_id) {
  script.head.status = status;
  script.ask.stream = false;
  script.body = render_error(api, status, "[sallyport simulator] " + message, request_id);
  if (script.ask.directive.retry_after_s > 0) {
    script.head.headers.set("retry-after", std::to_string(script.ask.directive.retry_after_s));
  }
}

// Answers what is to be created or counted.
void answer(AnswerScript& script, const Target& target, const http::RequestHead& head,
            std::string_view body, Random& random, WallTime now, const std::string& request_id) {
  Ask& ask = script.ask;
  const bool count = target.what == Target::What::count;
  if (auto complaint = read_ask(target.api, count, head, body, ask)) {
    ask.directive = {};
    return fail_with(script, target.api, 400, complaint->message, request_id);
  }
  if (ask.directive.status != 0) {
    return fail_with(script, target.api, ask.directive.status, "the error that was asked for",
                     request_id);
  }
  if (count) {
    ask.stream = false;
    script.body = "{\"input_tokens\":" + std::to_string(ask.input_tokens) + "}";
    return;
  }
  Rejected rejected;
  auto made = make_answer(ask, random, now, rejected);
  if (!made) return fail_with(script, target.api, 400, rejected.message, request_id);
  if (ask.stream) {
    script.head.headers.set("content-type", "text/event-stream; charset=utf-8");
    script.head.headers.set("cache-control", "no-cache");
  }
  script.play(std::move(*made));
}

}  // namespace

std::unique_ptr<Script> make_script(const http::RequestHead& head, std::string_view body,
                                    Random& random, WallTime now) {
  auto script = std::make_unique<AnswerScript>();
  const Target target = target_of(head);
  const std::string request_id = make_id("req_sim", random);
  script->head.status = 200;
  script->head.headers.set("content-type", "application/json");
  script->head.headers.set("sallyport-simulator", "1");
  script->head.headers.set(target.api == Api::anthropic ? "request-id" : "x-request-id",
                           request_id);
  script->ask.api = target.api;
  if (target.what == Target::What::nothing) {
    fail_with(*script, target.api, 404, "there is nothing at this path", request_id);
  } else if (target.what == Target::What::models) {
    script->body = render_models(target.api);
  } else {
    answer(*script, target, head, body, random, now, request_id);
  }
  return script;
}

}  // namespace sallyport::simulator
