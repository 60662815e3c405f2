#include "sim/checks.h"

#include <set>

#include "json/document.h"
#include "sse/parser.h"

namespace sallyport::sim {
namespace {

using dialect::Api;

// The order of a Messages stream: start, blocks one after another with rising indices, delta, stop;
// or an error.
std::string check_messages_stream(const std::string& body) {
  sse::Parser parser;
  std::string problem;
  bool started = false, stopped = false, failed = false;
  int open = -1;
  int next = 0;
  const auto complain = [&](const std::string& what) {
    if (problem.empty()) problem = what;
  };
  const auto fed = parser.feed(body, [&](const sse::Event& event) {
    if (event.comment_only) return;
    const auto document = json::Document::parse(event.data);
    if (!document) return complain("an event is not JSON");
    const json::Value root = document->root();
    const std::string type = root["type"].text();
    if (type != event.name) complain("event name and type differ: " + type);
    if (stopped || failed) complain("an event after the end: " + type);
    if (type == "message_start") {
      if (started) complain("two message_start");
      started = true;
    } else if (type == "content_block_start") {
      if (!started || open >= 0) complain("a block begins at the wrong place");
      open = static_cast<int>(root["index"].integer().value_or(-1));
      if (open != next++) complain("indices do not rise by one");
    } else if (type == "content_block_delta") {
      if (root["index"].integer() != open) complain("a delta outside its block");
    } else if (type == "content_block_stop") {
      if (root["index"].integer() != open) complain("a stop outside its block");
      open = -1;
    } else if (type == "message_delta") {
      if (open >= 0) complain("message_delta while a block is open");
      if (!root["usage"].is_object()) complain("message_delta without usage");
    } else if (type == "message_stop") {
      stopped = true;
    } else if (type == "error") {
      failed = true;
    } else if (type != "ping") {
      complain("an unknown event: " + type);
    }
  });
  if (!fed || !parser.finish()) return "the stream is not well formed";
  if (problem.empty() && !stopped && !failed) return "the stream neither stops nor fails";
  return problem;
}

// Chunks with one id and a finish reason, then [DONE]; or an error object.
std::string check_chat_stream(const std::string& body) {
  sse::Parser parser;
  std::string problem;
  std::set<std::string> ids;
  bool done = false, finished = false, failed = false;
  const auto fed = parser.feed(body, [&](const sse::Event& event) {
    if (event.comment_only) return;
    if (done) problem = "an event after [DONE]";
    if (event.data == "[DONE]") {
      done = true;
      return;
    }
    const auto document = json::Document::parse(event.data);
    if (!document) {
      problem = "a chunk is not JSON";
      return;
    }
    const json::Value root = document->root();
    failed = failed || root["error"].exists();
    if (failed) return;
    ids.insert(root["id"].text());
    for (const json::Value choice : root["choices"].items()) {
      finished = finished || choice["finish_reason"].is_string();
    }
  });
  if (!fed || !parser.finish()) return "the stream is not well formed";
  if (!problem.empty()) return problem;
  if (failed) return {};
  if (!done || !finished) return "the stream neither finishes nor fails";
  return ids.size() == 1 ? std::string() : "the chunks have several ids";
}

// Rising sequence numbers, response.created first, a terminal event last.
std::string check_responses_stream(const std::string& body) {
  sse::Parser parser;
  std::string problem;
  std::string last;
  std::int64_t expected = 0;
  const auto fed = parser.feed(body, [&](const sse::Event& event) {
    if (event.comment_only) return;
    const auto document = json::Document::parse(event.data);
    if (!document) {
      problem = "an event is not JSON";
      return;
    }
    const std::string type = document->root()["type"].text();
    if (last.empty() && type != "response.created" && type != "error")
      problem = "the first event is " + type;
    const auto number = document->root()["sequence_number"].integer();
    if (number && *number < expected) problem = "sequence numbers fall";
    expected = number.value_or(expected) + 1;
    last = type;
  });
  if (!fed || !parser.finish()) return "the stream is not well formed";
  if (!problem.empty()) return problem;
  const bool terminal = last == "response.completed" || last == "response.incomplete" ||
                        last == "response.failed" || last == "error";
  return terminal ? std::string() : "the stream does not end but with " + last;
}

std::string check_whole(const Connection& connection) {
  const auto document = json::Document::parse(connection.body());
  if (!document) return "the body is not JSON";
  const json::Value root = document->root();
  if (connection.head().status != 200)
    return root["error"].is_object() ? "" : "an error without an error object";
  switch (connection.ask().api) {
    case Api::anthropic:
      return root["type"].equals("message") && root["content"].is_array() ? "" : "not a message";
    case Api::openai_chat:
      return root["object"].equals("chat.completion") ? "" : "not a chat completion";
    case Api::openai_responses:
      return root["object"].equals("response") ? "" : "not a response";
  }
  return {};
}

std::string check_stream(const Connection& connection) {
  switch (connection.ask().api) {
    case Api::anthropic:
      return check_messages_stream(connection.body());
    case Api::openai_chat:
      return check_chat_stream(connection.body());
    case Api::openai_responses:
      return check_responses_stream(connection.body());
  }
  return {};
}

}  // namespace

void check_answer(World& world, const Connection& connection) {
  if (!connection.finished()) return world.problem(connection.name() + ": never ended");
  if (connection.left()) return;
  if (!connection.responded() || !connection.ended()) {
    return world.problem(connection.name() + ": the client was left without an answer");
  }
  if (connection.head().headers.get("request-id").empty())
    world.problem(connection.name() + ": no request-id");
  const bool stream =
      connection.head().headers.get("content-type").starts_with("text/event-stream");
  const std::string problem = stream ? check_stream(connection) : check_whole(connection);
  if (!problem.empty()) world.problem(connection.name() + ": " + problem);
}

void check_records(World& world, const std::vector<std::shared_ptr<Connection>>& connections) {
  std::set<std::string> ids;
  for (const metering::ExchangeRecord& record : world.sink.records) {
    if (!ids.insert(record.request_id).second) world.problem("two records of " + record.request_id);
    for (const metering::AttemptRecord& attempt : record.attempts) {
      if (!attempt.billed && attempt.cost_nano_usd != 0)
        world.problem("an attempt costs but is not billed");
    }
    const bool served = record.outcome == metering::Outcome::answered ||
                        record.outcome == metering::Outcome::fallback_served;
    if (served && record.served_model.empty()) world.problem("an answer without a served model");
    if (record.outcome == metering::Outcome::internal_error)
      world.problem("an internal error: " + record.reason);
  }
  if (world.sink.records.size() != connections.size()) {
    world.problem(std::to_string(connections.size()) + " exchanges, " +
                  std::to_string(world.sink.records.size()) + " records");
  }
}

}  // namespace sallyport::sim
