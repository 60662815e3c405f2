#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

// What the simulator is told to do: [[sim: key=value key="a value" flag]]. Unknown keys and bad
// values make the request an error (400), so that a test with a typo does not pass by accident.
namespace sallyport::simulator {

struct Directive {
  // --- the answer
  std::optional<std::string> say;         // say="…": this text instead of invented words
  std::optional<std::uint32_t> tokens;    // tokens=N: how many words to invent
  std::optional<std::uint32_t> thinking;  // thinking=N: so many tokens of thinking first
  bool tool = false;  // tool or tool=NAME: call a tool of the request, the first unless named
  std::string tool_name;
  std::string tool_args;  // args='{"a":1}'; otherwise made from the tool's schema
  std::string stop;       // stop=max_tokens: end with this stop reason
  bool cached = false;    // cached: the prompt counts as read from the cache

  // --- refusal
  std::optional<std::string> refuse;       // refuse=cyber; "null" = no category
  std::vector<std::string> refuse_models;  // refuse_model=a,b: only these models refuse
  std::uint32_t refuse_after = 0;          // tokens of output before it
  bool refuse_in_tool = false;             // inside the tool call's arguments
  std::string explanation;

  // --- time
  Duration delay{0};            // delay=200ms: before the first byte
  Duration pace{0};             // pace=20ms: between tokens of a stream
  std::size_t chunk_bytes = 0;  // chunk=N: the body in pieces of N bytes

  // --- faults; places count bytes of the body
  std::optional<std::size_t> reset_at;           // reset=N: the connection breaks
  std::optional<std::size_t> stall_at;           // stall=N: silence without end
  std::optional<std::size_t> truncate_at;        // truncate=N: the body ends as if complete
  std::optional<std::uint32_t> malformed_after;  // malformed=N: broken bytes after N tokens
  std::optional<std::uint32_t> error_after;      // error_after=N: an error event after N tokens
  int status = 0;                   // status=429|500|503|529|…: an error instead of an answer
  std::uint32_t retry_after_s = 0;  // retry_after=N
  std::string content_type;         // content_type=text/plain
  bool gzip = false;                // the body gzip-coded
  bool connect_failed = false;      // no connection at all
};

// Finds every directive in `text`, applies it to `directive` and takes it out of the text. The
// error says which key or value is no good.
std::optional<std::string> take_directives(std::string& text, Directive& directive);

}  // namespace sallyport::simulator
