#include "runtime/response_framing.h"

#include "http/writer.h"

namespace sallyport::runtime {

void ResponseFraming::start(bool head_request, int minor_version, bool may_keep_alive) {
  *this = ResponseFraming();
  head_request_ = head_request;
  minor_version_ = minor_version;
  keep_alive_ = may_keep_alive;
}

Result<void> ResponseFraming::head(http::ResponseHead head, const std::string& date) {
  const bool bodiless = head.status < 200 || head.status == 204 || head.status == 304;
  no_content_ = head_request_ || bodiless;
  promised_ = head.content_length;
  chunked_ = !bodiless && !promised_ && minor_version_ >= 1;
  if (!bodiless && !promised_ && !chunked_ && !head_request_) keep_alive_ = false;
  head.chunked = chunked_;
  head.keep_alive = keep_alive_;
  if (head.headers.find("date") == nullptr) head.headers.add("Date", date);
  auto written = http::append_response_head(head_bytes_, head);
  if (written) begun_ = true;
  return written;
}

void ResponseFraming::body(std::string bytes) {
  written_ += bytes.size();
  if (no_content_) return;
  if (body_bytes_.empty()) {
    body_bytes_ = std::move(bytes);
  } else {
    body_bytes_ += bytes;
  }
}

bool ResponseFraming::broken() const {
  if (!promised_ || no_content_) return false;
  return written_ > *promised_ || (ended_ && written_ < *promised_);
}

std::string ResponseFraming::take() {
  std::string out = std::move(head_bytes_);
  head_bytes_.clear();
  if (!begun_) return out;
  if (!body_bytes_.empty()) {
    if (chunked_) {
      out.reserve(out.size() + body_bytes_.size() + 32);
      http::append_chunk(out, body_bytes_);
    } else if (out.empty()) {
      out = std::move(body_bytes_);
    } else {
      out += body_bytes_;
    }
    body_bytes_.clear();
  }
  if (ended_ && !end_sent_) {
    end_sent_ = true;
    if (chunked_ && !no_content_) out += http::kLastChunk;
  }
  return out;
}

}  // namespace sallyport::runtime
