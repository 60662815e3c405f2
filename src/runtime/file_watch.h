#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace sallyport::runtime {

// Notices that a file's content may have changed, by looking: also where it was replaced by a
// rename, or a link on its way was turned. A look costs one stat a file.
class FileWatch {
 public:
  explicit FileWatch(std::vector<std::string> paths);
  // Whether any file differs from the last look. A file that is gone for the moment is no change.
  bool changed();

 private:
  struct Seen {
    std::string path;
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    std::int64_t size = 0;
    std::int64_t modified_ns = 0;
    bool operator==(const Seen&) const = default;
  };
  static bool look(Seen& seen);

  std::vector<Seen> files_;
};

}  // namespace sallyport::runtime
