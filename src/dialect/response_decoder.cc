#include "dialect/response_decoder.h"

#include "dialect/parts.h"

namespace sallyport::dialect {

std::unique_ptr<ResponseDecoder> make_decoder(Api upstream, bool stream,
                                              const DecoderLimits& limits) {
  switch (upstream) {
    case Api::anthropic:
      return make_anthropic_decoder(stream, limits);
    case Api::openai_chat:
      return make_chat_decoder(stream, limits);
    case Api::openai_responses:
      return make_responses_decoder(stream, limits);
  }
  return nullptr;
}

}  // namespace sallyport::dialect
