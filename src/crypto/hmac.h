#pragma once

#include <string_view>

#include "crypto/sha256.h"

namespace sallyport::crypto {

// HMAC-SHA256 (RFC 2104, vectors of RFC 4231). Any key length, an empty one included. Compare
// results with constant_time_equal. Cannot fail; uses a context of the calling thread and leaves no
// key in it.
Sha256Digest hmac_sha256(std::string_view key, std::string_view message);

}  // namespace sallyport::crypto
