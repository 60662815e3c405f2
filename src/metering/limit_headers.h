#pragma once

#include <string>
#include <utility>
#include <vector>

#include "metering/limits.h"

// Our own limits in the headers that clients' SDKs read. Upstreams' never reach a client.
namespace sallyport::metering {

using HeaderList = std::vector<std::pair<std::string, std::string>>;

// anthropic-ratelimit-{requests,tokens,input-tokens,output-tokens}-{limit,remaining,reset}; reset
// in RFC 3339; remaining tokens rounded to thousands; "tokens" is the stricter of input and output.
// Only windows that exist.
HeaderList anthropic_limit_headers(const LimitSnapshot& snapshot);

// x-ratelimit-{limit,remaining,reset}-{requests,tokens}; reset as a duration: "1m30s", "250ms".
HeaderList openai_limit_headers(const LimitSnapshot& snapshot, WallTime now);

}  // namespace sallyport::metering
