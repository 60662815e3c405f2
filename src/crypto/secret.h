#pragma once

#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <span>
#include <string_view>

#include "base/random.h"

namespace sallyport::crypto {

// Bytes that must not outlive their use: on pages of their own, kept out of swap and of core dumps
// (as far as the kernel lets us), wiped on destruction, not copied and not printed. Meant for keys,
// of which there are few: each costs at least one page. Movable; const use from any thread.
class SecretBytes {
 public:
  SecretBytes() = default;
  explicit SecretBytes(std::size_t size);        // zeros
  explicit SecretBytes(std::string_view bytes);  // a copy; wiping the source is the caller's
  static SecretBytes random(std::size_t size, Random& random);
  ~SecretBytes();
  SecretBytes(SecretBytes&& other) noexcept;
  SecretBytes& operator=(SecretBytes&& other) noexcept;
  SecretBytes(const SecretBytes&) = delete;
  SecretBytes& operator=(const SecretBytes&) = delete;

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  std::string_view view() const { return {reinterpret_cast<const char*>(data_), size_}; }
  std::span<std::uint8_t> writable() { return {data_, size_}; }

 private:
  void release();

  std::uint8_t* data_ = nullptr;
  std::size_t size_ = 0;
};

std::ostream& operator<<(std::ostream&, const SecretBytes&) = delete;

// Overwrites a buffer in a way the compiler may not drop.
void wipe(std::span<char> bytes);

}  // namespace sallyport::crypto
