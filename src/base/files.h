#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

// What the rooms that keep evidence ask of a file system, and nothing more: so that tests can put
// one in its place that tears writes, flips bits and runs full (base/sim_files.h).
//
// Durability is the caller's: bytes are durable after sync(), names (created, renamed, removed)
// after sync_folder() of the folder that holds them. Paths are absolute or relative to the process;
// '/' separates.
namespace sallyport {

// A file that only grows. One thread at a time.
class AppendFile {
 public:
  virtual ~AppendFile() = default;
  // All or an error; after an error any part of `bytes` may be in the file (see truncate).
  virtual Result<void> append(std::string_view bytes) = 0;
  virtual Result<void> sync() = 0;
  virtual Result<void> truncate(std::uint64_t size) = 0;
  virtual std::uint64_t size() const = 0;
};

// Held as long as the object lives.
class FolderLock {
 public:
  virtual ~FolderLock() = default;
};

// Thread safe. Errors: not_found where the file or folder is missing, over_budget where the disk is
// full, forbidden where the folder may not be written, io for the rest; the detail names the path.
class Files {
 public:
  virtual ~Files() = default;

  // Opens at the end of the file, which is created (with its folders) where there is none.
  virtual Result<std::unique_ptr<AppendFile>> open_append(const std::string& path) = 0;
  // Creates the file or replaces its bytes, creating folders on the way. Not atomic, not durable.
  virtual Result<void> write(const std::string& path, std::string_view bytes) = 0;
  // too_large above `max_bytes`.
  virtual Result<std::string> read(const std::string& path, std::uint64_t max_bytes) = 0;
  // Exactly `size` bytes; corrupt where the file ends before.
  virtual Result<std::string> read_at(const std::string& path, std::uint64_t offset,
                                      std::size_t size) = 0;
  virtual Result<std::optional<std::uint64_t>> size(
      const std::string& path) = 0;  // empty = no such file
  // Names in the folder, sorted; empty where there is no such folder.
  virtual Result<std::vector<std::string>> list(const std::string& folder) = 0;
  virtual Result<void> make_folders(const std::string& folder) = 0;
  virtual Result<void> rename(const std::string& from, const std::string& to) = 0;
  // Nothing happens where there is no such file, or no such folder.
  virtual Result<void> remove(const std::string& path) = 0;
  virtual Result<void> remove_folder(const std::string& folder) = 0;  // with all that is in it
  virtual Result<void> sync(const std::string& path) = 0;
  virtual Result<void> sync_folder(const std::string& folder) = 0;
  // conflict where another process (or this one) holds it.
  virtual Result<std::unique_ptr<FolderLock>> lock(const std::string& folder) = 0;
};

// The kernel's. New files are readable by their owner only (0600, folders 0700) unless `shared`
// (0644, 0755).
class RealFiles final : public Files {
 public:
  explicit RealFiles(bool shared = false) : shared_(shared) {}

  Result<std::unique_ptr<AppendFile>> open_append(const std::string& path) override;
  Result<void> write(const std::string& path, std::string_view bytes) override;
  Result<std::string> read(const std::string& path, std::uint64_t max_bytes) override;
  Result<std::string> read_at(const std::string& path, std::uint64_t offset,
                              std::size_t size) override;
  Result<std::optional<std::uint64_t>> size(const std::string& path) override;
  Result<std::vector<std::string>> list(const std::string& folder) override;
  Result<void> make_folders(const std::string& folder) override;
  Result<void> rename(const std::string& from, const std::string& to) override;
  Result<void> remove(const std::string& path) override;
  Result<void> remove_folder(const std::string& folder) override;
  Result<void> sync(const std::string& path) override;
  Result<void> sync_folder(const std::string& folder) override;
  Result<std::unique_ptr<FolderLock>> lock(const std::string& folder) override;

 private:
  bool shared_;
};

// "a/b/c" -> "a/b"; "c" -> ".".
std::string parent_folder(std::string_view path);

// The file holds `bytes`, durably, or what it held before: temporary file, sync, rename, sync of
// the folder.
Result<void> replace_file(Files& files, const std::string& path, std::string_view bytes);

}  // namespace sallyport
