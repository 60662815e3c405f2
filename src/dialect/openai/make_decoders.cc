#include "dialect/openai/decoders.h"
#include "dialect/parts.h"

namespace sallyport::dialect {

std::unique_ptr<ResponseDecoder> make_chat_decoder(bool stream, const DecoderLimits& limits) {
  return stream ? openai::make_chat_stream_decoder(limits) : openai::make_chat_body_decoder(limits);
}

std::unique_ptr<ResponseDecoder> make_responses_decoder(bool stream, const DecoderLimits& limits) {
  return stream ? openai::make_responses_stream_decoder(limits)
                : openai::make_responses_body_decoder(limits);
}

}  // namespace sallyport::dialect
