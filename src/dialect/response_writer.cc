#include "dialect/response_writer.h"

#include "dialect/parts.h"

namespace sallyport::dialect {

std::unique_ptr<ResponseWriter> make_writer(const WriterOptions& options) {
  switch (options.client) {
    case Api::anthropic:
      return make_anthropic_writer(options);
    case Api::openai_chat:
    case Api::openai_responses:
      return nullptr;
  }
  return nullptr;
}

}  // namespace sallyport::dialect
