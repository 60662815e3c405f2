#include "base/files.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

namespace sallyport {
namespace {

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&&) = delete;

  int get() const { return fd_; }
  bool open() const { return fd_ >= 0; }

 private:
  int fd_;
};

Failure failed(std::string_view what, std::string_view path, int error) {
  Code code = Code::io;
  if (error == ENOENT || error == ENOTDIR) code = Code::not_found;
  if (error == ENOSPC || error == EDQUOT) code = Code::over_budget;
  if (error == EROFS || error == EACCES || error == EPERM) code = Code::forbidden;
  std::string detail(what);
  detail.append(" ").append(path).append(": ").append(std::strerror(error));
  return fail(code, std::move(detail));
}

Result<void> write_all(int fd, std::string_view bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t done = ::write(fd, bytes.data(), bytes.size());
    if (done < 0) {
      if (errno == EINTR) continue;
      return failed("writing", path, errno);
    }
    bytes.remove_prefix(static_cast<std::size_t>(done));
  }
  return {};
}

Result<std::string> read_some(int fd, const std::string& path, std::uint64_t offset,
                              std::size_t size) {
  std::string bytes(size, '\0');
  std::size_t have = 0;
  while (have < size) {
    const ssize_t got =
        ::pread(fd, bytes.data() + have, size - have, static_cast<off_t>(offset + have));
    if (got < 0) {
      if (errno == EINTR) continue;
      return failed("reading", path, errno);
    }
    if (got == 0) break;
    have += static_cast<std::size_t>(got);
  }
  bytes.resize(have);
  return bytes;
}

class RealAppendFile final : public AppendFile {
 public:
  RealAppendFile(Descriptor fd, std::string path, std::uint64_t size)
      : fd_(std::move(fd)), path_(std::move(path)), size_(size) {}

  Result<void> append(std::string_view bytes) override {
    const Result<void> done = write_all(fd_.get(), bytes, path_);
    if (done) size_ += bytes.size();
    return done;
  }

  Result<void> sync() override {
    if (::fdatasync(fd_.get()) != 0) return failed("syncing", path_, errno);
    return {};
  }

  Result<void> truncate(std::uint64_t size) override {
    if (::ftruncate(fd_.get(), static_cast<off_t>(size)) != 0)
      return failed("truncating", path_, errno);
    size_ = size;
    return {};
  }

  std::uint64_t size() const override { return size_; }

 private:
  Descriptor fd_;
  std::string path_;
  std::uint64_t size_;
};

class RealFolderLock final : public FolderLock {
 public:
  explicit RealFolderLock(Descriptor fd) : fd_(std::move(fd)) {}

 private:
  Descriptor fd_;
};

// Opens for writing; a missing folder is made, and the opening tried once more.
Result<Descriptor> open_for_writing(Files& files, const std::string& path, int flags, mode_t mode) {
  for (int attempt = 0;; ++attempt) {
    Descriptor fd(::open(path.c_str(), flags | O_CREAT | O_CLOEXEC | O_NOFOLLOW, mode));
    if (fd.open()) return fd;
    if (errno != ENOENT || attempt > 0) return failed("opening", path, errno);
    const Result<void> made = files.make_folders(parent_folder(path));
    if (!made) return Failure(made.error());
  }
}

}  // namespace

std::string parent_folder(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string_view::npos) return ".";
  return std::string(path.substr(0, slash == 0 ? 1 : slash));
}

Result<void> replace_file(Files& files, const std::string& path, std::string_view bytes) {
  const std::string temporary = path + ".new";
  if (Result<void> r = files.write(temporary, bytes); !r) return r;
  if (Result<void> r = files.sync(temporary); !r) return r;
  if (Result<void> r = files.rename(temporary, path); !r) return r;
  return files.sync_folder(parent_folder(path));
}

Result<std::unique_ptr<AppendFile>> RealFiles::open_append(const std::string& path) {
  Result<Descriptor> fd = open_for_writing(*this, path, O_WRONLY | O_APPEND, shared_ ? 0644 : 0600);
  if (!fd) return Failure(fd.error());
  struct stat info {};
  if (::fstat(fd->get(), &info) != 0) return failed("measuring", path, errno);
  return std::make_unique<RealAppendFile>(std::move(*fd), path,
                                          static_cast<std::uint64_t>(info.st_size));
}

