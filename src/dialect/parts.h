#pragma once

#include <memory>

#include "dialect/client_request.h"
#include "dialect/response_decoder.h"
#include "dialect/response_writer.h"
#include "dialect/upstream_request.h"

// Inside this room only: what each dialect provides, and what the public functions dispatch to.
namespace sallyport::dialect {

// Reading a request. `request` has its api, operation, body, document (whose root is an object),
// betas and api_version; these fill in the rest.
Decoded<void> decode_anthropic(ClientRequest& request, const http::Headers& headers);
Decoded<void> decode_chat(ClientRequest& request, const http::Headers& headers);
Decoded<void> decode_responses(ClientRequest& request, const http::Headers& headers);

// The upstream speaks the client's dialect: edits by splice.
Result<UpstreamBody> splice_anthropic(const ClientRequest& request, const UpstreamAsk& ask);
Result<UpstreamBody> splice_chat(const ClientRequest& request, const UpstreamAsk& ask);
Result<UpstreamBody> splice_responses(const ClientRequest& request, const UpstreamAsk& ask);
// Another dialect: a new body.
Result<UpstreamBody> translate_request(const ClientRequest& request, const UpstreamAsk& ask);

// Reading an answer.
std::unique_ptr<ResponseDecoder> make_anthropic_decoder(bool stream, const DecoderLimits& limits);
std::unique_ptr<ResponseDecoder> make_chat_decoder(bool stream, const DecoderLimits& limits);
std::unique_ptr<ResponseDecoder> make_responses_decoder(bool stream, const DecoderLimits& limits);

// Writing an answer in the client's dialect, whichever dialect the events come from.
std::unique_ptr<ResponseWriter> make_anthropic_writer(const WriterOptions& options);
std::unique_ptr<ResponseWriter> make_chat_writer(const WriterOptions& options);
std::unique_ptr<ResponseWriter> make_responses_writer(const WriterOptions& options);

}  // namespace sallyport::dialect
