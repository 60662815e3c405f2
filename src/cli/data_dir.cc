#include "cli/data_dir.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

namespace sallyport::cli {
namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

std::string why() { return std::strerror(errno); }

}  // namespace

Result<std::string> resolve_data_dir(const std::string& asked, const std::string& configured) {
  if (!asked.empty()) return asked;
  if (!configured.empty()) return configured;
  // systemd may name several, separated by colons.
  const std::string state = variable("STATE_DIRECTORY");
  if (!state.empty()) return state.substr(0, state.find(':'));
  const std::string xdg = variable("XDG_STATE_HOME");
  if (!xdg.empty()) return xdg + "/sallyport";
  const std::string home = variable("HOME");
  if (!home.empty()) return home + "/.local/state/sallyport";
  return fail(Code::config, "no data directory: give one with --data or data_dir");
}

Result<void> prepare_data_dir(const std::string& path) {
  std::error_code error;
  const std::filesystem::path folder(path);
  if (folder.has_parent_path()) std::filesystem::create_directories(folder.parent_path(), error);
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) {
    return fail(Code::config, "cannot make the data directory " + path + ": " + why() +
                                  "; give another with --data");
  }
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0 || !S_ISDIR(status.st_mode)) {
    return fail(Code::config,
                "the data directory " + path + " is not a directory; give another with --data");
  }
  if (::access(path.c_str(), W_OK | X_OK) != 0) {
    return fail(Code::config, "the data directory " + path +
                                  " cannot be written by this user; change its owner or give " +
                                  "another with --data");
  }
  return {};
}

Result<DataDirLock> DataDirLock::take(const std::string& data_dir) {
  const std::string path = data_dir + "/lock";
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return fail(Code::config, "cannot open " + path + ": " + why());
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    ::close(fd);
    return fail(Code::conflict, "the data directory " + data_dir +
                                    " is in use by another sallyport" +
                                    "; stop it, or give this one its own with --data");
  }
  return DataDirLock(fd);
}

DataDirLock::~DataDirLock() {
  if (fd_ >= 0) ::close(fd_);
}

Result<std::unique_ptr<TemporaryDir>> TemporaryDir::make() {
  std::error_code error;
  std::string pattern =
      (std::filesystem::temp_directory_path(error) / "sallyport-demo-XXXXXX").string();
  if (error || ::mkdtemp(pattern.data()) == nullptr) {
    return fail(Code::io,
                "cannot make a temporary directory; set TMPDIR to one that can be written");
  }
  return std::make_unique<TemporaryDir>(pattern);
}

TemporaryDir::~TemporaryDir() {
  std::error_code error;
  std::filesystem::remove_all(path_, error);
}

}  // namespace sallyport::cli
