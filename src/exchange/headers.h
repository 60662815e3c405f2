#pragma once

#include <string>
#include <vector>

#include "dialect/client_request.h"
#include "http/message.h"

namespace sallyport::exchange {

// What of the client's request head goes to an upstream of the same dialect: everything (the API's
// headers are an open list) but credentials, cookies, connection matters, addresses and accounts.
// An upstream of another dialect, and a fallback hop in another one, gets none of them.
http::Headers headers_for_upstream(const http::Headers& client, bool same_dialect,
                                   const std::vector<std::string>& betas);

// What of an upstream's response head reaches the client: pacing hints alone. Accounts, cookies and
// rate limits of the operator's account stay here.
void copy_response_headers(const http::Headers& upstream, http::Headers& out);

// The media type of a content-type value, lower case, without parameters.
std::string media_type(std::string_view content_type);

}  // namespace sallyport::exchange
