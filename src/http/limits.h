#pragma once

#include <cstddef>
#include <cstdint>

namespace sallyport::http {

struct HeadLimits {
  std::size_t max_start_line_bytes = 8u << 10;  // request or status line with its CRLF
  std::size_t max_header_bytes = 64u << 10;  // all field lines with their CRLFs and the empty line
  std::size_t max_fields = 100;
};

struct BodyLimits {
  std::uint64_t max_bytes = 32u << 20;                 // of content, without framing
  std::size_t max_chunk_extension_bytes = 256;         // of one chunk
  std::size_t max_chunk_extension_bytes_total = 4096;  // of one body
  std::size_t max_trailer_bytes = 8u << 10;
  std::size_t max_trailer_fields = 32;
};

}  // namespace sallyport::http
