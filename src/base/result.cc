#include "base/result.h"

namespace sallyport {

Failure fail(Code code, std::string detail, Source source, bool retryable) {
  return Failure(Error{code, source, retryable, std::move(detail)});
}

Failure fail_within(std::string_view where, Error error) {
  error.detail = std::string(where) + ": " + error.detail;
  return Failure(std::move(error));
}

std::string_view to_string(Code code) {
  switch (code) {
    case Code::malformed:
      return "malformed";
    case Code::invalid:
      return "invalid";
    case Code::too_large:
      return "too_large";
    case Code::unauthenticated:
      return "unauthenticated";
    case Code::forbidden:
      return "forbidden";
    case Code::not_found:
      return "not_found";
    case Code::conflict:
      return "conflict";
    case Code::rate_limited:
      return "rate_limited";
    case Code::over_budget:
      return "over_budget";
    case Code::overloaded:
      return "overloaded";
    case Code::unavailable:
      return "unavailable";
    case Code::timeout:
      return "timeout";
    case Code::connect_failed:
      return "connect_failed";
    case Code::reset:
      return "reset";
    case Code::protocol:
      return "protocol";
    case Code::io:
      return "io";
    case Code::corrupt:
      return "corrupt";
    case Code::config:
      return "config";
    case Code::cancelled:
      return "cancelled";
    case Code::internal:
      return "internal";
  }
  return "internal";
}

std::string_view to_string(Source source) {
  switch (source) {
    case Source::client:
      return "client";
    case Source::upstream:
      return "upstream";
    case Source::internal:
      return "internal";
  }
  return "internal";
}

}  // namespace sallyport
