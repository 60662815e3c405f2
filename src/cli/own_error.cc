#include "cli/own_error.h"

#include "base/random.h"
#include "dialect/error_shape.h"

namespace sallyport::cli {
namespace {

dialect::PublicError describe(int status) {
  dialect::PublicError error;
  error.status = status;
  error.type = "invalid_request_error";
  switch (status) {
    case 400:
      error.message = "the request is not valid HTTP";
      break;
    case 404:
      error.type = "not_found_error";
      error.message = "there is nothing at this path";
      break;
    case 408:
      error.type = "timeout_error";
      error.message = "the request did not arrive in time";
      break;
    case 413:
      error.type = "request_too_large";
      error.message = "the request is larger than this gateway takes";
      break;
    case 414:
      error.message = "the request's target is too long";
      break;
    case 417:
      error.message = "no such expectation is met here";
      break;
    case 431:
      error.message = "the request's headers are too large";
      break;
    case 501:
      error.message = "this transfer coding is not supported";
      break;
    case 503:
      error.type = "overloaded_error";
      error.message = "the gateway has no room for another request now";
      break;
    case 505:
      error.message = "this version of HTTP is not supported";
      break;
    default:
      error.type = "api_error";
      error.message = "the gateway failed";
  }
  return error;
}

}  // namespace

runtime::LocalResponse own_error_page(int status) {
  thread_local SystemRandom random;
  const std::string request_id = make_id("req_", random);
  runtime::LocalResponse page;
  page.status = status;
  page.headers.add("content-type", "application/json");
  page.headers.add("request-id", request_id);
  page.body = dialect::error_body(dialect::Api::anthropic, describe(status), request_id);
  return page;
}

}  // namespace sallyport::cli
