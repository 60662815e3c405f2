#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

// Text forms of bytes. Decoders are strict: wrong characters, padding or trailing bits are errors.
namespace sallyport {

std::string hex_encode(std::string_view bytes);
Result<std::string> hex_decode(std::string_view text);

std::string base64_encode(std::string_view bytes);            // RFC 4648, padded
Result<std::string> base64_decode(std::string_view text);     // padded
std::string base64url_encode(std::string_view bytes);         // no padding
Result<std::string> base64url_decode(std::string_view text);  // no padding

}  // namespace sallyport
