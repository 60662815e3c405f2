#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "store/value.h"

namespace sallyport::store {

// Whether both databases take it as text: UTF-8 (RFC 3629) without NUL.
bool is_storable_text(std::string_view text);

// The text, with everything that is not storable replaced by U+FFFD, and cut to `max_bytes` between
// characters. For what clients and upstreams send: their names must not keep a record from being
// stored.
std::string storable_text(std::string_view text, std::size_t max_bytes);

// Code::invalid unless every text among the values is storable.
Result<> check_texts(std::span<const Value> values);

}  // namespace sallyport::store
