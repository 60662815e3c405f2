#pragma once

#include "base/result.h"
#include "dialect/cross/conversation.h"
#include "dialect/upstream_request.h"

// A Conversation as a request of one API.
namespace sallyport::dialect::cross {

Result<std::string> write_anthropic(const Conversation& conversation, const UpstreamAsk& ask);
Result<std::string> write_chat(const Conversation& conversation, const UpstreamAsk& ask);

}  // namespace sallyport::dialect::cross
