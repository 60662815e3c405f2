#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

// The error type of the whole house. No exceptions on the data path: what can fail returns
// Result<T>.
namespace sallyport {

// A closed set. Every code has one HTTP status, one metric label and one public wording; see
// dialect/error_shape.h.
enum class Code : std::uint8_t {
  malformed,        // bytes that do not follow their grammar
  invalid,          // well formed, but the meaning is wrong or unsupported
  too_large,        // a bound on size, depth or count was hit
  unauthenticated,  // no or unknown credential
  forbidden,        // known principal, not permitted
  not_found,
  conflict,
  rate_limited,  // one of our own limits
  over_budget,   // a money limit
  overloaded,    // we or an upstream have no room now
  unavailable,   // a part that is needed is down
  timeout,
  connect_failed,  // no connection to an upstream: no byte of the request left
  reset,           // the peer closed or reset before the end
  protocol,        // the peer broke its protocol
  io,              // disk or kernel said no
  corrupt,         // stored bytes fail their check
  config,          // a configuration cannot be used
  cancelled,
  internal,
};

enum class Source : std::uint8_t { client, upstream, internal };

struct [[nodiscard]] Error {
  Code code = Code::internal;
  Source source = Source::internal;
  bool retryable = false;
  // What is wrong, where, and what to do; lower case, no final period. Never holds content or
  // secrets.
  std::string detail;
};

template <class T = void>
using Result = tl::expected<T, Error>;

using Failure = tl::unexpected<Error>;

[[nodiscard]] Failure fail(Code code, std::string detail, Source source = Source::internal,
                           bool retryable = false);

// The same error seen one step further out: "reading config: line 3: …".
[[nodiscard]] Failure fail_within(std::string_view where, Error error);

std::string_view to_string(Code code);
std::string_view to_string(Source source);

}  // namespace sallyport
