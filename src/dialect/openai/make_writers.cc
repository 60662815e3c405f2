#include "dialect/openai/writers.h"
#include "dialect/parts.h"

namespace sallyport::dialect {

std::unique_ptr<ResponseWriter> make_chat_writer(const WriterOptions& options) {
  return options.stream ? openai::make_chat_stream_writer(options)
                        : openai::make_chat_body_writer(options);
}

std::unique_ptr<ResponseWriter> make_responses_writer(const WriterOptions& options) {
  return options.stream ? openai::make_responses_stream_writer(options)
                        : openai::make_responses_body_writer(options);
}

}  // namespace sallyport::dialect
