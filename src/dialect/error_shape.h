#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "dialect/api.h"
#include "dialect/client_request.h"

namespace sallyport::dialect {

// What a client is told: the same facts in either API's shape.
struct PublicError {
  int status = 500;
  std::string type = "api_error";  // the Messages API's word; OpenAI's is derived
  std::string message;
  std::string param;         // OpenAI: the member at fault; may be empty
  std::string code;          // OpenAI's code; may be empty
  std::string details_json;  // Messages API: error.details, an object; may be empty
};

// The one table from our codes to status, type and wording. The detail of an error with source
// client is meant for the client; of any other only a general sentence is shown.
PublicError public_error(const Error& error);
// The same with the details and the parameter that a request's error carries.
PublicError public_error(const RequestError& error);

// The status to answer with. One number for both but for 529, which OpenAI's clients know as 503.
int http_status(Api client, const PublicError& error);

// The body of an error response; `request_id` is in it where the API has a place for it.
std::string error_body(Api client, const PublicError& error, std::string_view request_id);

// An upstream's error response (any status but 2xx) in the client's dialect. In the same dialect
// the bytes are returned unchanged. In another, the message of a 401 or 403 is left out: the
// credential that the upstream refused is the gateway's, and such messages repeat parts of it.
std::string translate_error_body(Api upstream, Api client, int status, std::string_view body,
                                 std::string_view request_id);

// Reads status-carrying facts of an upstream's error body: its type and message, for logs' labels
// and decisions.
struct UpstreamError {
  std::string type;
  std::string message;
};
UpstreamError read_error(Api upstream, std::string_view body);

}  // namespace sallyport::dialect