Result<void> RealFiles::write(const std::string& path, std::string_view bytes) {
  const Result<Descriptor> fd =
      open_for_writing(*this, path, O_WRONLY | O_TRUNC, shared_ ? 0644 : 0600);
  if (!fd) return Failure(fd.error());
  return write_all(fd->get(), bytes, path);
}

Result<std::string> RealFiles::read(const std::string& path, std::uint64_t max_bytes) {
  const Descriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.open()) return failed("opening", path, errno);
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0) return failed("measuring", path, errno);
  if (!S_ISREG(info.st_mode)) return fail(Code::io, "reading " + path + ": not a regular file");
  if (static_cast<std::uint64_t>(info.st_size) > max_bytes) {
    return fail(Code::too_large, "reading " + path + ": the file is larger than " +
                                     std::to_string(max_bytes) + " bytes");
  }
  return read_some(fd.get(), path, 0, static_cast<std::size_t>(info.st_size));
}

Result<std::string> RealFiles::read_at(const std::string& path, std::uint64_t offset,
                                       std::size_t size) {
  const Descriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.open()) return failed("opening", path, errno);
  Result<std::string> bytes = read_some(fd.get(), path, offset, size);
  if (bytes && bytes->size() != size) {
    return fail(Code::corrupt,
                "reading " + path + ": the file ends before byte " + std::to_string(offset + size));
  }
  return bytes;
}

Result<std::optional<std::uint64_t>> RealFiles::size(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) == 0) {
    return std::optional<std::uint64_t>(static_cast<std::uint64_t>(info.st_size));
  }
  if (errno == ENOENT || errno == ENOTDIR) return std::optional<std::uint64_t>();
  return failed("measuring", path, errno);
}

Result<std::vector<std::string>> RealFiles::list(const std::string& folder) {
  std::vector<std::string> names;
  DIR* stream = ::opendir(folder.c_str());
  if (stream == nullptr) {
    if (errno == ENOENT) return names;
    return failed("listing", folder, errno);
  }
  errno = 0;
  while (const dirent* entry = ::readdir(stream)) {
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
  }
  const int error = errno;
  ::closedir(stream);
  if (error != 0) return failed("listing", folder, error);
  std::sort(names.begin(), names.end());
  return names;
}

Result<void> RealFiles::make_folders(const std::string& folder) {
  if (::mkdir(folder.c_str(), shared_ ? 0755 : 0700) == 0 || errno == EEXIST) return {};
  if (errno != ENOENT || folder == "." || folder == "/")
    return failed("making folder", folder, errno);
  if (Result<void> r = make_folders(parent_folder(folder)); !r) return r;
  if (::mkdir(folder.c_str(), shared_ ? 0755 : 0700) == 0 || errno == EEXIST) return {};
  return failed("making folder", folder, errno);
}

Result<void> RealFiles::rename(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) return failed("renaming", from, errno);
  return {};
}

Result<void> RealFiles::remove(const std::string& path) {
  if (::unlink(path.c_str()) == 0 || errno == ENOENT) return {};
  return failed("removing", path, errno);
}

Result<void> RealFiles::remove_folder(const std::string& folder) {
  std::error_code error;
  std::filesystem::remove_all(folder, error);
  if (error) return failed("removing", folder, error.value());
  return {};
}

Result<void> RealFiles::sync(const std::string& path) {
  const Descriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.open()) return failed("opening", path, errno);
  if (::fdatasync(fd.get()) != 0) return failed("syncing", path, errno);
  return {};
}

Result<void> RealFiles::sync_folder(const std::string& folder) {
  const Descriptor fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.open()) return failed("opening", folder, errno);
  if (::fsync(fd.get()) != 0) return failed("syncing", folder, errno);
  return {};
}

Result<std::unique_ptr<FolderLock>> RealFiles::lock(const std::string& folder) {
  const std::string path = folder + "/lock";
  Result<Descriptor> fd = open_for_writing(*this, path, O_WRONLY, 0600);
  if (!fd) return Failure(fd.error());
  if (::flock(fd->get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) {
      return fail(Code::conflict,
                  "locking " + folder + ": another process uses this folder; stop it first");
    }
    return failed("locking", path, errno);
  }
  return std::make_unique<RealFolderLock>(std::move(*fd));
}

}  // namespace sallyport
