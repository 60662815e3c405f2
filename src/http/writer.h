#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "http/message.h"

// Heads and chunks as bytes.
//
// Framing is written from `chunked`, `content_length` and `keep_alive` alone: fields named
// Content-Length, Transfer-Encoding, Connection or Keep-Alive in `headers` are left out, so a head
// that was received can be written again. A name that is no token, a value with control characters,
// or a target with blanks fails with `invalid` and leaves `out` as it was: nothing can be injected.
namespace sallyport::http {

// Uses method, target, headers and the framing. Always HTTP/1.1. `Host` is the caller's.
Result<void> append_request_head(std::string& out, const RequestHead& head);

// Uses status, headers and the framing. Always HTTP/1.1, with our own reason phrase. Without
// chunked or content_length the body lasts until the connection closes, which is announced; 1xx,
// 204 and 304 get no framing.
Result<void> append_response_head(std::string& out, const ResponseHead& head);

// One chunk; nothing for empty data, which would end the body.
void append_chunk(std::string& out, std::string_view data);
// The size line of a chunk of `size` > 0 bytes: data and "\r\n" follow. For writing without copying
// the data.
void append_chunk_start(std::string& out, std::uint64_t size);
constexpr std::string_view kChunkEnd = "\r\n";
constexpr std::string_view kLastChunk = "0\r\n\r\n";
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

std::string_view reason_phrase(int status);  // "Unknown" for those without one

}  // namespace sallyport::http
