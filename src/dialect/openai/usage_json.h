#pragma once

#include <string>

#include "dialect/usage.h"
#include "json/document.h"

// Usage objects of the two OpenAI APIs. Theirs count cached tokens within the input; ours do not.
namespace sallyport::dialect::openai {

// Absent, negative and non-integer counts read as 0.
Usage read_chat_usage(json::Value usage);
Usage read_responses_usage(json::Value usage);

void append_chat_usage(std::string& out, const Usage& usage);
void append_responses_usage(std::string& out, const Usage& usage);

// The usage of an answer whose upstream gave counts at its start and again at its end: a count that
// the end leaves out is the start's.
Usage merge_usage(const Usage& start, const Usage& end);

}  // namespace sallyport::dialect::openai
