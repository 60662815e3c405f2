#pragma once

#include <optional>
#include <string>

#include "base/clock.h"
#include "dialect/api.h"
#include "http/message.h"

namespace sallyport::sim {

class World;

// What one client sends, and when it loses patience.
struct Ask {
  http::RequestHead head;
  std::string body;
  dialect::Api api = dialect::Api::anthropic;
  bool stream = false;
  std::optional<Duration> leaves_after;
};

// A request as clients make them, most of the time: any dialect, model, directive to the built-in
// upstream, fallbacks, history. Now and then one that is malformed, unknown or unauthenticated.
Ask make_ask(World& world);

}  // namespace sallyport::sim
