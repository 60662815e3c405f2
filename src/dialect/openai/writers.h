#pragma once

#include "dialect/response_writer.h"

namespace sallyport::dialect::openai {

std::unique_ptr<ResponseWriter> make_chat_stream_writer(const WriterOptions& options);
std::unique_ptr<ResponseWriter> make_chat_body_writer(const WriterOptions& options);
std::unique_ptr<ResponseWriter> make_responses_stream_writer(const WriterOptions& options);
std::unique_ptr<ResponseWriter> make_responses_body_writer(const WriterOptions& options);

}  // namespace sallyport::dialect::openai
