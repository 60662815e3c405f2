#include "runtime/out_buffer.h"

#include <algorithm>

namespace sallyport::runtime {
namespace {

constexpr std::size_t kFlatBytes = 64 * 1024;  // a flat piece grows to about this
constexpr std::size_t kCopyBytes =
    8 * 1024;  // below this a copy is cheaper than a piece of its own

}  // namespace

void OutBuffer::append(std::string_view bytes) {
  if (bytes.empty()) return;
  size_ += bytes.size();
  if (pieces_.empty() || pieces_.back().shared ||
      pieces_.back().own.size() + bytes.size() > kFlatBytes) {
    pieces_.emplace_back();
  }
  pieces_.back().own.append(bytes);
}

void OutBuffer::append(std::string&& bytes) {
  if (bytes.size() < kCopyBytes && !pieces_.empty()) {
    append(std::string_view(bytes));
    return;
  }
  if (bytes.empty()) return;
  size_ += bytes.size();
  pieces_.push_back({std::move(bytes), nullptr});
}

void OutBuffer::append(std::shared_ptr<const std::string> bytes) {
  if (bytes->size() < kCopyBytes) {
    append(std::string_view(*bytes));
    return;
  }
  size_ += bytes->size();
  pieces_.push_back({{}, std::move(bytes)});
}

std::string_view OutBuffer::front() const {
  return empty() ? std::string_view() : pieces_[first_].bytes().substr(offset_);
}

std::size_t OutBuffer::gather(std::span<iovec> out) const {
  std::size_t used = 0;
  std::size_t skip = offset_;
  for (std::size_t i = first_; i < pieces_.size() && used < out.size(); ++i) {
    const std::string_view bytes = pieces_[i].bytes().substr(skip);
    skip = 0;
    // iovec is shared with reading and so is not const; sendmsg only reads.
    out[used++] = {const_cast<char*>(bytes.data()), bytes.size()};
  }
  return used;
}

void OutBuffer::consume(std::size_t bytes) {
  size_ -= bytes;
  if (size_ == 0) {
    clear();
    return;
  }
  while (bytes > 0) {
    const std::size_t left = pieces_[first_].bytes().size() - offset_;
    const std::size_t taken = std::min(bytes, left);
    offset_ += taken;
    bytes -= taken;
    if (taken == left) {
      pieces_[first_] = {};
      ++first_;
      offset_ = 0;
    }
  }
}

void OutBuffer::clear() {
  pieces_ = {};
  first_ = 0;
  offset_ = 0;
  size_ = 0;
}

}  // namespace sallyport::runtime
