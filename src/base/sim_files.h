#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "base/files.h"
#include "base/random.h"

// A file system in memory that forgets what was not synced, for tests and the simulator.
//
// It is as unkind as POSIX allows: after a crash an unsynced write may be there, missing, torn at
// any byte or followed by zeros; an unsynced name may be there or not, each for itself, in any
// order. Thread safe.
namespace sallyport {

class SimFiles final : public Files {
 public:
  // --- faults
  // The power fails at the n-th change from now (1 = the next): that change happens in part, and
  // every later call fails until crash().
  void power_off_at(std::uint64_t change);
  bool powered_off() const;
  // What a machine finds after a power cut: see above. Locks are free again and the power is back.
  void crash(Random& random);
  // 0 = no limit. Writes beyond it fail in part.
  void set_capacity(std::uint64_t bytes);
  void set_read_only(bool read_only);
  // The next `count` syncs fail, and what they should have made durable stays as it was.
  void fail_syncs(int count);
  void flip_bit(const std::string& path, std::uint64_t bit);
  // Puts a copy of another file system's live files under `folder` here: a restored backup.
  void restore(const SimFiles& backup, const std::string& folder);

  std::uint64_t changes() const;
  std::vector<std::string> paths() const;  // of files, sorted
  std::uint64_t used_bytes() const;

  // --- Files
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
  struct Node {
    bool folder = false;
    std::string live;
    std::string durable;
    std::size_t untouched =
        0;  // first bytes that no write or truncation touched since the last sync
  };
  using Names = std::map<std::string, std::shared_ptr<Node>>;
  class Appender;
  class Lock;

  enum class Change : std::uint8_t { whole, partial, refused };
  Change begin_change(Error& error);
  Result<void> put(Node& node, std::string_view bytes, const std::string& path);
  Result<void> sync_node(Node& node, const std::string& path);
  Result<std::shared_ptr<Node>> create(const std::string& path);
  Result<void> make_folders_locked(const std::string& folder);
  Result<void> check_power() const;
  Result<std::shared_ptr<Node>> find_file(const std::string& path) const;

  mutable std::mutex mutex_;
  Names live_;
  Names durable_;
  std::shared_ptr<std::set<std::string>> locks_ = std::make_shared<std::set<std::string>>();
  std::uint64_t changes_ = 0;
  std::uint64_t power_off_at_ = 0;
  bool off_ = false;
  bool read_only_ = false;
  std::uint64_t capacity_ = 0;
  std::uint64_t used_ = 0;
  std::uint64_t generation_ = 0;  // one more after each crash: files opened before are dead
  int failing_syncs_ = 0;
};

}  // namespace sallyport
