#include "crypto/secret.h"

#include <openssl/crypto.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <utility>

#include "base/check.h"

namespace sallyport::crypto {
namespace {

std::size_t whole_pages(std::size_t size) {
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  return (size + page - 1) / page * page;
}

}  // namespace

SecretBytes::SecretBytes(std::size_t size) : size_(size) {
  if (size == 0) return;
  // Own pages: unlocking a heap page would unlock its neighbours' secrets as well.
  void* const pages = ::mmap(nullptr, whole_pages(size), PROT_READ | PROT_WRITE,
                             MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  SALLYPORT_CHECK(pages != MAP_FAILED, "no memory for a secret");
  data_ = static_cast<std::uint8_t*>(pages);
  // Best effort: RLIMIT_MEMLOCK may be 0, and then a secret on swap is the operator's choice.
  [[maybe_unused]] const int locked = ::mlock(pages, whole_pages(size));
  [[maybe_unused]] const int hidden = ::madvise(pages, whole_pages(size), MADV_DONTDUMP);
}

SecretBytes::SecretBytes(std::string_view bytes) : SecretBytes(bytes.size()) {
  if (!bytes.empty()) std::memcpy(data_, bytes.data(), bytes.size());
}

SecretBytes SecretBytes::random(std::size_t size, Random& random) {
  SecretBytes secret(size);
  random.fill(secret.writable());
  return secret;
}

SecretBytes::~SecretBytes() { release(); }

SecretBytes::SecretBytes(SecretBytes&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

SecretBytes& SecretBytes::operator=(SecretBytes&& other) noexcept {
  if (this != &other) {
    release();
    data_ = std::exchange(other.data_, nullptr);
    size_ = std::exchange(other.size_, 0);
  }
  return *this;
}

void SecretBytes::release() {
  if (data_ == nullptr) return;
  OPENSSL_cleanse(data_, size_);
  ::munmap(data_, whole_pages(size_));
  data_ = nullptr;
  size_ = 0;
}

void wipe(std::span<char> bytes) { OPENSSL_cleanse(bytes.data(), bytes.size()); }

}  // namespace sallyport::crypto
