#pragma once

#include <string>
#include <string_view>

#include "http/limits.h"
#include "http/message.h"
#include "http/refusal.h"

namespace sallyport::http {

enum class BodyKind : std::uint8_t { none, length, chunked, until_close };

BodyKind body_kind(const RequestHead& head);
BodyKind body_kind(const ResponseHead& head, bool answers_head_request);

// Takes the content of one body out of its framing, without copying. Source: RFC 9112, section 6
// and 7.
//
//   BodyReader body(head, limits);
//   while (!bytes.empty() && body.progress() == Progress::need_more) {
//     const auto part = body.read(bytes);
//     use(part.data);
//     bytes.remove_prefix(part.consumed);
//   }
//
// A body that needs no bytes (none, or length 0) is complete from the start. What is left in
// `bytes` once complete belongs to the next message.
class BodyReader {
 public:
  BodyReader() = default;  // of no body: complete
  BodyReader(BodyKind kind, std::uint64_t content_length, const BodyLimits& limits = {});
  explicit BodyReader(const RequestHead& head, const BodyLimits& limits = {});
  BodyReader(const ResponseHead& head, bool answers_head_request, const BodyLimits& limits = {});

  struct Part {
    std::size_t consumed = 0;
    std::string_view data;  // points into the bytes handed in; may be empty
  };
  // Consumes something of bytes that are not empty, unless it completes or fails.
  Part read(std::string_view bytes);

  Progress progress() const { return progress_; }
  // Bytes of content so far, with the whole of the current chunk.
  std::uint64_t size() const { return size_; }
  // Why it failed: 400, or 413 where the content exceeds the limit (known at once where a length
  // announces it).
  const Refusal& refusal() const { return refusal_; }
  // The connection ended: completes a body that lasts until then; any other that needs more fails.
  Progress finish();

 private:
  enum class Step : std::uint8_t { size_line, data, data_end, trailers };

  Part read_plain(std::string_view bytes);
  Part read_chunked(std::string_view bytes);
  std::size_t read_line(std::string_view bytes);
  std::size_t read_data_end(std::string_view bytes);
  Refusal take_size_line(std::string_view line);
  Refusal take_trailer_line(std::string_view line);
  bool count(std::uint64_t bytes);
  void fail_with(const Refusal& refusal);

  BodyKind kind_ = BodyKind::none;
  BodyLimits limits_;
  Progress progress_ = Progress::complete;
  Step step_ = Step::size_line;
  std::uint64_t left_ = 0;  // of the chunk, or of the body where its length is known
  std::uint64_t size_ = 0;
  std::string line_;
  bool saw_cr_ = false;
  std::size_t extension_bytes_ = 0;
  std::size_t trailer_bytes_ = 0;
  std::size_t trailer_fields_ = 0;
  Refusal refusal_;
};

}  // namespace sallyport::http
