#pragma once

#include "dialect/cross/check.h"
#include "dialect/cross/conversation.h"

namespace sallyport::dialect::cross {

// The content of a message or of `system`: a string, or content blocks of the Messages API.
Result<void> read_blocks(json::Value content, const Place& place, Turn& turn);

}  // namespace sallyport::dialect::cross
