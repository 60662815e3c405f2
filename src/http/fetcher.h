#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "http/message.h"

// How rooms that must call out (witnesses, key sets, remote guards) do so without knowing sockets:
// the runtime implements it, tests answer from memory.
namespace sallyport::http {

struct FetchRequest {
  std::string method = "GET";
  std::string url;  // absolute, http or https
  Headers headers;  // but for host, length and framing, which the fetcher adds
  std::string body;
  Duration timeout = std::chrono::seconds(10);  // from the call to the last byte
  std::size_t max_response_bytes = 1u << 20;
};

struct FetchResponse {
  int status = 0;
  Headers headers;
  std::string body;
};

class Fetcher {
 public:
  using Done = std::function<void(Result<FetchResponse>)>;
  virtual ~Fetcher() = default;
  // Calls `done` exactly once, later, from a thread of the fetcher's choosing. Any status is a
  // response; errors are connect_failed, timeout, reset, protocol, too_large, invalid (of the URL)
  // and cancelled. Follows no redirect. Callable from any thread.
  virtual void fetch(FetchRequest request, Done done) = 0;
};

}  // namespace sallyport::http
