#pragma once

#include <cstddef>
#include <string_view>

namespace sallyport::http {

// How many bytes `text` starts with that may stand in a token.
std::size_t skip_token(std::string_view text);

// How many bytes `text` starts with that are no control character (tab and DEL count as such).
std::size_t skip_text(std::string_view text);

}  // namespace sallyport::http
