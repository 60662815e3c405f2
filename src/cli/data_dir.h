#pragma once

#include <memory>
#include <string>

#include "base/result.h"

namespace sallyport::cli {

// Where keys and usage live: `asked` (from the command line), else `configured`, else systemd's
// $STATE_DIRECTORY, else $XDG_STATE_HOME/sallyport, else ~/.local/state/sallyport. Code::config
// where none of them names a place.
Result<std::string> resolve_data_dir(const std::string& asked, const std::string& configured);

// Makes the folder (mode 0700) where it is missing and checks that it can be written.
Result<void> prepare_data_dir(const std::string& path);

// Held while a gateway runs on a data directory; a second one is refused. Released with the object
// or the process.
class DataDirLock {
 public:
  static Result<DataDirLock> take(const std::string& data_dir);
  DataDirLock(DataDirLock&& other) noexcept : fd_(other.fd_) { other.fd_ = -1; }
  DataDirLock& operator=(DataDirLock&&) = delete;
  ~DataDirLock();

 private:
  explicit DataDirLock(int fd) : fd_(fd) {}
  int fd_;
};

// A folder that goes with the object: for demonstrations.
class TemporaryDir {
 public:
  static Result<std::unique_ptr<TemporaryDir>> make();
  explicit TemporaryDir(std::string path) : path_(std::move(path)) {}
  TemporaryDir(const TemporaryDir&) = delete;
  TemporaryDir& operator=(const TemporaryDir&) = delete;
  ~TemporaryDir();
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace sallyport::cli
