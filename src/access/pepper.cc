#include "access/pepper.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/random.h"
#include "crypto/hmac.h"

namespace sallyport::access {
namespace {

constexpr std::size_t kPepperBytes = 32;

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

Failure os_failure(const std::string& doing, const std::string& path) {
  return fail(Code::io, doing + " " + path + ": " + std::strerror(errno));
}

Result<Pepper> read_pepper(const Descriptor& file, const std::string& path) {
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) return os_failure("cannot look at", path);
  if (!S_ISREG(status.st_mode) || (status.st_mode & 077) != 0) {
    return fail(
        Code::config,
        path + " holds the key of all API keys and others may use it; run chmod 600 " + path);
  }
  crypto::SecretBytes key(kPepperBytes);
  char beyond = 0;
  const auto want = static_cast<ssize_t>(kPepperBytes);
  if (::read(file.get(), key.writable().data(), kPepperBytes) != want ||
      ::read(file.get(), &beyond, 1) != 0) {
    return fail(Code::config, path + " does not hold 32 bytes; put it back from a backup");
  }
  return Pepper(std::move(key));
}

// Written under another name and linked into place: two first starts at once agree on one file, and
// none is half written.
Result<> create_pepper(const std::string& path) {
  SystemRandom random;
  const crypto::SecretBytes key = crypto::SecretBytes::random(kPepperBytes, random);
  const std::string draft = path + make_id(".new-", random);
  {
    const Descriptor file(::open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (file.get() < 0) return os_failure("cannot make", path);
    const bool written =
        ::write(file.get(), key.view().data(), key.size()) == static_cast<ssize_t>(key.size());
    if (!written || ::fsync(file.get()) != 0) {
      const auto failed = os_failure("cannot write", path);
      ::unlink(draft.c_str());
      return failed;
    }
  }
  const bool linked = ::link(draft.c_str(), path.c_str()) == 0 || errno == EEXIST;
  const auto failed = os_failure("cannot make", path);
  ::unlink(draft.c_str());
  if (!linked) return failed;
  return {};
}

}  // namespace

Result<Pepper> Pepper::load_or_create(const std::string& path) {
  for (const bool may_create : {true, false}) {
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    if (file.get() >= 0) return read_pepper(file, path);
    if (errno != ENOENT || !may_create) break;
    if (auto created = create_pepper(path); !created)
      return tl::unexpected(std::move(created.error()));
  }
  return os_failure("cannot read", path);
}

KeyHash Pepper::hash(std::string_view key_text) const {
  return crypto::hmac_sha256(key_.view(), key_text);
}

}  // namespace sallyport::access
