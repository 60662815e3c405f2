#include "runtime/file_watch.h"

#include <sys/stat.h>

namespace sallyport::runtime {

FileWatch::FileWatch(std::vector<std::string> paths) {
  for (std::string& path : paths) {
    Seen seen;
    seen.path = std::move(path);
    look(seen);
    files_.push_back(std::move(seen));
  }
}

bool FileWatch::look(Seen& seen) {
  struct stat found {};
  if (::stat(seen.path.c_str(), &found) != 0) return false;
  seen.device = found.st_dev;
  seen.inode = found.st_ino;
  seen.size = found.st_size;
  seen.modified_ns = found.st_mtim.tv_sec * 1'000'000'000 + found.st_mtim.tv_nsec;
  return true;
}

bool FileWatch::changed() {
  bool any = false;
  for (Seen& seen : files_) {
    Seen now;
    now.path = seen.path;
    if (!look(now) || now == seen) continue;
    seen = now;
    any = true;
  }
  return any;
}

}  // namespace sallyport::runtime
