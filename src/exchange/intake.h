#pragma once

#include <memory>
#include <string>

#include "access/keyring.h"
#include "base/result.h"
#include "dialect/client_request.h"
#include "exchange/exchange.h"
#include "exchange/routes.h"

// The first steps of an exchange: what arrives becomes a principal and a request, or an error for
// the client.
namespace sallyport::exchange {

// x-api-key, Authorization: Bearer, or both where they name the same key.
// The principal lives as long as the keyring.
Result<const access::Principal*> identify(const http::Headers& headers,
                                          const access::Keyring& keyring, WallTime now);

// Media type and content coding must be ones we read.
Result<void> check_media(const http::Headers& headers);

// Content decoding, admission and decoding of the body; may take milliseconds for large ones.
struct Intake {
  dialect::Api api;
  dialect::Operation operation;
  http::Headers headers;
  std::string body;
  std::size_t max_body_bytes;

  dialect::Decoded<std::unique_ptr<dialect::ClientRequest>> run();
};

}  // namespace sallyport::exchange
