#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

// Content codings of request bodies, decoded under bounds. Source: RFC 9110, section 8.4; RFC 1952;
// RFC 8878.
//
// Errors, all of source client:
//   invalid    the coding is not supported                 (Anthropic:
//   request_body_encoding_unsupported) malformed  the bytes do not decode, or not all of them
//   (request_body_encoding_invalid) too_large  a bound was hit
//   (request_body_too_large_after_decoding)
namespace sallyport::http {

enum class Coding : std::uint8_t { identity, gzip, zstd };

// The value of Content-Encoding ("" where there is none). One coding only: gzip, x-gzip, zstd or
// identity.
Result<Coding> parse_content_encoding(std::string_view value);

struct DecodeLimits {
  std::uint64_t max_output_bytes = 32u << 20;
  // Output may not exceed `max_ratio` times the input, once it is larger than `ratio_free_bytes`.
  std::uint64_t max_ratio = 200;
  std::uint64_t ratio_free_bytes = 1u << 20;
};

// Decodes one body, in pieces. Exactly one gzip member or zstd frame and nothing behind it, so that
// whoever decodes the same bytes reads the same. Memory beside the output: at most 8 MiB. Thread:
// used by one at a time.
class ContentDecoder {
 public:
  explicit ContentDecoder(Coding coding, const DecodeLimits& limits = {});
  ~ContentDecoder();
  ContentDecoder(ContentDecoder&&) noexcept;
  ContentDecoder& operator=(ContentDecoder&&) noexcept;

  // Appends to `out`. After a failure the decoder is spent.
  Result<void> feed(std::string_view bytes, std::string& out);
  // At the end of the body: malformed where the coding ends early.
  Result<void> finish();

 private:
  class Inflater;
  class GzipInflater;
  class ZstdInflater;
  Result<void> copy(std::string_view bytes, std::string& out);
  Result<void> inflate_into(std::string_view bytes, std::string& out);

  std::unique_ptr<Inflater> inflater_;  // none for identity
  DecodeLimits limits_;
  std::uint64_t taken_ = 0;
  std::uint64_t given_ = 0;
  bool ended_ = false;
  bool failed_ = false;
};

// The whole body at once.
Result<std::string> decode_body(Coding coding, std::string_view bytes,
                                const DecodeLimits& limits = {});

}  // namespace sallyport::http
