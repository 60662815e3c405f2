#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::runtime {

// Bytes on their way out. Small pieces gather in one flat piece, so that what one callback produced
// leaves in one write; big ones are kept as they came, without a copy. Holds no memory while empty.
class OutBuffer {
 public:
  void append(std::string_view bytes);
  void append(std::string&& bytes);
  // Shared with whoever may have to send it again.
  void append(std::shared_ptr<const std::string> bytes);

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  // The first bytes as one piece; never empty while size() > 0.
  std::string_view front() const;
  // Fills `out` from the front; returns how many entries were used.
  std::size_t gather(std::span<iovec> out) const;
  void consume(std::size_t bytes);
  void clear();

 private:
  struct Piece {
    std::string own;
    std::shared_ptr<const std::string> shared;
    std::string_view bytes() const {
      return shared ? std::string_view(*shared) : std::string_view(own);
    }
  };
  std::vector<Piece> pieces_;
  std::size_t first_ = 0;   // index of the first piece that is not wholly consumed
  std::size_t offset_ = 0;  // consumed bytes of that piece
  std::size_t size_ = 0;
};

}  // namespace sallyport::runtime
