#pragma once

#include "dialect/response_decoder.h"

namespace sallyport::dialect::openai {

std::unique_ptr<ResponseDecoder> make_chat_stream_decoder(const DecoderLimits& limits);
std::unique_ptr<ResponseDecoder> make_responses_stream_decoder(const DecoderLimits& limits);
// An answer that is not streamed: the whole body is collected, then read at once.
std::unique_ptr<ResponseDecoder> make_chat_body_decoder(const DecoderLimits& limits);
std::unique_ptr<ResponseDecoder> make_responses_body_decoder(const DecoderLimits& limits);

}  // namespace sallyport::dialect::openai
