#include "dialect/response_writer.h"

#include "dialect/parts.h"

namespace sallyport::dialect {

std::unique_ptr<ResponseWriter> make_writer(const WriterOptions& options) {
  switch (options.client) {
    case Api::anthropic:
      return make_anthropic_writer(options);
    case Api::openai_chat:
      return make_chat_writer(options);
    case Api::openai_responses:
      return make_responses_writer(options);
  }
  return nullptr;
}

}  // namespace sallyport::dialect
