#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dialect/api.h"
#include "http/message.h"
#include "json/document.h"
#include "simulator/directive.h"

namespace sallyport::simulator {

struct Tool {
  std::string name;
  std::string example_args;  // JSON that satisfies the schema's required properties
};

// A fallback credit that the request wants to redeem.
struct Redemption {
  std::string token;
  bool strict = true;
};

// What the simulator understood of a request, in whichever dialect.
struct Ask {
  dialect::Api api = dialect::Api::anthropic;
  bool count_only = false;
  std::string model;
  bool stream = false;
  bool include_usage = false;  // chat
  std::string user_text;       // of the last user turn, directives taken out
  std::string prefill;         // of a last assistant turn
  std::vector<Tool> tools;
  bool must_call_tool = false;
  std::string forced_tool;  // by name; empty = any
  bool thinking = false;
  std::int64_t max_tokens = 0;  // 0 = no bound
  std::vector<std::string> stop_sequences;
  std::int64_t input_tokens = 0;
  bool caches = false;  // asks for prompt caching somewhere
  bool mints_credit = false;
  std::optional<Redemption> redemption;
  std::uint64_t fingerprint = 0;  // of what a redemption may not change
  Directive directive;
};

// A 400, as its message.
struct Complaint {
  std::string message;
};

// nullopt where the request is understood.
std::optional<Complaint> read_ask(dialect::Api api, bool count_only, const http::RequestHead& head,
                                  std::string_view body, Ask& ask);

}  // namespace sallyport::simulator
