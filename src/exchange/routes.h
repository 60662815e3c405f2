#pragma once

#include <cstdint>
#include <string_view>

#include "dialect/api.h"
#include "http/message.h"

namespace sallyport::exchange {

enum class Endpoint : std::uint8_t {
  probe,   // HEAD /
  create,  // a model answers: messages, chat completions, responses
  count_tokens,
  models,        // the list
  model,         // one model
  wrong_method,  // a path of ours with another method
  unknown,       // everything else: nothing passes unread
};

struct Destination {
  Endpoint endpoint = Endpoint::unknown;
  dialect::Api api = dialect::Api::anthropic;  // whose shapes the answer, and every error, has
  std::string_view model_id;                   // of Endpoint::model; percent-encoded as received
  std::string_view allowed_methods;            // of Endpoint::wrong_method
};

// Matches on the path alone; the query never matters. Views point into `head`.
Destination find_destination(const http::RequestHead& head);

}  // namespace sallyport::exchange
